"""What the inspector makes of redacted events: steps that a person can read, and masks with their rule."""

from __future__ import annotations

from typing import Any

from reviews import inspector

LABELS = {"desk": "Service desk", "editor": "Editor"}
PHONE = {"field": "key", "label": "PHONE", "rule": "detector.PHONE"}


def event(seq: int, kind: str, entry: str = "desk", **more: Any) -> dict[str, Any]:
    return {"seq": seq, "t": seq * 100, "type": kind, "entry": entry, **more}


def shown(*events: dict[str, Any]) -> list[dict[str, Any]]:
    return list(inspector.steps(events, LABELS))


def text_of(step: dict[str, Any]) -> str:
    return "".join(part["text"] for part in step["parts"])


def key(seq: int, name: str, **more: Any) -> dict[str, Any]:
    return event(seq, "key", state="down", key=name, **more)


def test_keys_in_a_row_are_one_step_and_starred_ones_one_placeholder() -> None:
    [step] = shown(
        key(0, "a"), key(1, " "), key(2, "*", masks=[PHONE]), key(3, "*"), key(4, "*"), key(5, "!")
    )
    assert step["title"] == "6 keys"
    assert text_of(step) == "a [PHONE]!"
    assert [part["mask"] for part in step["parts"] if "mask" in part] == ["PHONE by detector.PHONE"]


def test_a_mask_says_how_it_was_checked_and_how_certain_it_is() -> None:
    mask = {**PHONE, "method": "replace", "validator": "luhn", "confidence": 90}
    [step] = shown(event(0, "text", op="insert", text="[PHONE]", masks=[mask]))
    how = "replace by an invented value of the same kind, checked by luhn, 90 % certain"
    assert step["parts"][0]["mask"] == f"PHONE by detector.PHONE, {how}"


def test_a_star_that_somebody_typed_stays() -> None:
    [step] = shown(key(0, "2"), key(1, "*"), key(2, "2"))
    assert text_of(step) == "2*2"


def test_edits_that_continue_each_other_are_one_step() -> None:
    steps = shown(
        event(0, "text", "editor", op="edit", pos=0, text="host:"),
        event(
            1, "text", "editor", op="edit", pos=5, text="███", masks=[{**PHONE, "label": "URL_CREDENTIAL"}]
        ),
        event(2, "text", "editor", op="edit", pos=8, text="██@db"),
        event(3, "text", "editor", op="edit", pos=0, text="elsewhere"),
    )
    assert [text_of(step) for step in steps] == ["host:[URL_CREDENTIAL]@db", "elsewhere"]
    assert steps[0]["parts"][1] == {"text": "[URL_CREDENTIAL]", "mask": "URL_CREDENTIAL by detector.PHONE"}


def test_another_app_or_another_kind_begins_a_step() -> None:
    steps = shown(key(0, "a"), event(1, "key", "editor", state="down", key="b"), event(2, "scroll", "editor"))
    assert [(step["app"], step["title"]) for step in steps] == [
        ("Service desk", "1 key"),
        ("Editor", "1 key"),
        ("Editor", "Scrolled"),
    ]


def test_placeholders_without_a_known_rule_keep_their_class() -> None:
    [step] = shown(event(0, "focus", window={"title": "[NAME] - Desk"}, url="https://desk.example.com/[IP]"))
    assert text_of(step) == "[NAME] - Desk https://desk.example.com/[IP]"
    assert [part["mask"] for part in step["parts"] if "mask" in part] == ["NAME", "IP"]
