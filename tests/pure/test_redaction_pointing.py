"""Clicks that type, and clicks on what was masked."""

from __future__ import annotations

from mci_core.redaction import redact_session, scan_session
from mci_core.redaction.pointing import around
from tests.pure.recordings import EMAIL, Line, click, focus, keys, policy_with, session, typed

POLICY = policy_with()


def redacted(*events: Line) -> list[Line]:
    lines, _ = redact_session(session(*events), POLICY)
    assert scan_session(lines, POLICY) == []
    assert redact_session(lines, POLICY)[0] == lines
    return lines


def pad(signs: str, role: str = "button") -> list[Line]:
    events: list[Line] = []
    for at, sign in enumerate(signs):
        target = {"role": role, "name": sign}
        place = {"x": 10 * at, "y": 5, "button": "left", "target": target}
        events += [{"type": "mouse_move", "x": 10 * at, "y": 5}, {"type": "mouse_down", **place}]
        events.append({"type": "mouse_up", **place})
    return events


def kinds(lines: list[Line]) -> list[str]:
    return [line["type"] for line in lines[1:]]


def test_a_number_clicked_on_a_pad_leaves_no_place() -> None:
    lines = redacted(focus(), *pad("4111111111111111"), *keys("x"))
    assert kinds(lines) == ["focus", "key", "key"]


def test_clicks_that_type_nothing_secret_stay() -> None:
    assert kinds(redacted(focus(), *pad("12+3"))) == ["focus", *["mouse_move", "mouse_down", "mouse_up"] * 4]


def test_a_pin_clicked_into_a_field_for_passwords_is_dropped() -> None:
    field = click("PIN", role="password field")
    lines = redacted(focus(), field, *pad("2580"), click("Next"), *keys("ok"))
    assert kinds(lines)[:3] == ["focus", "mouse_down", "mouse_down"]
    assert typed(lines) == "ok"


def test_keys_and_clicks_of_one_value_are_put_together() -> None:
    lines = redacted(focus(), *keys("411111111111"), *pad("1111"), *keys(" ok"))
    assert typed(lines) == "*" * 12 + " ok"
    assert "mouse_down" not in kinds(lines)


def test_the_platforms_own_keyboard_keeps_no_pointer() -> None:
    move = {"type": "mouse_move", "x": 1, "y": 1}
    lines = redacted(focus("osk.exe", "C:\\Windows\\osk.exe"), move, *pad("ab"), focus(), move)
    assert kinds(lines) == ["focus", "focus", "mouse_move"]
    assert kinds(redacted(focus(), *pad("ab", role="keyboard key"))) == ["focus", "mouse_move", "mouse_move"]


def test_the_field_before_the_keyboard_stays_the_one_typed_in() -> None:
    lines = redacted(focus(), click("p", role="password"), focus("Onboard", "onboard"), *keys("plum"))
    assert typed(lines) == ""


def test_a_click_on_something_masked_is_told_in_the_middle_of_it() -> None:
    named = click(f"To {EMAIL}", rect=[100, 200, 300, 221]) | {"x": 291, "y": 203}
    bare = click(f"To {EMAIL}") | {"x": 291, "y": 203}
    plain = click("To", rect=[100, 200, 300, 221]) | {"x": 291, "y": 203}
    lines = redacted(focus(), named, bare, plain)
    assert [(line["x"], line["y"]) for line in lines[2:]] == [(200, 210), (300, 200), (291, 203)]


def test_fields_with_a_short_name_are_no_keys() -> None:
    lines = redacted(focus(), click("4"), *keys("111111111111111"))
    assert typed(lines) == "1" * 15
    assert around([], []) == set()
