"""The stream evaluator: what earlier events of a session say about later ones."""

from __future__ import annotations

from typing import Any

import pytest

from mci_core.evaluator import Reason, StreamEvaluator
from tests.pure.building import NOW, app, focus, key, lease_for, on_page, parsed, site

POLICY = parsed([site(), app()])
WIKI = "https://jira.example.com/wiki"
BANK = "https://bank.example/"
MOVE = {"seq": 1, "t": 1, "type": "mouse_move", "x": 0, "y": 0}
TEXT = {"seq": 1, "t": 1, "type": "text", "op": "insert", "text": "word"}


def reasons(*events: dict[str, Any]) -> list[str]:
    stream, lease = StreamEvaluator(POLICY, "windows"), lease_for(POLICY)
    return [stream.step(event, lease, NOW).reason.value for event in events]


def click(role: str | None, **more: Any) -> dict[str, Any]:
    event: dict[str, Any] = {"seq": 1, "t": 1, "type": "mouse_down", "x": 0, "y": 0, **more}
    return event if role is None else {**event, "target": {"role": role}}


def test_nothing_is_allowed_before_the_first_focus() -> None:
    assert reasons(MOVE, key("a"), TEXT, {"type": "url", "url": WIKI}) == ["no_foreground"] * 4


def test_an_app_outside_the_list_is_refused_until_the_focus_comes_back() -> None:
    events = (focus(), MOVE, focus("Bank", "bank.exe"), MOVE, TEXT, focus(), MOVE)
    assert reasons(*events) == [
        "allowed",
        "allowed",
        "no_entry",
        "no_entry",
        "no_entry",
        "allowed",
        "allowed",
    ]


def test_a_page_that_changes_takes_its_entry_with_it() -> None:
    bank, wiki = {"type": "url", "url": BANK}, {"type": "url", "url": WIKI}
    assert reasons(on_page(WIKI), MOVE, bank, MOVE, wiki, MOVE) == [
        "allowed", "allowed", "no_entry", "no_entry", "allowed", "allowed",
    ]  # fmt: skip


def test_an_address_makes_a_browser_without_page_known() -> None:
    wiki = {"type": "url", "url": WIKI}
    assert reasons(focus("Chrome", "chrome.exe"), MOVE, wiki, MOVE) == [
        "no_entry",
        "no_entry",
        "allowed",
        "allowed",
    ]


def test_a_page_of_a_browser_in_the_background_changes_nothing() -> None:
    wiki, bank = {"type": "url", "url": WIKI}, focus("Bank", "bank.exe")
    assert reasons(bank, wiki, MOVE) == ["no_entry"] * 3
    assert reasons(focus(), {"type": "url", "url": BANK}, MOVE) == ["allowed", "no_entry", "allowed"]


def test_an_odd_address_closes_the_page() -> None:
    assert reasons(on_page(WIKI), {"type": "url"}, MOVE) == ["allowed", "no_entry", "no_entry"]


def test_a_private_window_is_refused_whatever_it_shows() -> None:
    assert reasons(on_page(WIKI, private=True), MOVE) == ["private_window"] * 2


def test_withdrawn_consent_ends_capture_for_good() -> None:
    withdrawn = {"type": "marker", "name": "consent_withdrawn"}
    assert (
        reasons(focus(), withdrawn, MOVE, focus(), withdrawn)
        == ["allowed", "allowed"] + ["consent_withdrawn"] * 3
    )


def test_consent_withdrawn_in_an_app_outside_the_list_counts_too() -> None:
    withdrawn = {"type": "marker", "name": "consent_withdrawn"}
    assert reasons(focus("Bank", "bank.exe"), withdrawn, focus()) == [
        "no_entry",
        "no_entry",
        "consent_withdrawn",
    ]


def test_keys_after_a_click_into_a_password_field_are_refused_until_the_target_changes() -> None:
    events = (
        focus(),
        click("password field"),
        key("a"),
        TEXT,
        click(None),
        key("b"),
        click("edit"),
        key("c"),
    )
    before, after = reasons(*events)[:4], reasons(*events)[4:]
    assert before == ["allowed", "allowed", "secure_field", "secure_field"]
    assert after == ["allowed", "secure_field", "allowed", "allowed"]


def test_a_key_that_names_another_target_ends_the_password_field() -> None:
    events = (focus(), click("Password"), key("Tab", target={"role": "edit"}), key("a"))
    assert reasons(*events)[-2:] == ["allowed", "allowed"]


def test_a_new_focus_ends_the_password_field_and_a_new_page_does_not() -> None:
    assert (
        reasons(on_page(WIKI), click("Password"), {"type": "url", "url": WIKI}, key("a"))[-1]
        == "secure_field"
    )
    assert reasons(on_page(WIKI), click("Password"), on_page(WIKI), key("a"))[-1] == "allowed"


PASTE = {"seq": 9, "t": 100, "type": "text", "op": "insert", "text": "from elsewhere"}


@pytest.mark.parametrize(
    ("events", "text", "signal"),
    [
        ([key("Control"), key("v", t=50)], PASTE, "clipboard"),
        ([key("Meta"), key("V", t=50)], PASTE, "clipboard"),
        ([key("Shift"), key("Insert", t=50)], PASTE, "clipboard"),
        ([key("Control"), key("v", t=50)], {**PASTE, "t": 2_050}, "clipboard"),
        ([key("Control"), key("v", t=50)], {**PASTE, "t": 2_051}, "text"),
        ([key("Control"), key("v", t=50)], {**PASTE, "text": "x"}, "text"),
        ([key("Control"), key("c", t=50)], PASTE, "text"),
        ([key("v", t=50)], PASTE, "text"),
        ([key("Control"), key("v", t=50), focus()], PASTE, "text"),
        ([], {**PASTE, "note": "paste"}, "clipboard"),
    ],
)
def test_text_that_follows_a_paste_is_clipboard(
    events: list[dict[str, Any]], text: dict[str, Any], signal: str
) -> None:
    stream, lease = StreamEvaluator(POLICY, "windows"), lease_for(POLICY)
    for event in [focus(), *events]:
        stream.step(event, lease, NOW)
    assert stream.step(text, lease, NOW).signal == signal


def test_screenshots_are_counted_by_interval_also_while_they_are_refused() -> None:
    made = parsed([app(interval=30)])
    stream, lease = StreamEvaluator(made), lease_for(made)
    stream.step(focus("Bank", "bank.exe"), lease, NOW)

    def shot(at: int) -> Reason:
        return stream.step({"type": "screenshot", "t": at}, lease, NOW).reason

    assert shot(1_000) == Reason.NO_ENTRY
    stream.step(focus(), lease, NOW)
    assert [shot(2_000), shot(31_000), shot(59_000), shot(60_000)] == [
        Reason.FRAME_INTERVAL, Reason.ALLOWED, Reason.FRAME_INTERVAL, Reason.ALLOWED,
    ]  # fmt: skip


def test_the_lease_may_change_between_two_events() -> None:
    stream = StreamEvaluator(POLICY)
    lease = lease_for(POLICY)
    assert stream.step(focus(), lease, NOW).allow
    assert stream.step(MOVE, None, NOW).reason == Reason.NO_LEASE
    assert stream.step(MOVE, lease, lease.expires_at).reason == Reason.LEASE_EXPIRED
    assert stream.step(MOVE, lease, NOW).allow
