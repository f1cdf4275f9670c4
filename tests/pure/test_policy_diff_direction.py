"""Wider or narrower: the words of a diff, its direction, and that "narrower" lets nothing new through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core import policy
from mci_core.evaluator import Allowlist, Foreground
from mci_core.policy_model import KEYSTROKES, Change, SiteMatch
from tests.pure.building import app, document, focus, key, parsed, rule, site
from tests.pure.proving import kept, shows_more
from tests.pure.strategies import documents


def change(old: dict[str, Any], new: dict[str, Any]) -> Change:
    found = policy.diff(old, new)
    assert len(found) == 1, found
    assert policy.direction(old, new) == found[0].direction
    return found[0]


def test_a_first_policy_is_wider_even_when_it_allows_nothing() -> None:
    assert policy.direction(None, parsed()) == "wider"
    assert policy.diff(None, parsed()) == []
    (added,) = policy.diff(None, parsed([site()]))
    assert added.direction == "wider"
    assert "https://jira.example.com/" in added.words


def test_the_same_policy_is_neutral() -> None:
    assert policy.diff(document([site()]), parsed([site()])) == []
    assert policy.direction(document([site()]), document([site()])) == "neutral"


S = site(signals=["click", "text"], keystrokes="class", interval=10)
DOC = document([S], [rule()])


@pytest.mark.parametrize(
    ("new", "direction", "words"),
    [
        (document([S, app()], [rule()]), "wider", "Excel (EXCEL.EXE, com.microsoft.Excel, Excel) is added"),
        (document([], [rule()]), "narrower", "Jira (https://jira.example.com/) is removed."),
        (document([{**S, "label": "Tickets"}], [rule()]), "neutral", "Jira is now called Tickets."),
        (document([{**S, "signals": ["click"]}], [rule()]), "narrower", "typed text are no longer captured"),
        (
            document([{**S, "signals": ["click", "text", "url"]}], [rule()]),
            "wider",
            "web addresses are captured",
        ),
        (document([{**S, "keystrokes": "count"}], [rule()]), "narrower", "only that a key was pressed"),
        (document([{**S, "keystrokes": "text"}], [rule()]), "wider", "the keys themselves"),
        (document([{**S, "frame_interval_s": 30}], [rule()]), "neutral", "one screenshot in 30 s"),
        (
            document([{**S, "match": {**S["match"], "path_prefix": "/browse"}}], [rule()]),
            "wider",
            "now means",
        ),
        (
            document([{**S, "match": {**S["match"], "subdomains": True}}], [rule()]),
            "wider",
            "its sub-domains",
        ),
        (document([S]), "wider", "The redaction rule Customer names is removed."),
        (document([S], [rule(), rule("more")]), "narrower", "The redaction rule Customer names is added."),
        (document([S], [rule(label="Clients")]), "neutral", "is now called Clients"),
        (document([S], [rule(method="hash")]), "wider", "acts in another way"),
        (
            document([S], [rule(match={"type": "dictionary", "words": ["A"]})]),
            "wider",
            "looks for something else",
        ),
        (
            document([S], [rule(selector={"entries": ["jira"], "signals": [], "fields": []})]),
            "wider",
            "looks in other places",
        ),
        (document([S], [rule(examples={"redact": [], "keep": []})]), "neutral", "has other examples"),
        (document([S], [rule()], name="Other"), "neutral", "now called Other"),
        (
            document([S], [rule()], purpose="data_quality"),
            "wider",
            "checking the quality of the captured data",
        ),
        (
            document([S], [rule()], retention_days=31),
            "wider",
            "Days that sessions are kept: 31 instead of 30.",
        ),
        (document([S], [rule()], retention_days=29), "narrower", "29 instead of 30"),
        (document([S], [rule()], sampling={"rate": 0.5}), "wider", "0.5 instead of 0.05"),
        (document([S], [rule()], lease_seconds=60), "narrower", "60 instead of 900"),
    ],
)
def test_each_change_is_told_in_words_with_its_direction(
    new: dict[str, Any], direction: str, words: str
) -> None:
    found = change(DOC, new)
    assert found.direction == direction
    assert words in found.words


@pytest.mark.parametrize(
    ("limits", "direction"),
    [
        ({"cpu_percent": 9}, "neutral"),
        ({"spool_bytes": 9}, "neutral"),
        ({"upload_bytes_per_day": 9}, "narrower"),
        ({"upload_bytes_per_day": 10**11}, "wider"),
        ({"pause_minutes": [15, 30, 60, 90]}, "narrower"),
        ({"pause_minutes": [15]}, "wider"),
        ({"pause_minutes": [5, 10, 20, 40]}, "wider"),
    ],
)
def test_limits_have_a_direction(limits: dict[str, Any], direction: str) -> None:
    assert change(DOC, document([S], [rule()], limits={**DOC["limits"], **limits})).direction == direction


def test_one_wider_change_among_narrower_ones_makes_the_whole_wider() -> None:
    assert policy.direction(DOC, document([{**S, "signals": ["click", "url"]}], [rule()])) == "wider"


def test_removing_a_site_in_favour_of_a_less_specific_one_is_wider() -> None:
    wide = site("all", "https://example.com", subdomains=True)
    narrow = site("hr", "https://hr.example.com", signals=["click"])
    found = change(document([wide, narrow]), document([wide]))
    assert found.direction == "wider"
    assert "All decides there now" in found.words


def test_removing_a_site_beside_or_above_others_is_narrower() -> None:
    others = [site("deep", path_prefix="/a"), site("two", "https://b.example.org"), app()]
    others += [
        site("plain", "http://example.com"),
        site("below", "https://a.jira.example.com", subdomains=True),
    ]
    assert change(document([site(), *others]), document(others)).direction == "narrower"


def test_a_site_that_cannot_be_read_counts_as_wider_and_matches_nothing() -> None:
    wide, made = parsed([site("odd")]), parsed([site("odd"), site("hr", "https://hr.example.com")])
    odd = replace(wide.entries[0], match=SiteMatch("nonsense"))
    old, new = replace(made, entries=(odd, made.entries[1])), replace(wide, entries=(odd,))
    assert policy.direction(old, new) == "wider"
    assert Allowlist(new).entry(Foreground(url="nonsense")) is None


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [(0, 10, "narrower"), (10, 30, "narrower"), (10, 15, "wider"), (30, 10, "wider"), (10, 0, "wider")],
)
def test_a_longer_screenshot_interval_is_narrower_only_if_its_slots_are_made_of_old_ones(
    before: int, after: int, direction: str
) -> None:
    old, new = document([site(interval=before)]), document([site(interval=after)])
    assert change(old, new).direction == direction


KEYS = [
    focus(),
    *(key(name, state) for state in ("down", "up") for name in ("a", "Control", "c", "F5", "Enter")),
]


@pytest.mark.parametrize("before", KEYSTROKES)
@pytest.mark.parametrize("after", KEYSTROKES)
def test_of_any_two_granularities_the_narrower_shows_no_more_keys(before: str, after: str) -> None:
    for signals in (["keystroke"], ["shortcut"], ["keystroke", "shortcut"]):
        old = parsed([app(signals=signals, keystrokes=before)])
        new = parsed([app(signals=signals, keystrokes=after)])
        if policy.direction(old, new) == "narrower":
            for was, is_now in zip(kept(old, KEYS, {}), kept(new, KEYS, {}), strict=True):
                assert is_now is None or (was is not None and not shows_more(is_now, was))


@given(st.sets(st.integers(0, 60), min_size=3, max_size=20), st.integers(1, 20), st.integers(1, 20))
def test_of_any_two_intervals_the_narrower_keeps_no_other_screenshots(
    seconds: set[int], before: int, after: int
) -> None:
    shots = [focus(), *({"seq": 1, "t": at * 1000, "type": "screenshot"} for at in sorted(seconds))]
    old, new = parsed([app(interval=before)]), parsed([app(interval=after)])
    if policy.direction(old, new) == "narrower":
        for was, is_now in zip(kept(old, shots, {}), kept(new, shots, {}), strict=True):
            assert is_now is None or was is not None


@given(documents(), documents())
def test_one_of_two_directions_is_wider_or_both_are_neutral_unless_nothing_differs(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    there, back = policy.direction(one, two), policy.direction(two, one)
    assert (there == back == "neutral") or "wider" in (there, back)
