"""Which change of scope, last day, windows and facts of an entry is narrower, and which sensitive signals a
change adds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mci_core import policy
from mci_core.policy_diff_entries import entry_changes
from mci_core.policy_diff_heirs import Heirs
from mci_core.policy_diff_scope import part_direction, scope_words
from mci_core.policy_diff_sensitive import SENSITIVE_WORDS, sensitive_added, sensitive_signals
from mci_core.policy_model import Scope, SiteMatch
from tests.pure.building import app, document, parsed, site

GROUP, OTHER = "0c9b1e6a-3b51-4a52-9d0e-0c1f6a1b2c3d", "11111111-2222-4333-8444-555555555555"


def directions(old: dict[str, Any], new: dict[str, Any], *others: dict[str, Any]) -> list[tuple[str, str]]:
    found = policy.diff(document([old, *others]), document([new, *others]))
    return [(change.path.removeprefix("entries[0]."), change.direction) for change in found]


def with_(**options: Any) -> dict[str, Any]:
    return site() | options


@pytest.mark.parametrize(
    ("before", "after", "way"),
    [
        ((), ("DE",), "narrower"),
        (("DE",), (), "wider"),
        (("US",), ("US-NY",), "narrower"),
        (("US-NY",), ("US",), "wider"),
        (("US", "DE"), ("US-NY", "DE"), "narrower"),
        (("US",), ("US-NY", "DE"), "wider"),
        (("US", "US-NY"), ("US",), "neutral"),
        (("US",), ("USA",), "wider"),
    ],
)
def test_a_place_covers_those_that_lie_in_it(before: Any, after: Any, way: str) -> None:
    assert part_direction("places", before, after) == way


@pytest.mark.parametrize("name", ["groups", "platforms", "tags"])
def test_other_parts_are_sets_and_a_missing_one_is_everybody(name: str) -> None:
    assert part_direction(name, (), ("a",)) == "narrower"
    assert part_direction(name, ("a",), ()) == "wider"
    assert part_direction(name, ("a", "b"), ("b",)) == "narrower"
    assert part_direction(name, ("a", "b"), ("b", "a")) == "neutral"
    assert part_direction(name, ("a", "b"), ("b", "c")) == "wider"


def test_of_a_part_that_nobody_judged_nothing_is_sure() -> None:
    assert part_direction("shifts", ("a", "b"), ("b",)) == "wider"
    assert part_direction("shifts", (), ("b",)) == "narrower"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({}, {"scope": {"groups": [GROUP]}}, [("scope.groups", "narrower")]),
        ({"scope": {"groups": [GROUP]}}, {}, [("scope.groups", "wider")]),
        (
            {"scope": {"groups": [GROUP]}},
            {"scope": {"places": ["DE"]}},
            [("scope.groups", "wider"), ("scope.places", "narrower")],
        ),
        ({}, {"windows_excluded": ["*bank*"]}, [("windows_excluded", "narrower")]),
        (
            {"windows_excluded": ["*bank*"]},
            {"windows_excluded": ["*pay*"]},
            [("windows_excluded", "wider"), ("windows_excluded", "narrower")],
        ),
        (
            {"windows_excluded": ["a", "b"]},
            {"windows_excluded": ["b", "a"]},
            [("windows_excluded", "neutral")],
        ),
        ({}, {"expires": "2026-12-31"}, [("expires", "narrower")]),
        ({"expires": "2026-12-31"}, {}, [("expires", "wider")]),
        ({"expires": "2026-12-31"}, {"expires": "2026-12-30"}, [("expires", "narrower")]),
        ({"expires": "2026-12-31"}, {"expires": "2027-01-01"}, [("expires", "wider")]),
        ({}, {"owner": "Support"}, [("owner", "neutral")]),
        ({"justification": "Needed."}, {}, [("justification", "neutral")]),
        ({}, {"review_by": "2026-12-31"}, [("review_by", "neutral")]),
        ({}, {"purpose": "data_quality"}, [("purpose", "wider")]),
        ({"purpose": "data_quality"}, {}, [("purpose", "wider")]),
    ],
)
def test_each_option_of_an_entry_has_its_direction(
    old: dict[str, Any], new: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert directions(with_(**old), with_(**new)) == found


def test_a_scope_that_shrinks_in_favour_of_a_less_specific_site_is_wider() -> None:
    deep, wide = site("deep", path_prefix="/a"), site("wide", signals=["click"])
    assert directions(deep, deep | {"scope": {"tags": ["pilot"]}}, wide) == [("scope.tags", "wider")]
    # What is over or left out still decides itself.
    assert directions(deep, deep | {"expires": "2026-12-31"}, wide) == [("expires", "narrower")]
    assert directions(deep, deep | {"windows_excluded": ["x"]}, wide) == [("windows_excluded", "narrower")]


@pytest.mark.parametrize(
    ("place", "other", "heir"),
    [
        (("https://a.example.com", "/x"), ("https://a.example.com", "/", False), True),
        (("https://a.example.com", "/x"), ("https://a.example.com", "/x/y", False), False),
        (("https://a.example.com", "/x"), ("https://example.com", "/", False), False),
        (("https://a.example.com", "/x"), ("https://example.com", "/", True), True),
        (("https://a.example.com", "/"), ("https://example.com", "/x/y", True), True),
        (("https://a.example.com", "/z"), ("https://example.com", "/x/y", True), False),
        (("https://a.example.com", "/"), ("http://example.com", "/", True), False),
    ],
)
def test_an_heir_is_a_less_specific_site_that_overlaps(
    place: tuple[str, str], other: tuple[str, str, bool], heir: bool
) -> None:
    made = parsed([site("one", *place), site("two", *other[:2], subdomains=other[2]), app()])
    entries = made.entries
    assert (Heirs(entries[1:]).of(entries[0]) is not None) is heir
    assert Heirs(entries).of(entries[2]) is None


def test_sites_that_cannot_be_read_may_take_over_everything() -> None:
    made = parsed([site("one"), site("two", "https://two.example.com")])
    odd = replace(made.entries[1], match=SiteMatch("nonsense"))
    assert Heirs([odd]).of(made.entries[0]) is odd
    assert Heirs([made.entries[0]]).of(odd) is made.entries[0]


def test_what_an_entry_is_added_with_is_told() -> None:
    added = with_(
        scope={"groups": [GROUP], "platforms": ["macos"], "places": ["DE"], "tags": ["lab"]},
        windows_excluded=["*bank*"],
        expires="2026-12-31",
    )
    (change,) = policy.diff(document(), document([added]))
    assert change.words.endswith(
        f"for the groups {GROUP}, on macOS, on devices tagged lab, for work in DE, not in windows titled"
        " “*bank*”, until 2026-12-31."
    )
    assert scope_words(Scope()) == ""


def test_changes_are_gathered_by_entry_the_removed_ones_first() -> None:
    old, new = parsed([site(), app()]), parsed([site(signals=["click"]), app("word", windows=["W.EXE"])])
    found = entry_changes(old, new)
    assert [(item.entry_id, item.entry.id, item.direction) for item in found] == [
        ("excel", "excel", "narrower"),
        ("jira", "jira", "narrower"),
        ("word", "word", "wider"),
    ]


def sensitive(old: list[dict[str, Any]] | None, new: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    before = None if old is None else parsed(old)
    return {name: set(found) for name, found in sensitive_added(before, parsed(new, **changes)).items()}


def test_keystrokes_are_sensitive_only_with_their_text() -> None:
    entry = parsed([site(signals=["keystroke", "click"], keystrokes="text")]).entries[0]
    assert sensitive_signals(entry) == {"keystroke_text"}
    assert sensitive_signals(replace(entry, keystrokes="class")) == frozenset()
    assert sensitive_signals(replace(entry, signals=frozenset({"click", "screenshot"}))) == {"screenshot"}
    assert sensitive_signals(None) == frozenset()
    assert set(SENSITIVE_WORDS) == {"keystroke_text", "text", "clipboard", "screenshot"}


def test_a_sensitive_signal_is_added_by_a_signal_or_by_a_wider_reach() -> None:
    quiet, loud = (
        site(signals=["click"], keystrokes="none"),
        site(signals=["click", "text"], keystrokes="none"),
    )
    assert sensitive(None, [loud]) == {"jira": {"text"}}
    assert sensitive([quiet], [loud]) == {"jira": {"text"}}
    assert sensitive([loud], [quiet]) == {}
    assert sensitive([loud], [loud], retention_days=90) == {}
    assert sensitive([quiet], [site(signals=["click", "url"], keystrokes="none")]) == {}
    assert sensitive([loud], [site(signals=["click", "text", "url"], keystrokes="none")]) == {}
    assert sensitive([loud | {"scope": {"tags": ["lab"]}}], [loud]) == {"jira": {"text"}}
    assert sensitive([loud | {"expires": "2026-12-31"}], [loud]) == {"jira": {"text"}}
    assert sensitive([loud], [loud | {"scope": {"tags": ["lab"]}}]) == {}


def test_pages_that_another_entry_takes_over_count_with_the_signals_of_all() -> None:
    deep = site("deep", path_prefix="/a", signals=["click"], keystrokes="none")
    wide = site("wide", signals=["text"], keystrokes="none")
    assert sensitive([deep, wide], [wide]) == {"deep": {"text"}}
    assert sensitive([wide], [site("wide", signals=["click"], keystrokes="none")]) == {}
