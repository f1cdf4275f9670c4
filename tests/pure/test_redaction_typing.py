"""What is typed piece by piece: keys and text events that only together hold something."""

from __future__ import annotations

from typing import Any

import pytest

from mci_core.redaction import documents, redact_session, scan_session
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
NUMBER = CARD.replace(" ", "")
F = "█"


def redacted(*events: Line, **changes: Any) -> list[Line]:
    lines, _ = redact_session(session(*events, **changes), POLICY)
    assert scan_session(lines, POLICY) == []
    return lines


def test_keys_of_a_hit_are_masked_with_their_releases() -> None:
    lines = redacted(focus(), *keys(f"to {EMAIL} now"))
    assert typed(lines) == "to " + "*" * len(EMAIL) + " now"
    assert typed(lines, "up") == typed(lines)


def test_masks_name_the_rule_once() -> None:
    lines = redacted(focus(), *keys("the Zebra plan"))
    assert [line["masks"] for line in lines if "masks" in line] == [
        [{"field": "key", "label": "PROJECT", "rule": "r1"}]
    ]


def test_keys_with_corrections_are_masked() -> None:
    strokes = [*"the Zeg", "Backspace", *"bra plan"]
    lines = redacted(focus(), *keys(strokes))
    assert typed(lines) == "the ****** plan"


def test_keys_typed_out_of_order_are_masked() -> None:
    strokes = [*"ebra!", *["ArrowLeft"] * 5, "Z", "End", "x", "Home", "y", "ArrowRight", "Delete"]
    assert "ebra" not in typed(redacted(focus(), *keys(strokes)))


def test_home_and_end_stay_in_the_line() -> None:
    strokes = [*"one", "Enter", *"ebra", "Home", "Z", "End", "!", "ArrowUp", "Home", "Backspace"]
    assert "ebra" not in typed(redacted(focus(), *keys(strokes)))
    strokes = [*"ebra", "Enter", *"two", *["ArrowLeft"] * 8, "Z", "End", "!"]
    assert "ebra" not in typed(redacted(focus(), *keys(strokes)))


def test_a_value_deleted_again_is_masked() -> None:
    strokes = [*NUMBER, *["Backspace"] * 16, *"fine"]
    assert typed(redacted(focus(), *keys(strokes))) == "*" * 16 + "fine"


def test_a_value_that_another_was_typed_against_is_masked() -> None:
    # Without a look at the click the two would be one long number that is no card.
    lines = redacted(focus(), *keys(NUMBER), click(), *keys("55"))
    assert typed(lines) == "*" * 16 + "55"


def test_shortcuts_do_not_hide_what_is_typed() -> None:
    save = [
        {"type": "key", "state": "down", "key": "Control"},
        *keys("s"),
        {"type": "key", "state": "up", "key": "Control"},
    ]
    lines = redacted(focus(), *keys("Ze"), *save, *keys("bra"))
    assert typed(lines) == "**s***"


def test_marked_shortcuts_are_no_text() -> None:
    lines = redacted(focus(), *keys("Ze"), *keys("x", signal="shortcut"), *keys("bra"))
    assert typed(lines) == "**x***"


def test_a_modifier_that_was_never_released_does_not_hide_text() -> None:
    late = [{**event, "t": 60_000} for event in keys("Zebra")]
    lines = redacted(focus(), {"type": "key", "state": "down", "key": "Control"}, *late)
    assert typed(lines) == "*****"


def test_a_release_without_a_press_is_masked() -> None:
    lines = redacted(
        focus(), {"type": "key", "state": "up", "key": "q"}, {"type": "key", "state": "up", "key": "Shift"}
    )
    assert [line["key"] for line in lines[2:]] == ["*", "Shift"]


def test_positions_of_the_recorder_are_followed() -> None:
    strokes = [
        {"type": "key", "state": "press", "key": key, "pos": at, "text": key, "code": "vk:1"}
        for at, key in enumerate("ebra")
    ]
    strokes.append({"type": "key", "state": "press", "key": "Z", "pos": 0, "length": 5})
    lines = redacted(focus(), *strokes)
    assert typed(lines) == "*****"
    assert not {"text", "pos", "length", "code"} & {name for line in lines[2:] for name in line}


def test_words_in_the_place_of_a_key_are_not_let_through() -> None:
    lines = redacted(focus(), *keys(["Hunter22", "Enter", "letter"]))
    assert [line["key"] for line in lines[2::2]] == ["Unidentified", "Enter", "letter"]


def test_counted_keys_are_left_alone() -> None:
    assert typed(redacted(focus(), *keys("******"))) == "******"


def test_a_login_typed_with_tab_is_masked() -> None:
    lines = redacted(focus(), *keys([*"ann", "Tab", *"Geheim77!", "Enter"]))
    assert typed(lines) == "ann" + "*" * 9


def test_text_events_tell_their_keys() -> None:
    # The name is only known as a whole; the keys hold a slip.
    strokes = [*"Zex", "Backspace", *"bra"]
    lines = redacted(focus(), *keys(strokes), insert("Zebra"), insert("later"))
    assert "Zebra" not in written(lines)
    assert typed(lines) == "******"


def test_text_that_repeats_masked_keys_is_masked() -> None:
    lines = redacted(
        focus(), *keys("the Zeb"), insert("the Zeb"), *keys("ra"), insert("ra"), *keys("!"), insert("!")
    )
    assert "Zeb" not in written(lines)
    assert typed(lines) == "the *****!"


def test_a_hit_inside_one_text_becomes_a_placeholder() -> None:
    lines = redacted(focus(), insert(f"mail {EMAIL} and Zebra"))
    assert lines[2]["text"] == "mail [EMAIL] and [PROJECT]"
    assert [mask["label"] for mask in lines[2]["masks"]] == ["EMAIL", "PROJECT"]


def test_a_hit_over_several_texts_is_covered_sign_by_sign() -> None:
    lines = redacted(focus(), insert("the Ze"), insert("br"), insert("a plan"))
    assert [line["text"] for line in lines[2:]] == [f"the {F}{F}", f"{F}{F}", f"{F} plan"]


def test_single_letters_in_a_field_are_put_together() -> None:
    lines = redacted(focus(), *(insert(char, target={"role": "textarea", "id": "a"}) for char in "a Zebra"))
    assert written(lines) == "a " + F * 5


def test_edits_keep_their_length() -> None:
    lines = redacted(focus(), edit(0, "see Zebra"), edit(9, " soon"))
    assert lines[2]["text"] == f"see {F * 5}"
    assert lines[3]["text"] == " soon"


def test_edits_in_any_order_are_put_together() -> None:
    lines = redacted(focus(), edit(0, "bra plan"), edit(0, "Ze"), edit(10, "."))
    assert written(lines) == f"{F * 3} plan{F * 2}."


def test_what_an_edit_takes_away_was_searched_before() -> None:
    lines = redacted(focus(), edit(0, "Ze"), edit(2, "bra"), edit(0, "", 5), edit(0, "fine"))
    assert written(lines) == F * 5 + "fine"


def test_what_stands_together_after_a_deletion_is_searched() -> None:
    lines = redacted(focus(), edit(0, "Ze--"), edit(4, "bra"), edit(2, "", 2), edit(0, "x "))
    assert written(lines) == f"{F * 2}--{F * 3}x "


def test_a_value_that_was_continued_elsewhere_is_found() -> None:
    lines = redacted(
        focus(), edit(0, "4111 1111 "), focus("Word", "WORD.EXE"), insert("x"), focus(), edit(10, "1111 1111")
    )
    assert "1111" not in written(lines)


def test_a_document_may_begin_before_the_recording() -> None:
    lines = redacted(
        focus(), edit(500, "Ze"), edit(502, "bra"), {"type": "text", "op": "caret", "pos": 3}, insert("x")
    )
    assert written(lines) == F * 5 + "x"


def test_positions_beyond_all_documents_are_dropped() -> None:
    lines, report = redact_session(session(focus(), edit(9_000_000, "x")), POLICY)
    assert len(lines) == 2
    assert report.dropped["position_unknown"] == 1


def test_fields_are_kept_apart() -> None:
    lines = redacted(focus(), click("A"), insert("ze"), click("B"), insert("bra"), click("A"), insert("bra"))
    assert [line["text"] for line in lines if line["type"] == "text"] == [F * 2, "bra", F * 3]


def test_a_line_ended_by_a_key_separates() -> None:
    lines = redacted(focus(), insert("4111 1111 1111 "), *keys(["Enter"]), insert("1111 people"))
    assert "1111 people" in written(lines) or "1111" not in written(lines)


def test_long_typing_is_searched_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "PIECE", 700)
    filling = [insert("some words ") for _ in range(150)]
    half = len(filling) // 2
    lines = redacted(focus(), *filling[:half], insert("Ze"), insert("bra "), *filling[half:], edit(5, "ok"))
    assert F * 2 in written(lines)
    assert "bra" not in written(lines)


def test_secure_fields_leave_nothing() -> None:
    lines, report = redact_session(
        session(
            focus(),
            click("Password", role="password field"),
            *keys("Geheim77"),
            insert("Geheim77"),
            click("Send"),
            *keys("ok"),
            insert("abc", target={"role": "input_password"}),
            insert("def", secure=True),
        ),
        POLICY,
    )
    assert typed(lines) == "ok"
    assert written(lines) == ""
    assert report.dropped["secure_field"] == 19


def test_a_release_goes_with_its_dropped_press() -> None:
    policy = policy_with(rule("words", what=["Zebra"], method="drop_event"))
    lines, report = redact_session(session(focus(), *keys("a Zebra")), policy)
    assert typed(lines) == "a "
    assert typed(lines, "up") == "a "
    assert report.dropped["rule"] == 10


def test_withheld_text_stays_withheld() -> None:
    lines = redacted(focus(), {"type": "text", "op": "unknown", "text": "x"}, insert("pasted", note="paste"))
    assert lines[2] == {"seq": 1, "t": 0, "type": "text", "op": "unknown"}
    assert lines[3]["note"] == "paste"
