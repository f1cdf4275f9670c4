"""For whom, where, until when and in which windows an entry counts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_agent.windows import judged
from mci_core import captured, policy
from mci_core.evaluator import Foreground, StreamEvaluator, decide
from mci_core.evaluator_scope import Facts, has_title, in_scope, is_left_out
from mci_core.policy_model import Entry, Policy, Scope
from tests.pure.building import NOW, app, document, lease_for, on_page, parsed, site

GROUP, OTHER = "0c9b1e6a-3b51-4a52-9d0e-0c1f6a1b2c3d", "11111111-2222-4333-8444-555555555555"
MOVE = {"seq": 1, "t": 1, "type": "mouse_move", "x": 0, "y": 0}
EXCEL = Foreground(os="windows", app_name="Excel", exe="EXCEL.EXE", title="Budget")
# NOW is 2026-05-28 20:26:40 UTC.
MIDNIGHT = 1_780_012_800


def reason(entry: dict[str, Any], now: int = NOW, fg: Foreground = EXCEL, **facts: Any) -> str:
    made = parsed([app() | entry])
    lease = lease_for(made, **{"expires_at": NOW + 86_400, **facts})
    return decide(MOVE, fg, made, lease, now).reason.value


@pytest.mark.parametrize(
    ("scope", "facts", "expected"),
    [
        ({"groups": [GROUP]}, {"groups": (OTHER, GROUP)}, "allowed"),
        ({"groups": [GROUP]}, {"groups": (OTHER,)}, "out_of_scope"),
        ({"groups": [GROUP]}, {}, "out_of_scope"),
        ({"tags": ["pilot", "lab"]}, {"tags": ("lab",)}, "allowed"),
        ({"tags": ["pilot"]}, {"tags": ("pilots",)}, "out_of_scope"),
        ({"platforms": ["macos", "windows"]}, {}, "allowed"),
        ({"platforms": ["macos"]}, {}, "out_of_scope"),
        ({"places": ["US"]}, {}, "allowed"),
        ({"places": ["US-NY"]}, {}, "allowed"),
        ({"places": ["US-NY"]}, {"place": "US-NYX"}, "out_of_scope"),
        ({"places": ["US-NY"]}, {"place": "US"}, "out_of_scope"),
        ({"places": ["DE", "IT"]}, {}, "out_of_scope"),
        ({"places": ["US"], "tags": ["lab"]}, {}, "out_of_scope"),
        ({"places": ["US"], "tags": ["lab"]}, {"tags": ("lab",)}, "allowed"),
    ],
)
def test_each_part_of_a_scope_has_to_fit(scope: dict[str, Any], facts: dict[str, Any], expected: str) -> None:
    assert reason({"scope": scope}, **facts) == expected


def test_what_is_not_known_fits_no_scope() -> None:
    for part, name in (("groups", GROUP), ("platforms", "linux"), ("tags", "lab"), ("places", "US")):
        assert not in_scope(Scope(**{part: (name,)}), Facts())
    assert in_scope(Scope(), Facts())
    assert reason({"scope": {"platforms": ["windows"]}}, fg=Foreground(app_name="Excel")) == "out_of_scope"


@pytest.mark.parametrize(
    ("expires", "now", "expected"),
    [
        ("2026-05-28", NOW, "allowed"),
        ("2026-05-28", MIDNIGHT - 1, "allowed"),
        ("2026-05-28", MIDNIGHT, "entry_expired"),
        ("2026-05-27", NOW, "entry_expired"),
    ],
)
def test_an_entry_ends_with_its_last_day(expires: str, now: int, expected: str) -> None:
    assert reason({"expires": expires}, now) == expected


@pytest.mark.parametrize(
    ("patterns", "title", "left_out"),
    [
        (["*salary*"], "Salaries 2026", False),
        (["*salar*"], "Salaries 2026", True),
        (["*SALARIES*"], "my salaries.xlsx", True),
        (["Salaries"], "Salaries", True),
        (["Salaries"], "Salaries 2026", False),
        (["a*b*c"], "axxbxxc", True),
        (["a*b*c"], "axxcxxb", False),
        (["ab*ba"], "aba", False),
        (["*a*a*"], "a", False),
        (["*a*a*"], "banana", True),
        (["*"], "anything", True),
        (["x", "*y"], "any", True),
        (["caf\u00e9*"], "CAFE\u0301 list", True),
        (["[ab]?"], "a1", False),
        (["*"], None, True),
        (["*salary*"], None, True),
        (["*salary*"], "", True),
        ([], None, False),
    ],
)
def test_windows_are_left_out_by_title(patterns: list[str], title: str | None, left_out: bool) -> None:
    entry = {"windows_excluded": patterns} if patterns else {}
    fg = Foreground(os="windows", app_name="Excel", exe="EXCEL.EXE", title=title or None)
    assert reason(entry, fg=fg) == ("window_excluded" if left_out else "allowed")


@given(st.lists(st.text("ab", max_size=2), min_size=1, max_size=4), st.text("abx", max_size=6))
def test_a_star_is_any_text_and_nothing_else_is_special(parts: list[str], title: str) -> None:
    entry = Entry("e", "app", "E", policy.AppMatch(), frozenset(), windows_excluded=("*".join(parts),))

    def fits(rest: list[str], text: str) -> bool:
        if len(rest) == 1:
            return text.endswith(rest[0])
        return any(
            text[at:].startswith(rest[0]) and fits(rest[1:], text[at + len(rest[0]) :])
            for at in range(len(text) + 1)
        )

    first, *others = parts
    expected = title.startswith(first) and (fits(others, title[len(first) :]) if others else title == first)
    assert has_title(entry, title) is expected


def test_after_a_change_of_page_the_title_is_not_known() -> None:
    made = parsed([site(signals=["mouse_move", "url"]) | {"windows_excluded": ["*draft*"]}])
    stream, lease = StreamEvaluator(made, "windows"), lease_for(made)
    page, other = "https://jira.example.com/a", "https://jira.example.com/b"

    def said(event: dict[str, Any]) -> str:
        return stream.step(event, lease, NOW).reason.value

    assert said(on_page(page, title="Board")) == said(MOVE) == "allowed"
    assert said({"type": "url", "url": page}) == said(MOVE) == "allowed"
    assert said({"type": "url", "url": other}) == said(MOVE) == "window_excluded"
    assert said({"type": "url", "url": page}) == "window_excluded"
    assert said(on_page(other, title="Board")) == said(MOVE) == "allowed"
    assert said(on_page(other, title="A draft")) == said(MOVE) == "window_excluded"
    assert said(on_page(other)) == "window_excluded"


def test_of_the_sites_that_name_a_page_the_most_specific_in_scope_decides() -> None:
    wide = site("all", "https://example.com", subdomains=True, signals=["click"])
    deep = site("hr", "https://hr.example.com", signals=["text"])
    scoped = deep | {"scope": {"tags": ["hr"]}}
    text = {"seq": 1, "t": 1, "type": "text", "op": "insert", "text": "x"}
    fg = Foreground(os="windows", url="https://hr.example.com/", title="x")

    def answer(entries: list[dict[str, Any]], *tags: str) -> tuple[str, str | None]:
        made = parsed(entries)
        found = decide(text, fg, made, lease_for(made, tags=tags), NOW)
        return found.reason.value, found.entry_id

    assert answer([wide, deep]) == ("allowed", "hr")
    assert answer([wide, scoped], "hr") == ("allowed", "hr")
    assert answer([wide, scoped]) == ("signal_not_allowed", "all")
    assert answer([scoped]) == ("out_of_scope", "hr")
    ended = deep | {"expires": "2026-05-01"}
    assert answer([wide | {"signals": ["text"]}, ended]) == ("entry_expired", "hr")


def test_the_person_is_asked_before_the_calendar() -> None:
    assert reason({"expires": "2026-05-01"}, excluded_entries=("excel",)) == "excluded_by_person"


def windows_policy() -> Policy:
    return policy.parse(
        document(
            [
                app(),
                app("notes", windows=["notes.exe"]) | {"windows_excluded": ["*diary*"]},
                app("old", windows=["old.exe"]) | {"expires": "2026-05-01"},
                app("lab", windows=["lab.exe"]) | {"scope": {"tags": ["lab"]}},
            ]
        )
    )


@pytest.mark.parametrize(
    ("window", "allowed"),
    [
        ({"app": "notes.exe", "title": "Plan"}, True),
        ({"app": "notes.exe", "title": "My diary"}, False),
        ({"app": "notes.exe"}, False),
        ({"app": "notes.exe", "title": 5}, False),
        ({"app": "old.exe", "title": "x"}, False),
        ({"app": "lab.exe", "title": "x"}, False),
    ],
)
def test_a_frame_that_shows_a_window_left_out_is_not_allowed(window: dict[str, Any], allowed: bool) -> None:
    made = windows_policy()
    shown = judged({"windows": [{"allowed": True, **window}]}, EXCEL, made, lease_for(made), NOW)
    assert shown is not None
    assert shown[0]["allowed"] is allowed


def test_where_the_entry_in_front_is_out_of_scope_windows_tell_nothing() -> None:
    made = parsed([app() | {"scope": {"tags": ["lab"]}}])
    (shown,) = judged({"windows": [{"app": "x", "title": "secret"}]}, EXCEL, made, lease_for(made), NOW) or []
    assert shown == {"app": "x", "allowed": False}


def kept(**fields: Any) -> dict[str, Any]:
    return {
        "seq": 0,
        "t": 0,
        "type": "mouse_move",
        "x": 1,
        "y": 2,
        "entry": "excel",
        "signal": "mouse_move",
    } | fields


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"scope": {"tags": ["lab"], "places": ["US"], "groups": [GROUP], "platforms": ["windows"]}}, None),
        ({"scope": {"tags": ["pilot"]}}, "out_of_scope"),
        ({"expires": "2026-05-28"}, None),
        ({"expires": "2026-05-27"}, "entry_expired"),
    ],
)
def test_the_server_holds_an_upload_against_the_same_facts(
    entry: dict[str, Any], expected: str | None
) -> None:
    made, facts = parsed([app() | entry]), Facts("windows", "US-NY", (GROUP,), ("lab",), NOW)
    assert captured.judge(kept(), made, (), facts) == expected
    assert captured.judge(kept(), made, ()) is not None


def test_the_server_refuses_a_title_that_is_left_out() -> None:
    made = parsed([app() | {"windows_excluded": ["*salary*"]}])
    shown = kept(type="focus", signal="focus", app={"name": "Excel"}, window={"title": "Salary list"})
    del shown["x"], shown["y"]
    assert captured.judge(shown, made, ()) == "window_excluded"
    assert captured.judge(shown | {"window": {"title": "Plan"}}, made, ()) is None
    assert not is_left_out(made.entries[0], "Plan")
