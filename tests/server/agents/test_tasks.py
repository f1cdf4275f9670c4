"""What workers and beat do for devices: hints after a change of law, lost hints again, old leases
forgotten.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents import hints, tasks
from agents.models import Lease
from jurisdictions.actions import acknowledge_notice, publish_notice
from tests.server.agents.support import NOTICE
from tests.server.cast import Cast


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    seen: list[Any] = []
    monkeypatch.setattr(hints, "publish", lambda kind, **more: seen.append((kind, more)))
    return seen


def test_a_new_notice_tells_everybody_to_renew(cast: Cast, queued: Any, sent: list[Any]) -> None:
    publish_notice(title="New", text=NOTICE, actor=cast.actor("officer"))
    queued.run_all()
    assert sent == [("lease", {})]


def test_an_acknowledgement_tells_the_devices_of_that_person(
    cast: Cast, queued: Any, sent: list[Any]
) -> None:
    notice = publish_notice(title="New", text=NOTICE, actor=cast.actor("officer"))
    queued.calls.clear()
    acknowledge_notice(subject=cast.subject(), notice=notice, actor=cast.actor("employee"))
    queued.run_all()
    assert sent == [("lease", {"devices": [cast.device.pk]})]


def test_every_task_of_the_schedule_exists_and_runs_with_nothing_to_do(cast: Cast, sent: list[Any]) -> None:
    from celery import current_app

    for name in tasks.SCHEDULE:
        current_app.tasks[name].run()
    assert sent == []


def test_the_sweep_forgets_idle_leases(cast: Cast) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    Lease.objects.create(device=cast.device, state="stopped", issued_at=long_ago, expires_at=long_ago)
    tasks.forget_leases.run()
    assert not Lease.objects.exists()
