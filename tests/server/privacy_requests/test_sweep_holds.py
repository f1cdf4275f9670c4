"""A hold covers what comes in while it runs; it is put under it by a sweep."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from capture_sessions.models import CaptureSession
from jurisdictions.actions import load_packs
from privacy_requests import actions, tasks
from privacy_requests.models import LegalHold
from tests.server import recordings
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(cast: Cast) -> LegalHold:
    load_packs(actor=cast.system())
    return actions.place_hold(
        subject=cast.subject(),
        reason="A court asks for the recordings.",
        expires_at=timezone.now() + timedelta(days=30),
        actor=cast.actor("officer"),
    )


def test_session_of_later_is_put_under_the_running_hold(cast: Cast, running: LegalHold) -> None:
    session = recordings.available(cast)
    assert tasks.sweep_holds() == 1
    session.refresh_from_db()
    assert session.held_until == running.expires_at
    assert tasks.sweep_holds() == 0


def test_ended_hold_keeps_nothing_new(cast: Cast, running: LegalHold) -> None:
    actions.lift_hold(hold=running, actor=cast.actor("officer"))
    recordings.available(cast)
    assert tasks.sweep_holds() == 0
    assert CaptureSession.objects.filter(held_until__isnull=False).count() == 0
