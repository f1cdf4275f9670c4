"""Each reason of the evaluator, one by one, and what of an allowed event is kept."""

from __future__ import annotations

from typing import Any

import pytest

from mci_core.evaluator import EXPLAIN, Decision, Foreground, Reason, State, apply, decide
from mci_core.policy_model import SIGNALS, Policy
from tests.pure.building import NOW, app, lease_for, parsed, site

JIRA = site(path_prefix="/browse")
POLICY = parsed([JIRA, app()])
PAGE = Foreground(
    os="windows", app_name="Chrome", exe="chrome.exe", url="https://jira.example.com/browse/X-1"
)
EXCEL = Foreground(os="windows", app_name="Excel", exe="C:\\Program Files\\EXCEL.exe")
MOVE = {"seq": 1, "t": 5, "type": "mouse_move", "x": 1, "y": 2, "extra": "gone"}


def decided(
    event: dict[str, Any] = MOVE, fg: Foreground | None = EXCEL, made: Policy = POLICY, **changes: Any
) -> Decision:
    return decide(event, fg, made, lease_for(made, **changes), NOW)


def test_every_reason_has_a_sentence() -> None:
    assert set(EXPLAIN) == set(Reason)
    assert all(words.endswith(".") for words in EXPLAIN.values())


def test_an_allowed_event_names_its_entry_signal_and_fields() -> None:
    decision = decided()
    assert (decision.allow, decision.reason) == (True, Reason.ALLOWED)
    assert (decision.entry_id, decision.signal) == ("excel", "mouse_move")
    assert apply(MOVE, decision) == {
        "seq": 1, "t": 5, "type": "mouse_move", "x": 1, "y": 2, "entry": "excel", "signal": "mouse_move",
    }  # fmt: skip


def test_a_refused_event_leaves_nothing() -> None:
    assert apply(MOVE, Decision(False, Reason.NO_ENTRY)) is None


def test_no_lease_means_no_capture() -> None:
    assert decide(MOVE, EXCEL, POLICY, None, NOW).reason == Reason.NO_LEASE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires_at": NOW}, Reason.LEASE_EXPIRED),
        ({"issued_at": NOW + 61}, Reason.LEASE_EXPIRED),
        ({"state": "paused"}, Reason.PAUSED),
        ({"state": "stopped"}, Reason.STOPPED),
        ({"state": "anything"}, Reason.STOPPED),
        ({"place": None}, Reason.UNKNOWN_PLACE),
        ({"place": ""}, Reason.UNKNOWN_PLACE),
        ({"jurisdiction_reason": "unknown_place"}, Reason.UNKNOWN_PLACE),
        ({"notice": None}, Reason.NOTICE_MISSING),
        ({"notice": ""}, Reason.NOTICE_MISSING),
        ({"jurisdiction_reason": "notice_missing"}, Reason.NOTICE_MISSING),
        ({"jurisdiction_reason": "notice_due"}, Reason.NOTICE_MISSING),
        ({"jurisdiction_reason": "agreement_missing"}, Reason.LAW_FORBIDS),
        ({"jurisdiction_reason": "personal_device"}, Reason.LAW_FORBIDS),
        ({"jurisdiction_reason": ""}, Reason.LAW_FORBIDS),
        ({"policy_digest": "0" * 64}, Reason.WRONG_RELEASE),
        ({"policy_digest": ""}, Reason.WRONG_RELEASE),
        ({"excluded_entries": ("excel",)}, Reason.EXCLUDED_BY_PERSON),
        ({"excluded_entries": ("jira",)}, Reason.ALLOWED),
        ({"denied_signals": ("mouse_move",)}, Reason.SIGNAL_DENIED_BY_LAW),
        ({"denied_signals": ("click",)}, Reason.ALLOWED),
        ({"issued_at": NOW + 60}, Reason.ALLOWED),
        ({"expires_at": NOW + 1}, Reason.ALLOWED),
    ],
)
def test_lease_law_and_person_decide_first(changes: dict[str, Any], reason: Reason) -> None:
    assert decided(**changes).reason == reason


def test_consent_withdrawn_means_no_capture() -> None:
    decision = decide(MOVE, EXCEL, POLICY, lease_for(POLICY), NOW, consent=False)
    assert decision.reason == Reason.CONSENT_WITHDRAWN


@pytest.mark.parametrize(
    ("fg", "reason"),
    [
        (None, Reason.NO_FOREGROUND),
        (Foreground(app_name="Excel", exe="EXCEL.EXE", private=True), Reason.PRIVATE_WINDOW),
        (Foreground(app_name="Excel", exe="bank.exe"), Reason.NO_ENTRY),
        (Foreground(app_name="Chrome", exe="chrome.exe"), Reason.NO_ENTRY),
        (Foreground(app_name="Chrome", exe="chrome.exe", url="https://jira.example.com/"), Reason.NO_ENTRY),
        (Foreground(app_name="Excel", exe="EXCEL.EXE", url="https://bank.example/"), Reason.NO_ENTRY),
        (PAGE, Reason.ALLOWED),
        (EXCEL, Reason.ALLOWED),
    ],
)
def test_the_foreground_decides_next(fg: Foreground | None, reason: Reason) -> None:
    assert decided(fg=fg).reason == reason


@pytest.mark.parametrize(
    ("event", "signal"),
    [
        ({"type": "mouse_move"}, "mouse_move"),
        ({"type": "mouse_down"}, "click"),
        ({"type": "mouse_up"}, "click"),
        ({"type": "scroll"}, "scroll"),
        ({"type": "key", "key": "a"}, "keystroke"),
        ({"type": "key", "key": "F5"}, "shortcut"),
        ({"type": "text", "text": "x"}, "text"),
        ({"type": "text", "text": "x", "note": "paste"}, "clipboard"),
        ({"type": "url", "url": PAGE.url}, "url"),
        ({"type": "screenshot"}, "screenshot"),
    ],
)
def test_an_event_needs_exactly_its_signal(event: dict[str, Any], signal: str) -> None:
    only = parsed([site(signals=[signal])])
    others = parsed([site(signals=[name for name in SIGNALS if name != signal])])
    assert decided(event, PAGE, only).signal == signal
    assert decided(event, PAGE, only).allow
    assert decided(event, PAGE, only, denied_signals=(signal,)).reason == Reason.SIGNAL_DENIED_BY_LAW
    refused = decided(event, PAGE, others)
    assert (refused.reason, refused.signal) == (Reason.SIGNAL_NOT_ALLOWED, signal)


@pytest.mark.parametrize(
    "event", [{"type": "thought"}, {}, {"type": 5}, {"type": "session"}, {"type": "key", "key": 5}]
)
def test_an_unknown_event_is_refused(event: dict[str, Any]) -> None:
    assert decided(event).reason == Reason.UNKNOWN_EVENT


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ime_start", Reason.ALLOWED),
        ("ime_end", Reason.ALLOWED),
        ("consent_withdrawn", Reason.ALLOWED),
        ("step", Reason.UNKNOWN_EVENT),
        (None, Reason.UNKNOWN_EVENT),
    ],
)
def test_only_known_markers_are_kept(name: str | None, reason: Reason) -> None:
    decision = decided({"type": "marker", "name": name})
    assert (decision.reason, decision.signal) == (reason, "marker")


FOCUS = {
    "seq": 0, "t": 0, "type": "focus", "app": {"name": "Chrome", "exe": "chrome.exe"}, "url": PAGE.url,
    "window": {"title": "X-1", "rect": [0, 0, 9, 9], "private": False},
}  # fmt: skip


@pytest.mark.parametrize(
    ("signals", "denied", "title", "url"),
    [
        (["click"], (), False, False),
        (["window_title"], (), True, False),
        (["url"], (), False, True),
        (["window_title", "url"], (), True, True),
        (["window_title", "url"], ("window_title", "url"), False, False),
    ],
)
def test_a_focus_is_kept_with_title_and_address_only_where_they_are_granted(
    signals: list[str], denied: tuple[str, ...], title: bool, url: bool
) -> None:
    made = parsed([site(signals=signals)])
    kept = apply(FOCUS, decided(FOCUS, PAGE, made, denied_signals=denied))
    assert kept is not None
    assert kept["app"] == FOCUS["app"]
    assert kept["signal"] == "focus"
    assert ("title" in kept["window"], "url" in kept) == (title, url)
    assert "private" not in kept["window"]


def test_a_focus_without_window_gains_none() -> None:
    for window in ("odd", {}, {"mood": "bad"}):
        event = {"type": "focus", "app": {"name": "Excel", "exe": "EXCEL.EXE"}, "window": window}
        assert "window" not in (apply(event, decided(event)) or {})


def test_an_address_that_is_not_the_page_in_the_foreground_is_refused() -> None:
    assert (
        decided({"type": "url", "url": "https://jira.example.com/browse/X-2"}, PAGE).reason == Reason.NO_ENTRY
    )
    assert decided({"type": "url", "url": PAGE.url}, EXCEL).reason == Reason.NO_ENTRY


@pytest.mark.parametrize(
    ("extra", "secure"),
    [
        ({}, False),
        ({"secure": True}, True),
        ({"target": {"role": "password field"}}, True),
        ({"target": {"role": "input_password"}}, True),
        ({"target": {"role": "PasswordBox"}}, True),
        ({"target": {"role": "edit", "secure": True}}, True),
        ({"target": {"role": None}}, False),
        ({"target": None}, False),
    ],
)
def test_what_goes_into_a_password_field_is_refused(extra: dict[str, Any], secure: bool) -> None:
    for event in (
        {"type": "key", "key": "a", **extra},
        {"type": "text", "op": "insert", "text": "a", **extra},
    ):
        assert (decided(event).reason == Reason.SECURE_FIELD) is secure


def test_a_click_into_a_password_field_is_no_secret() -> None:
    assert decided({"type": "mouse_down", "target": {"role": "password field"}}).allow


@pytest.mark.parametrize(
    ("interval", "last", "at", "allow"),
    [
        (0, 0, 1, True),
        (30, None, 5, True),
        (30, 0, 29_999, False),
        (30, 0, 30_000, True),
        (30, 29_999, 30_000, True),
    ],
)
def test_one_screenshot_is_kept_in_an_interval(interval: int, last: int | None, at: int, allow: bool) -> None:
    made = parsed([app(interval=interval)])
    event = {"type": "screenshot", "t": at}
    decision = decide(event, EXCEL, made, lease_for(made), NOW, state=State(last_frame_at=last))
    assert decision.reason == (Reason.ALLOWED if allow else Reason.FRAME_INTERVAL)


def test_a_screenshot_keeps_boxes_for_redaction_and_nothing_unknown() -> None:
    event = {"type": "screenshot", "file": "a/1.webp", "boxes": [], "clipboard": "secret"}
    kept = apply(event, decided(event))
    assert kept is not None
    assert "boxes" in kept
    assert "clipboard" not in kept
