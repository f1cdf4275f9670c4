"""Decides how work leaves a request: four queues, JSON only, a lost worker's task is given again.

A message is a hint that names a row; the row is the truth. Losing every message loses nothing, because
the sweepers of the static beat schedule find the rows that still wait.
"""

from __future__ import annotations

import importlib.util
import os
from importlib import import_module
from typing import Any

from celery import Celery
from django.conf import settings
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mci_admin.settings")

QUEUES = ("push", "ingest", "erase", "default")
# Which queue the tasks of an app go to. What beat starts may name another in its decorator; a message that is
# sent after a commit knows only the name.
QUEUE_OF_APP = {
    "capture_policies": "push",
    "agents": "push",
    "capture_sessions": "ingest",
    "privacy_requests": "erase",
}
# These take long: nobody's rollout or stop waits behind them.
QUEUE_OF_TASK = {
    "capture_policies.tasks.run_simulation": "default",
    "capture_policies.tasks.run_effect": "default",
}


def broker_url(url: str) -> str:
    """Celery spells a socket address in its own way."""
    if not url.startswith("unix://"):
        return url
    return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


def route(name: str, *_args: Any, **_kwargs: Any) -> dict[str, str]:
    return {"queue": QUEUE_OF_TASK.get(name) or QUEUE_OF_APP.get(name.split(".", 1)[0], "default")}


def schedule(apps: list[str]) -> dict[str, dict[str, Any]]:
    """Collects ``SCHEDULE = {"<app>.tasks.<fn>": seconds or crontab}`` of each app's tasks module."""
    entries: dict[str, dict[str, Any]] = {}
    for label in apps:
        if importlib.util.find_spec(f"{label}.tasks") is None:
            continue
        for task, when in getattr(import_module(f"{label}.tasks"), "SCHEDULE", {}).items():
            # A sweep that waited longer than its own period is superseded by the next one.
            expires = when if isinstance(when, (int, float)) else 3600
            entries[task] = {"task": task, "schedule": when, "options": {"expires": max(float(expires), 5.0)}}
    return entries


app = Celery("mci_admin", set_as_current=True)
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": settings.TASK_VISIBILITY_SECONDS,
        "global_keyprefix": "mci:",
    },
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_queues=[Queue(name) for name in QUEUES],
    task_default_queue="default",
    task_routes=(route,),
    task_create_missing_queues=False,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_max_tasks_per_child=1000,
    worker_send_task_events=False,
    task_time_limit=600,
    task_soft_time_limit=540,
    timezone="UTC",
    enable_utc=True,
)
app.autodiscover_tasks()


@app.on_after_finalize.connect
def add_schedule(sender: Celery, **_kwargs: Any) -> None:
    sender.conf.beat_schedule = schedule(settings.OUR_APPS)
