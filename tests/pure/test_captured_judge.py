"""What the server makes of an uploaded event: every reason for which it cannot have been captured."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core import captured
from mci_core.evaluator_keys import COUNTED, NAMED_KEYS, reduced
from mci_core.policy_model import SIGNALS, Policy
from tests.pure import building

SHOT = {
    "type": "screenshot",
    "signal": "screenshot",
    "file": "0001.webp",
    "sha256": "a" * 64,
    "width": 64,
    "height": 36,
    "masked": [],
}


def policy(*signals: str, keystrokes: str = "class") -> Policy:
    return building.parsed([building.app(signals=signals or SIGNALS, keystrokes=keystrokes)])


def event(kind: str, signal: str, **fields: Any) -> dict[str, Any]:
    return {"seq": 0, "t": 0, "type": kind, "entry": "excel", "signal": signal, **fields}


def shot(*windows: dict[str, Any]) -> dict[str, Any]:
    return {"seq": 0, "t": 0, "entry": "excel", **SHOT, "windows": list(windows)}


GOOD = [
    event("mouse_move", "mouse_move", x=1, y=2),
    event("mouse_down", "click", x=1, y=2, button="left", target={"role": "button", "name": "Save"}),
    event("mouse_up", "click", x=1, y=2, button="left"),
    event("scroll", "scroll", dx=0, dy=3),
    event("key", "keystroke", state="down", key="letter"),
    event("key", "keystroke", state="down", key="Enter"),
    event("key", "keystroke", state="down", key="*"),
    event("key", "shortcut", state="down", key="c"),
    event("text", "text", op="insert", text="hello", pos=0),
    event("text", "clipboard", op="insert", text="hello", note="paste"),
    event("text", "text", op="unknown"),
    event("focus", "focus", app={"name": "Excel", "exe": "EXCEL.EXE"}, window={"title": "Budget"}),
    event("focus", "focus", app={"name": ""}, url="https://jira.example.com/", window={"rect": [0, 0, 9, 9]}),
    event("url", "url", url="https://jira.example.com/"),
    event("marker", "marker", name="ime_start"),
    event("mouse_move", "mouse_move", x=1, y=2, masks=[{"field": "text", "label": "EMAIL", "rule": "r"}]),
    shot({"app": "EXCEL.EXE", "title": "Budget", "url": None, "allowed": True}),
]


@pytest.mark.parametrize("kept", GOOD, ids=lambda one: f"{one['type']}-{one['signal']}-{one.get('key', '')}")
def test_what_the_policy_allows_is_let_in(kept: dict[str, Any]) -> None:
    assert captured.judge(kept, policy(), ()) is None


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("no_entry", {**GOOD[0], "entry": "signal"}),
        ("no_entry", {name: value for name, value in GOOD[0].items() if name != "entry"}),
        ("unknown_event", {**GOOD[0], "type": "voice"}),
        ("unknown_event", {**GOOD[0], "signal": "click"}),
        ("unknown_event", {name: value for name, value in GOOD[0].items() if name != "signal"}),
        ("unknown_event", event("marker", "marker", name="my password is hunter2")),
        ("secure_field", event("key", "keystroke", state="down", key="*", secure=True)),
        ("secure_field", event("text", "text", op="insert", text="x", target={"role": "password"})),
        ("secure_field", event("key", "keystroke", state="down", key="*", target={"secure": True})),
        ("secure_field", {**shot(), "boxes": [{"rect": [0, 0, 1, 1], "text": "what was on the screen"}]}),
        ("private_window", event("focus", "focus", app={"name": "Excel"}, window={"private": True})),
        ("window_not_allowed", shot({"app": "Signal.exe", "allowed": False})),
        ("window_not_allowed", shot({"app": "Signal.exe"})),
        ("unknown_field", event("mouse_move", "mouse_move", x=1, y=2, note="what was said")),
        ("unknown_field", event("key", "keystroke", state="down", key="letter", code="KeyA")),
        ("unknown_field", event("key", "keystroke", state="down", key="letter", text="a")),
        ("unknown_field", event("text", "text", op="unknown", text="hidden")),
        ("unknown_field", event("focus", "focus", app={"name": "Excel", "user": "Emil"})),
        ("unknown_field", event("focus", "focus", app={"name": "Excel"}, window={"document": "a.xlsx"})),
        ("unknown_field", event("mouse_down", "click", x=1, y=2, button="left", target={"value": "x"})),
        ("unknown_field", event("scroll", "scroll", dy=1, target={"name": "Chat with Cora"})),
        ("unknown_field", shot({"app": "EXCEL.EXE", "allowed": True, "text": "what was on the screen"})),
    ],
)
def test_what_no_agent_could_have_kept_is_named(reason: str, kept: dict[str, Any]) -> None:
    assert captured.judge(kept, policy(), ()) == reason


def test_a_click_into_a_password_field_is_let_in_as_the_agent_keeps_it() -> None:
    click = event("mouse_down", "click", x=1, y=2, button="left", target={"role": "password", "secure": True})
    assert captured.judge(click, policy(), ()) is None


@pytest.mark.parametrize("kept", [one for one in GOOD if one["signal"] not in ("focus", "marker")])
def test_a_signal_that_the_entry_does_not_name_is_refused(kept: dict[str, Any]) -> None:
    without = [signal for signal in SIGNALS if signal != kept["signal"]]
    assert captured.judge(kept, policy(*without), ()) == "signal_not_allowed"


@pytest.mark.parametrize("kept", [one for one in GOOD if one["signal"] not in ("focus", "marker")])
def test_a_signal_that_the_law_takes_away_is_refused(kept: dict[str, Any]) -> None:
    assert captured.judge(kept, policy(), (kept["signal"],)) == "signal_denied_by_law"


TITLED = event("focus", "focus", app={"name": "Excel"}, window={"title": "Budget of Emil"})
PAGE = event("focus", "focus", app={"name": "Chrome"}, url="https://jira.example.com/")


@pytest.mark.parametrize(
    ("kept", "signal"),
    [
        (TITLED, "window_title"),
        (shot({"app": "EXCEL.EXE", "title": "Budget", "allowed": True}), "window_title"),
        (PAGE, "url"),
        (shot({"app": "chrome.exe", "url": "https://jira.example.com/", "allowed": True}), "url"),
    ],
)
def test_titles_and_addresses_need_their_signal(kept: dict[str, Any], signal: str) -> None:
    without = [name for name in SIGNALS if name != signal]
    assert captured.judge(kept, policy(*without), ()) == "signal_not_allowed"
    assert captured.judge(kept, policy(), (signal,)) == "signal_not_allowed"
    assert captured.judge(kept, policy(), ()) is None


@pytest.mark.parametrize(
    ("granularity", "signal", "key", "fits"),
    [
        ("none", "shortcut", "Enter", False),
        ("count", "keystroke", "*", True),
        ("count", "keystroke", "letter", False),
        ("count", "shortcut", "*", False),
        ("shortcut", "shortcut", "c", True),
        ("shortcut", "keystroke", "*", False),
        ("class", "keystroke", "a", False),
        ("class", "keystroke", "hunter2", False),
        ("class", "keystroke", "digit", True),
        ("class", "shortcut", "hunter2", False),
        ("text", "keystroke", "a", True),
        ("text", "keystroke", "hunter2", False),
    ],
)
def test_a_key_is_never_finer_than_its_granularity(
    granularity: str, signal: str, key: str, fits: bool
) -> None:
    signals = SIGNALS if granularity != "none" else [s for s in SIGNALS if s != "keystroke"]
    allowed = policy(*signals, keystrokes=granularity)
    verdict = captured.judge(event("key", signal, state="down", key=key), allowed, ())
    assert verdict == (None if fits else "keystroke_granularity")


@given(st.text(min_size=1, max_size=3) | st.sampled_from(sorted(NAMED_KEYS)), st.booleans())
def test_a_key_that_is_let_in_at_class_granularity_tells_no_character(key: str, shortcut: bool) -> None:
    kept = reduced(key, "class", shortcut)
    signal = "shortcut" if shortcut else "keystroke"
    assert captured.judge(event("key", signal, state="down", key=kept), policy(), ()) is None
    verdict = captured.judge(event("key", "keystroke", state="down", key=key), policy(), ())
    # An asterisk stands for a key of which only the count was kept, whichever it was.
    assert verdict is not None or key in {reduced(key, "class", False), COUNTED}
