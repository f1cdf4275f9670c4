"""Keys that edit: selections, the clipboard, undo, moves by word and line, accents, compositions, and values
that are spread over several fields.
"""

from __future__ import annotations

from typing import Any

import pytest

from mci_core.redaction import documents, redact_session, scan_session
from tests.pure.recordings import (
    CARD,
    Line,
    click,
    focus,
    insert,
    keys,
    policy_with,
    rule,
    session,
    typed,
    written,
)

POLICY = policy_with(
    rule("words", what=["Zebra", "Zébra", "\u7530\u4e2d"]), rule("regex", what="zeb ra", id="r2")
)
NUMBER = CARD.replace(" ", "")
F = "█"


def redacted(*events: Line, **changes: Any) -> list[Line]:
    lines, _ = redact_session(session(*events, **changes), POLICY)
    assert scan_session(lines, POLICY) == []
    return lines


def held(modifier: str, *strokes: str) -> list[Line]:
    down, up = ({"type": "key", "state": state, "key": modifier} for state in ("down", "up"))
    return [down, *keys(strokes), up]


def marker(name: str) -> Line:
    return {"type": "marker", "name": name}


def test_what_is_typed_over_a_selection_takes_its_place() -> None:
    # "the zoo" is selected and overwritten letter by letter; the rest stands beside it.
    lines = redacted(
        focus(), *keys("zoobra"), *keys(["Home"]), *held("Shift", *["ArrowRight"] * 3), *keys("Ze")
    )
    assert "ebra" not in typed(lines)
    assert typed(lines) == "zoo*****"


def test_a_whole_selection_is_searched_before_it_goes() -> None:
    lines = redacted(focus(), *keys("Zebra"), *held("Control", "a"), *keys("fine"))
    assert typed(lines) == "*****afine"


@pytest.mark.parametrize("cut", [held("Control", "x"), held("Shift", "Delete")])
@pytest.mark.parametrize("paste", [held("Control", "v"), held("Shift", "Insert"), held("Meta", "v")])
def test_parts_put_together_with_the_clipboard_are_found(cut: list[Line], paste: list[Line]) -> None:
    # "bra" is cut from behind and pasted after "Ze".
    strokes = [*keys("bra Ze"), *keys(["Home"]), *held("Shift", *["ArrowRight"] * 3)]
    lines = redacted(focus(), *strokes, *cut, *keys(["End"]), *paste, *keys("!"))
    assert typed(lines).replace("x", "").replace("v", "") == "******!"


def test_a_copy_of_a_part_counts_and_an_unknown_one_does_not() -> None:
    strokes = [*keys("bra"), *held("Shift", "Home"), *held("Control", "c"), *keys(["End"]), *keys(" Ze")]
    assert "bra" not in typed(redacted(focus(), *strokes, *held("Control", "v"), *keys(" ")))
    assert typed(redacted(focus(), *keys("ze"), *held("Control", "v"), *keys("bra"))) == "zevbra"


def test_text_that_was_pasted_stands_among_the_keys() -> None:
    pasted = insert("1111 1111", note="paste")
    lines = redacted(focus(), *keys("4111 1111 "), *held("Control", "v"), pasted, *keys(" ok"))
    assert "1111" not in typed(lines)
    assert "1" not in written(lines)
    assert typed(lines).endswith(" ok")


def test_a_text_that_says_nothing_known_is_linked_to_nothing() -> None:
    lines = redacted(focus(), *held("Control", "v"), insert(F), *held("Control", "ArrowUp"), *keys("fine"))
    assert (typed(lines), written(lines)) == ("vfine", F)


def test_a_value_that_was_pasted_whole_is_found_among_the_keys() -> None:
    lines = redacted(focus(), *held("Control", "v"), insert(f"{CARD} ", note="paste"), *keys("ok"))
    assert (typed(lines), written(lines)) == ("vok", "[CREDIT_CARD] ")


def test_what_an_undo_brings_back_stands_beside_what_is_typed_then() -> None:
    strokes = [*keys("Ze"), *keys(["Backspace"]), *keys(["Backspace"]), *held("Control", "z")]
    lines = redacted(focus(), *strokes, *held("Control", "z"), *keys("Zebra"))
    assert "Zebra" not in typed(lines)
    assert typed(redacted(focus(), *held("Control", "z"), *keys("fine"))) == "zfine"


@pytest.mark.parametrize(
    "strokes",
    [
        [*keys("one bra"), *held("Control", "ArrowLeft"), *keys("Ze")],
        [*keys("bra one"), *held("Control", "Home"), *keys("Ze"), *held("Control", "End"), *keys("x")],
        [
            *keys("Ze two bra"),
            *keys(["Home"]),
            *held("Control", "ArrowRight", "Delete"),
            *keys(["Backspace"]),
        ],
        [*keys("Zetwo "), *held("Control", "Backspace"), *keys("Zebra")],
        [
            *keys("Ze two"),
            *held("Control", "Shift"),
            *held("Control", "Backspace"),
            *keys(["Backspace"]),
            *keys("bra"),
        ],
    ],
)
def test_moves_and_deletions_by_word_are_followed(strokes: list[Line]) -> None:
    lines = redacted(focus(), *strokes)
    assert "bra" not in typed(lines)


def test_a_selection_by_word_is_deleted_as_a_whole() -> None:
    select = [{"type": "key", "state": "down", "key": "Shift"}, *held("Control", "ArrowLeft")]
    up = {"type": "key", "state": "up", "key": "Shift"}
    lines = redacted(
        focus(), *keys("Ze two"), *select, up, *held("Control", "Delete"), *keys(["Backspace"]), *keys("bra")
    )
    assert "bra" not in typed(lines)


def test_lines_above_and_below_are_reached() -> None:
    strokes = [*"one", "Enter", *"ebra", "ArrowUp", "Home", "ArrowDown", "Z", "ArrowUp", "ArrowUp", "x"]
    assert "ebra" not in typed(redacted(focus(), *keys(strokes)))
    strokes = [*"ebra", "Enter", *"two", "ArrowUp", "Home", "Z", "ArrowDown", "ArrowDown", "y"]
    assert "ebra" not in typed(redacted(focus(), *keys(strokes)))
    assert typed(redacted(focus(), *keys(["ArrowDown", "ArrowUp", "F5", "x"]))) == "x"


def test_a_dead_key_that_tells_its_accent_makes_one_letter() -> None:
    accent = {"type": "key", "state": "down", "key": "Dead", "text": "\u00b4"}
    lines = redacted(focus(), *keys("Z"), accent, *keys("ebra plan"))
    assert typed(lines) == "***** plan"
    assert typed(redacted(focus(), accent, *keys("x plan"))) == "x plan"


def test_keys_of_a_composition_go_with_what_they_spelled() -> None:
    spelled = [
        marker("ime_start"),
        *keys([*"tanaka", " ", "Enter"]),
        insert("\u7530\u4e2d"),
        marker("ime_end"),
    ]
    lines = redacted(focus(), *spelled, *keys("ok"))
    assert typed(lines) == "*******ok"
    assert "\u7530" not in written(lines)
    assert typed(redacted(focus(), marker("ime_start"), *keys("abc"), insert("\u3042"), *keys("d"))) == "abcd"


def test_text_that_a_found_composition_spelled_is_masked() -> None:
    lines = redacted(focus(), marker("ime_start"), *keys("Zebra"), insert("\u3042\u3044"), marker("ime_end"))
    assert written(lines) == F * 2


def test_a_number_in_four_boxes_is_found() -> None:
    strokes = [*"4111", "Tab", *"1111", "Tab", *"1111", "Tab", *"1111", "Tab", *"fine"]
    assert typed(redacted(focus(), *keys(strokes))) == "*" * 16 + "fine"
    boxes = [event for n in "abcd" for event in (click(f"box {n}"), insert("4111" if n == "a" else "1111"))]
    assert "1111" not in written(redacted(focus(), *boxes))


def test_boxes_whose_form_has_hyphens_are_read_with_them() -> None:
    policy = policy_with(rule("regex", what=r"\d{3}-\d\d-\d{4}"))
    lines, _ = redact_session(session(focus(), *keys([*"219", "Tab", *"09", "Tab", *"9999"])), policy)
    assert typed(lines) == "*" * 9
    assert scan_session(lines, policy) == []


def test_parts_of_a_name_in_two_fields_are_read_as_one() -> None:
    lines = redacted(
        focus(), click("first"), *keys("zeb"), click("last"), *keys("ra"), click("x"), *keys("ok")
    )
    assert typed(lines) == "*****ok"


def test_a_long_field_between_two_short_ones_parts_them() -> None:
    long = "a text that is far too long to be a part of one value, and a bit"
    lines = redacted(
        focus(),
        insert("zeb", target={"id": "a"}),
        insert(long, target={"id": "b"}),
        insert("ra", target={"id": "c"}),
    )
    assert written(lines) == f"zeb{long}ra"


def test_keys_that_name_their_field_are_put_together_by_field() -> None:
    a, b = ({"role": "text", "id": name} for name in "ab")
    lines = redacted(focus(), *keys("Ze", target=a), *keys("fine", target=b), *keys("bra", target=a))
    assert "Ze" not in typed(lines)
    assert "bra" not in typed(lines)


def test_a_window_that_was_left_is_where_it_was() -> None:
    lines = redacted(
        focus(), *keys("4111 1111 "), focus("Word", "WORD.EXE"), *keys("x"), focus(), *keys("1111 1111")
    )
    assert "1111" not in typed(lines)


def test_long_typing_over_fields_is_searched_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "PIECE", 600)
    filling = [event for _ in range(9) for event in keys([*("some words here and there " * 3), "Tab"])]
    lines = redacted(focus(), *filling, *keys([*"4111", "Tab", *"1111", "Tab", *"1111", "Tab", *"1111"]))
    assert "1111" not in typed(lines)


def test_states_of_long_documents_are_not_kept_for_an_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_STATE_LENGTH", 3)
    lines = redacted(
        focus(), *keys("some words"), *keys(["Backspace"]), *held("Control", "z"), *keys(" Zebra")
    )
    assert "Zebra" not in typed(lines)
