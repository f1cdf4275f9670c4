"""An upload is held against what its lease stated of the device, on the day it was captured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.server import recordings
from tests.server.capture_sessions.support import Sender, nothing_stored, refusal, relined
from tests.server.cast import Cast

GROUP = "0c9b1e6a-3b51-4a52-9d0e-0c1f6a1b2c3d"


def sent(sender: Sender, cast: Cast, **facts: Any) -> str:
    """``accepted``, or the code of the refusal, after which nothing is stored."""
    response = sender.send(recordings.upload(cast, **facts))
    if response.status_code < 300:
        return "accepted"
    assert nothing_stored()
    return refusal(response)[1]


@pytest.mark.parametrize(
    ("scope", "facts", "expected"),
    [
        ({"tags": ["lab"]}, {"tags": ["lab", "pilot"]}, "accepted"),
        ({"tags": ["lab"]}, {"tags": ["pilot"]}, "out_of_scope"),
        ({"tags": ["lab"]}, {}, "out_of_scope"),
        ({"groups": [GROUP]}, {"groups": [GROUP]}, "accepted"),
        ({"groups": [GROUP]}, {}, "out_of_scope"),
        ({"platforms": ["windows"], "places": ["US"]}, {}, "accepted"),
        ({"platforms": ["macos"]}, {}, "out_of_scope"),
        ({"places": ["US-NY"]}, {}, "out_of_scope"),
    ],
)
def test_an_entry_counts_only_for_devices_in_its_scope(
    sender: Sender,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    scope: dict[str, Any],
    facts: dict[str, Any],
    expected: str,
) -> None:
    monkeypatch.setitem(recordings.ENTRY, "scope", scope)
    assert sent(sender, cast, **facts) == expected


@pytest.mark.parametrize(("days", "expected"), [(1, "accepted"), (-2, "entry_expired")])
def test_nothing_captured_after_the_last_day_of_an_entry_is_let_in(
    sender: Sender, cast: Cast, monkeypatch: pytest.MonkeyPatch, days: int, expected: str
) -> None:
    last = (timezone.now() + timedelta(days=days)).date().isoformat()
    monkeypatch.setitem(recordings.ENTRY, "expires", last)
    assert sent(sender, cast) == expected


def test_a_window_that_is_left_out_is_not_let_in(
    sender: Sender, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recordings.ENTRY, "windows_excluded", ["*salary*"])
    titled = relined(cast, lambda lines: lines[1].update(window={"title": "The Salary list"}))
    assert refusal(sender.send(titled))[1] == "window_excluded"
    titled = relined(cast, lambda lines: lines[1].update(window={"title": "Budget"}))
    assert sender.send(titled).status_code < 300
