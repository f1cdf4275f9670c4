"""Erasures go on by themselves: after a lost message, after a fault, each without holding back the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from capture_sessions.models import CaptureSession
from jurisdictions.actions import load_packs
from privacy_requests import actions, tasks
from privacy_requests.models import Erasure
from tests.server import asking, recordings
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def erasure(cast: Cast) -> Erasure:
    load_packs(actor=cast.system())
    recordings.available(cast)
    return Erasure.objects.get(request=asking.approved(cast))


def test_a_device_whose_clock_is_ahead_keeps_nothing_back(erasure: Erasure) -> None:
    """Its session states a capture after the erasure, and its key is destroyed: so it has to go as well."""
    ahead = timezone.now() + timedelta(seconds=100)
    CaptureSession.objects.update(captured_from=ahead, captured_to=ahead)
    tasks.sweep_erasures()
    erasure.refresh_from_db()
    assert (erasure.step, erasure.sessions_erased, erasure.objects_erased) == ("done", 1, 2)
    assert set(CaptureSession.objects.values_list("state", flat=True)) == {"erased"}


def test_an_erasure_that_is_not_there_is_nothing() -> None:
    assert tasks.run_erasure("00000000-0000-4000-8000-000000000000") == "unknown"


def test_the_sweep_finishes_what_a_lost_message_left(erasure: Erasure) -> None:
    assert tasks.sweep_erasures() == 1
    erasure.refresh_from_db()
    assert erasure.step == "done"
    assert tasks.sweep_erasures() == 0


def test_a_fault_is_named_and_the_next_sweep_goes_on(erasure: Erasure, monkeypatch: Any) -> None:
    def broken(**kwargs: Any) -> str:
        raise OSError("the disk is full: /secret/place")

    with monkeypatch.context() as patch:
        patch.setattr(actions, "advance_erasure", broken)
        assert tasks.sweep_erasures() == 1
    erasure.refresh_from_db()
    assert (erasure.step != "done", erasure.last_error) == (True, "OSError")
    tasks.sweep_erasures()
    erasure.refresh_from_db()
    assert erasure.step == "done"
