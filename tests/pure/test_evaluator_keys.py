"""Keys: shortcuts and text are told apart, and each granularity shows what it says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core.evaluator import Reason, StreamEvaluator, apply
from mci_core.evaluator_keys import CLASSES, NAMED_KEYS, class_of, is_secure, is_shortcut, reduced
from tests.pure.building import NOW, app, focus, key, lease_for, parsed

CTRL, ALT, BOTH = frozenset({"Control"}), frozenset({"Alt"}), frozenset({"Control", "Alt"})


@pytest.mark.parametrize(
    ("name", "held", "platform", "shortcut"),
    [
        ("a", frozenset(), "windows", False),
        ("Enter", frozenset(), "windows", False),
        ("Shift", frozenset(), "windows", False),
        ("AltGraph", frozenset(), "windows", False),
        ("Control", frozenset(), None, True),
        ("Alt", frozenset(), None, True),
        ("Meta", frozenset(), None, True),
        ("F1", frozenset(), None, True),
        ("F24", frozenset(), None, True),
        ("F25", frozenset(), None, False),
        ("Escape", frozenset(), None, True),
        ("c", CTRL, "windows", True),
        ("Enter", CTRL, "windows", True),
        ("@", BOTH, "windows", False),
        ("Delete", BOTH, "windows", True),
        ("f", ALT, "windows", True),
        ("f", ALT, "linux", True),
        ("f", ALT, "macos", False),
        ("f", ALT, None, False),
        ("f", ALT, "web", False),
        ("2", ALT, "windows", False),
        ("å", ALT, "windows", False),
        ("ArrowLeft", ALT, "macos", True),
        ("c", frozenset({"Meta"}), "macos", True),
    ],
)
def test_what_may_be_text_is_no_shortcut(
    name: str, held: frozenset[str], platform: str | None, shortcut: bool
) -> None:
    assert is_shortcut(name, held, platform) is shortcut


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a", "letter"),
        ("ß", "letter"),
        ("字", "letter"),
        ("7", "digit"),
        ("٣", "digit"),
        (" ", "space"),
        ("\u00a0", "space"),
        (".", "punctuation"),
        ("€", "punctuation"),
        ("\U0001f600", "punctuation"),
        ("Enter", "Enter"),
        ("letter", "letter"),
        ("*", "punctuation"),
        ("Olivia", "*"),
        ("", "*"),
    ],
)
def test_a_character_has_a_class_and_a_word_has_none(name: str, kind: str) -> None:
    assert class_of(name) == kind


@given(st.text(max_size=6), st.sampled_from(["count", "shortcut", "class", "text"]), st.booleans())
def test_reducing_a_key_twice_changes_nothing(name: str, granularity: str, shortcut: bool) -> None:
    once = reduced(name, granularity, shortcut)
    if once != "*":
        assert reduced(once, granularity, shortcut) == once
    if granularity == "class" and not shortcut:
        assert once in CLASSES | NAMED_KEYS | {"*"}
    if granularity == "count":
        assert once == "*"


def test_a_typed_word_reported_as_one_key_does_not_pass_as_a_shortcut() -> None:
    assert reduced("Olivia", "shortcut", True) == "*"
    assert reduced("Olivia", "class", True) == "*"
    assert reduced("c", "class", True) == "c"


@pytest.mark.parametrize("target", [None, "password", 5, [], {}, {"role": 5}])
def test_an_odd_target_is_not_secure(target: object) -> None:
    assert not is_secure(target)


TYPED = [
    key("h", t=10, code="vk:72", text="h", pos=3, length=9, target={"role": "edit"}),
    key("1", t=20),
    key(" ", t=30),
    key("Enter", t=40),
    key("Control", t=50),
    key("c", t=60),
    key("c", "up", t=70),
    key("Control", "up", t=80),
    key("c", t=90),
    key("F5", "press", t=95),
]


def shown(signals: list[str], keystrokes: str) -> list[str | None]:
    made = parsed([app(signals=signals, keystrokes=keystrokes)])
    stream, lease = StreamEvaluator(made, "windows"), lease_for(made)
    stream.step(focus(), lease, NOW)
    kept = [apply(event, stream.step(event, lease, NOW)) for event in TYPED]
    assert all(not {"code", "text", "pos", "length"} & set(event) for event in kept if event)
    return [event["key"] if event else None for event in kept]


KEYS = ["keystroke", "shortcut"]


@pytest.mark.parametrize(
    ("signals", "keystrokes", "expected"),
    [
        (KEYS, "none", [None] * 10),
        (KEYS, "count", ["*"] * 10),
        (["keystroke"], "count", ["*", "*", "*", "*", None, None, None, None, "*", None]),
        (["shortcut"], "count", [None] * 10),
        (KEYS, "shortcut", [None] * 4 + ["Control", "c", "c", "Control", None, "F5"]),
        (["keystroke"], "shortcut", [None] * 10),
        (
            KEYS,
            "class",
            ["letter", "digit", "space", "Enter", "Control", "c", "c", "Control", "letter", "F5"],
        ),
        (
            ["keystroke"],
            "class",
            ["letter", "digit", "space", "Enter", None, None, None, None, "letter", None],
        ),
        (KEYS, "text", ["h", "1", " ", "Enter", "Control", "c", "c", "Control", "c", "F5"]),
        (["shortcut"], "text", [None] * 4 + ["Control", "c", "c", "Control", None, "F5"]),
    ],
)
def test_each_granularity_shows_what_it_says(
    signals: list[str], keystrokes: str, expected: list[str | None]
) -> None:
    assert shown(signals, keystrokes) == expected


def steps(*events: dict[str, Any]) -> list[str | None]:
    made = parsed([app(keystrokes="class")])
    stream, lease = StreamEvaluator(made, "windows"), lease_for(made)
    stream.step(focus(), lease, NOW)
    kept = [apply(event, stream.step(event, lease, NOW)) for event in events]
    return [event["key"] if event and event["type"] == "key" else None for event in kept]


def test_a_modifier_whose_release_was_lost_stops_counting() -> None:
    assert steps(key("Control", t=0), key("s", t=10_000), key("s", t=10_001)) == ["Control", "s", "letter"]


def test_a_modifier_that_repeats_stays_held() -> None:
    assert steps(key("Control", t=0), key("Control", t=9_000), key("s", t=15_000))[-1] == "s"


def test_a_change_of_focus_releases_what_was_held() -> None:
    assert steps(key("Control", t=0), focus(), key("s", t=5)) == ["Control", None, "letter"]


def test_a_granularity_that_hides_a_key_says_so() -> None:
    made = parsed([app(keystrokes="shortcut")])
    stream = StreamEvaluator(made)
    stream.step(focus(), lease_for(made), NOW)
    assert stream.step(key("a"), lease_for(made), NOW).reason == Reason.KEYSTROKE_GRANULARITY
