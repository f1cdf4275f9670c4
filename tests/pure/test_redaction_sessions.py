"""Whole sessions: what is left of each kind of event, reports, methods, the second scan, real recordings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core.policy_model import Policy
from mci_core.redaction import FrameOutcome, Hit, redact_session, scan_session, session_redactor
from mci_core.redaction.report import Report
from mci_core.session import encode_lines, parse_lines
from tests.pure.recordings import (
    CARD,
    EMAIL,
    Line,
    click,
    edit,
    focus,
    insert,
    keys,
    policy_with,
    rule,
    session,
    typed,
    written,
)

POLICY = policy_with(rule("words", what=["Zebra"]))
SHOT = {"type": "screenshot", "file": "a/1.webp", "sha256": "0" * 64, "width": 9, "height": 9}


def session_at_once(*events: Line) -> list[Line]:
    return session(*({"t": 0, **event} for event in events))


def redacted(*events: Line, policy: Policy = POLICY, **changes: Any) -> list[Line]:
    lines, _ = redact_session(session(*events, **changes), policy)
    assert scan_session(lines, policy) == []
    return lines


def test_titles_names_addresses_and_markers_are_masked() -> None:
    lines = redacted(
        focus(
            "Zebra app",
            url=f"https://x.example/?q={EMAIL}",
            window={"title": f"{EMAIL} - Mail", "rect": [0, 0, 1, 1], "private": False, "owner": "Ann"},
        ),
        click(f"To {EMAIL}", id=EMAIL, rect=[0, 0, 1, 1], secret="x"),
        {"type": "url", "url": "https://x.example/Zebra/a"},
        {"type": "marker", "name": "for Zebra"},
        {"type": "scroll", "dx": 0, "dy": 2, "target": {"name": EMAIL}},
    )
    assert lines[1]["app"] == {"name": "[PROJECT] app", "exe": "EXCEL.EXE"}
    assert lines[1]["window"] == {"title": "[EMAIL] - Mail", "rect": [0, 0, 1, 1], "private": False}
    assert lines[1]["url"] == "https://x.example/?q=[EMAIL]"
    assert lines[2]["target"] == {
        "role": "text field",
        "name": "To [EMAIL]",
        "id": "[EMAIL]",
        "rect": [0, 0, 1, 1],
    }
    assert lines[3]["url"] == "https://x.example/[PROJECT]/a"
    assert lines[4]["name"] == "for [PROJECT]"
    assert lines[5] == {"seq": 4, "t": 400, "type": "scroll", "dx": 0, "dy": 2}


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://ann:pw@x.example/a", "https://x.example/a"),
        ("https://x.example/?m=ann.lee%40example.com", "https://x.example/?m=[EMAIL]"),
        ("https://x.example/?m=ann.lee%2540example.com&n=1", "https://x.example/?m=[EMAIL]&n=1"),
        ("https://x.example/?p=4111+1111+1111+1111", "https://x.example/?p=[CREDIT_CARD]"),
        ("https://x.example/%5A%65%62%72%61/x", "https://x.example/[PROJECT]/x"),
        ("https://x.example/a%20b?c=d+e", "https://x.example/a%20b?c=d+e"),
        ("https://x.example/%25252525252541", "https://x.example/%25252525252541"),
    ],
)
def test_addresses_are_searched_decoded_as_well(url: str, left: str) -> None:
    assert redacted(focus(), {"type": "url", "url": url})[2]["url"] == left


def test_header_is_reduced_to_what_is_needed() -> None:
    lines = redacted(
        focus(),
        task="help Ann Lee",
        notes=["private"],
        subject="sub-deadbeef",
        licence="MIT",
        source={"path": "/home/ann"},
        attribution="Ann",
        started_at="2026-03-02T08:00:00Z",
        session_id="a-4111111111111111",
        platform={"os": "windows", "version": EMAIL},
        screen={"width": 1, "height": 2, "monitors": [{"x": 0, "name": "Ann's", "scale": 1.5}]},
        mci={
            "release": 3,
            "digest": "ab" * 32,
            "note": "a sentence",
            "ids": ["x-1"],
            "ok": True,
            "bad": ["a b"],
        },
    )
    assert lines[0] == {
        "type": "session",
        "schema": "interaction-events/1",
        "origin": "constructed",
        "actor": "script",
        "session_id": "session",
        "subject": "sub-00000000",
        "source": {},
        "licence": "",
        "platform": {"os": "windows", "version": "[EMAIL]"},
        "screen": {"width": 1, "height": 2, "space": None, "monitors": [{"x": 0, "scale": 1.5}]},
        "time_resolution_ms": 1,
        "duration_ms": 1000,
        "started_at": "2026-03-02T08:00:00Z",
        "mci": {"release": 3, "digest": "ab" * 32, "ids": ["x-1"], "ok": True},
        "event_count": 1,
        "channels": ["focus"],
    }


def test_entry_and_signal_of_the_agent_stay_if_the_policy_knows_them() -> None:
    lines = redacted(
        focus(entry="sheet", signal="focus"),
        {**insert("x"), "entry": "other", "signal": "gossip", "extra": 1},
    )
    assert (lines[1]["entry"], lines[1]["signal"]) == ("sheet", "focus")
    assert set(lines[2]) == {"seq", "t", "type", "op", "text"}


def test_masks_of_a_recorder_are_kept_only_if_they_can_be_ours() -> None:
    ours = {"field": "text", "label": "EMAIL", "rule": "detector.EMAIL"}
    theirs = [{**ours, "rule": "Ann Lee"}, {**ours, "label": "Ann Lee"}, {**ours, "field": "x" * 30}]
    lines = redacted(
        {**insert("a"), "masks": [{**ours, "value": "Ann"}, *theirs]}, {**insert("b"), "masks": theirs}
    )
    assert lines[1]["masks"] == [ours]
    assert "masks" not in lines[2]


def test_report_counts_and_never_tells_values() -> None:
    _, report = redact_session(session(focus(), insert(f"{EMAIL} Zebra {EMAIL}"), SHOT), POLICY)
    told = report.as_dict()
    assert told["labels"] == {"EMAIL": 2, "PROJECT": 1}
    assert told["rules"] == [
        {"rule": "detector.EMAIL", "label": "EMAIL", "count": 2, "method": "mask", "confidence": 95},
        {"rule": "r1", "label": "PROJECT", "count": 1, "method": "mask", "confidence": 100},
    ]
    assert told["dropped"] == {"frame_not_redacted": 1}
    assert (told["events_in"], told["events_out"]) == (3, 2)
    assert told["bytes_in"] > 0 < told["bytes_out"]
    assert EMAIL not in json.dumps(told)
    assert Report().as_dict()["blocked_by"] is None


def test_drop_event_rules_take_the_whole_event() -> None:
    policy = policy_with(rule("words", what=["Zebra"], method="drop_event"))
    lines = redacted(
        focus(window={"title": "Zebra plan"}),
        focus(),
        insert("about Zebra"),
        insert("fine "),
        *keys("a Zebra b"),
        edit(0, "Ze"),
        edit(2, "bra"),
        policy=policy,
    )
    assert [line["type"] for line in lines[1:]] == ["focus", "text"] + ["key"] * 8
    assert typed(lines) == "a  b"


def test_block_session_rules_leave_a_header() -> None:
    policy = policy_with(rule("words", what=["Zebra"], method="block_session"))
    for event in (insert("about Zebra"), focus(window={"title": "Zebra"})):
        lines, report = redact_session(session(focus(), event, insert("more")), policy)
        assert (len(lines), lines[0]["event_count"]) == (1, 0)
        assert report.blocked_by == "r1"
        assert parse_lines(encode_lines(lines).splitlines())[1] == []
        assert scan_session(lines, policy) == []


def test_drop_frame_rules_only_mask_text() -> None:
    policy = policy_with(rule("words", what=["Zebra"], method="drop_frame"))
    assert redacted(insert("about Zebra"), policy=policy)[1]["text"] == "about [PROJECT]"


def test_selectors_choose_by_entry_and_field() -> None:
    policy = policy_with(
        rule("words", what=["Zebra"], entries=["mail"]), rule("words", what=["Lion"], id="r2", fields=["url"])
    )
    lines = redacted(
        focus(entry="sheet"),
        {**insert("Zebra Lion "), "entry": "sheet"},
        focus(entry="mail"),
        {**insert("Zebra Lion "), "entry": "mail"},
        {"type": "url", "url": "https://x.example/Lion"},
        policy=policy,
    )
    assert [line.get("text") for line in lines[2:5:2]] == ["Zebra Lion ", "[PROJECT] Lion "]
    assert lines[5]["url"] == "https://x.example/[PROJECT]"


def test_hashes_need_a_key() -> None:
    policy = policy_with(rule("words", what=["Zebra"], method="hash"))
    given_lines = session(insert("Zebra one"))
    plain, _ = redact_session(given_lines, policy)
    hashed, _ = redact_session(given_lines, policy, hash_key=b"k" * 32)
    assert plain[1]["text"] == "[PROJECT] one"
    assert hashed[1]["text"].startswith("[PROJECT:")
    assert scan_session(hashed, policy) == []


def test_scan_names_what_is_left() -> None:
    lines = session_at_once(
        focus(window={"title": EMAIL}),
        insert(CARD),
        *keys("Zebra")[:1],
        {**insert("x"), "extra": 1},
        SHOT,
        {**SHOT, "masked": [], "boxes": []},
        {**SHOT, "masked": [], "windows": [{"app": "a", "allowed": False}]},
        {
            **SHOT,
            "masked": [[0, 0, 1, 1]],
            "windows": [{"app": "a", "title": "t", "url": "u", "rect": [0, 0, 1, 1], "allowed": True}],
        },
        {**insert("y"), "secure": True},
        {"type": "key", "state": "press", "key": "a", "code": "vk:1"},
    )
    hits = scan_session(lines, POLICY)
    assert {hit for hit in hits if hit.seq >= 0} == {
        Hit(0, "window.title", "EMAIL"),
        Hit(1, "text", "CREDIT_CARD"),
        Hit(3, "extra", "STRUCTURE"),
        Hit(4, "event", "FRAME_NOT_REDACTED"),
        Hit(5, "event", "FRAME_NOT_REDACTED"),
        Hit(6, "event", "WINDOW_NOT_ALLOWED"),
        Hit(8, "event", "SECURE_FIELD"),
        Hit(9, "code", "STRUCTURE"),
    }
    assert Hit(-1, "subject", "STRUCTURE") in hits
    assert EMAIL not in repr(hits)


def test_scan_finds_a_header_that_was_not_reduced() -> None:
    lines = redacted(focus())
    lines[0]["task"] = "help Ann"
    assert scan_session(lines, POLICY) == [Hit(-1, "task", "STRUCTURE")]


def test_a_frame_in_the_scan_keeps_its_masks() -> None:
    shot = {**SHOT, "masked": [[0, 0, 1, 1]]}
    lines = redacted(focus())
    lines += [{"seq": 1, "t": 1, **shot}]
    assert scan_session(lines, POLICY) == []


def test_windows_and_frames_that_say_little_keep_what_they_say() -> None:
    rect = [0, 0, 1, 1]
    shot = {**SHOT, "masked": [rect], "windows": [{"rect": rect, "allowed": True}]}
    lines = session_at_once(focus(window={"rect": rect}), shot)
    scanned = [hit for hit in scan_session(lines, POLICY) if hit.seq >= 0]
    assert scanned == []
    whole = FrameOutcome("1" * 64, 9, 9, [rect], [])
    given = session(focus(window={"rect": rect}), SHOT, platform={"os": None})
    kept, _ = redact_session(given, POLICY, frames=lambda _: whole)
    assert kept[0]["platform"] == {"os": None, "version": None}
    assert kept[1]["window"] == {"rect": rect}
    assert (kept[2]["sha256"], kept[2]["masked"]) == ("1" * 64, [rect])


def test_typing_that_never_settles_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_redactor, "MAX_ROUNDS", 0)
    lines, report = redact_session(
        session(focus(), insert("x"), *keys("y"), {"type": "mouse_move", "x": 1, "y": 1}), POLICY
    )
    assert len(lines) == 1
    assert report.dropped["unsettled"] == 4


def test_a_second_round_masks_what_the_first_uncovered() -> None:
    lines = redacted(focus(), insert("password: "), edit(10, EMAIL), edit(29, "tail99X"))
    assert "tail99X" not in json.dumps(lines)


def test_what_masking_itself_makes_findable_is_masked_in_another_round() -> None:
    policy = policy_with(
        rule("words", what=["Zebra"]), rule("regex", what="plan \u2588", id="r2", label="Plan")
    )
    lines = redacted(focus(), edit(0, "plan Zebra"), policy=policy)
    assert lines[2]["text"] == "\u2588" * 10


def held(key: str, state: str = "down") -> Line:
    return {"type": "key", "state": state, "key": key}


EVENTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "Ze",
                "bra",
                "Zebra",
                "4111 1111 ",
                "1111 1111",
                "a",
                "password: ",
                "Hunter22",
                EMAIL[:7],
                EMAIL[7:],
            ]
        ).flatmap(
            lambda text: st.one_of(
                st.just([insert(text)]),
                st.just(keys(text)),
                st.integers(0, 30).map(lambda pos: [edit(pos, text)]),
                st.integers(0, 30).map(lambda pos: [edit(pos, text, 4)]),
            )
        ),
        st.sampled_from(["Backspace", "Enter", "Tab", "ArrowLeft", "Home", "Control", "Dead", "*"]).map(
            lambda key: keys([key])
        ),
        st.sampled_from(["a", "c", "x", "v", "z", "ArrowLeft", "Backspace"]).map(
            lambda key: [held("Control"), *keys([key]), held("Control", "up")]
        ),
        st.sampled_from(["Home", "ArrowLeft", "Insert", "Delete"]).map(
            lambda key: [held("Shift"), *keys([key]), held("Shift", "up")]
        ),
        st.sampled_from(["sudo ls", "plum-tree", "yes"]).map(lambda line: keys([*line, "Enter"])),
        st.sampled_from(
            [
                [insert("Zebra", note="paste")],
                [insert("sudo ls")],
                [insert("plum-tree")],
                [{"type": "marker", "name": "ime_start"}],
                [{"type": "marker", "name": "ime_end"}],
                [click("4", role="button"), {"type": "mouse_up", "x": 1, "y": 2, "button": "left"}],
                [{"type": "mouse_move", "x": 1, "y": 2}],
                [focus("xterm", "xterm")],
                [focus("osk.exe", "osk.exe")],
                [click(EMAIL, rect=[0, 0, 9, 9])],
            ]
        ),
        st.sampled_from(
            [[focus()], [focus("Word", "w.exe")], [click("A")], [click()], [click("P", secure=True)]]
        ),
    ),
    max_size=25,
).map(lambda groups: [event for group in groups for event in group])


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_redacted_sessions_are_clean_and_stable(events: list[Line]) -> None:
    lines, _ = redact_session(session(*events), POLICY)
    assert scan_session(lines, POLICY) == []
    assert redact_session(lines, POLICY)[0] == lines
    assert parse_lines(encode_lines(lines).splitlines()) == (lines[0], lines[1:])
    for line in lines[1:]:
        assert "Zebra" not in str(line.get("text", ""))


def test_a_rule_for_a_kind_of_field_leaves_other_fields_alone() -> None:
    """A field of unknown kind counts as meant, so that nothing slips through."""
    policy = policy_with(rule("words", what=["Zebra"], roles=["search box"]))

    def typed(target: dict[str, Any] | None) -> str:
        lines = session(focus(), {"type": "text", "op": "insert", "text": "the Zebra plan", "target": target})
        clean, _ = redact_session(lines, policy)
        assert scan_session(clean, policy) == []
        return written(clean)

    assert typed({"role": "Search box", "name": "find"}) == "the [PROJECT] plan"
    assert typed({"role": "text field", "name": "note"}) == "the Zebra plan"
    assert typed({"role": None, "name": "note"}) == "the [PROJECT] plan"
