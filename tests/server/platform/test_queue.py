"""Queues and the schedule: where a task goes, what beat repeats, and how a socket address is spelled."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.conf import settings

from mci_admin.celery import QUEUES, app, broker_url, route, schedule
from mci_admin.processes import programs


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("capture_policies.tasks.run_simulation", "default"),
        ("capture_policies.tasks.advance_rollout", "push"),
        ("agents.tasks.repeat_hints", "push"),
        ("capture_sessions.tasks.scan_session", "ingest"),
        ("privacy_requests.tasks.run_erasure", "erase"),
        ("reviews.tasks.open_findings", "default"),
    ],
)
def test_task_goes_to_the_queue_of_its_app(task: str, queue: str) -> None:
    assert route(task) == {"queue": queue}


def test_every_queue_has_a_worker() -> None:
    assert programs.QUEUES.split(",") == list(QUEUES)


def test_lost_worker_loses_no_task() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.accept_content == ["json"]
    assert app.conf.worker_prefetch_multiplier == 1


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    for label in settings.OUR_APPS:
        try:
            import_module(f"{label}.tasks")
        except ModuleNotFoundError:
            continue
    entries = schedule(settings.OUR_APPS)
    assert entries
    assert set(entries) <= set(app.tasks)


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("unix:///tmp/x/valkey.sock?db=0", "redis+socket:///tmp/x/valkey.sock?virtual_host=0"),
        ("unix:///tmp/x/valkey.sock?db=3", "redis+socket:///tmp/x/valkey.sock?virtual_host=3"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
    ],
)
def test_broker_address(given: str, spelled: str) -> None:
    assert broker_url(given) == spelled
