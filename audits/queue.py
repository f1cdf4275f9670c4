"""Hands work to Celery after the commit. The message is a hint: the row is the truth, and a sweeper finds it.

So a broker that is down costs time, never a request and never the work.
"""

from __future__ import annotations

from functools import partial

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)


def enqueue_on_commit(task_name: str, *args: str) -> None:
    """Send the task once the transaction has committed; nothing is sent when it rolls back."""
    transaction.on_commit(partial(_send, task_name, args), robust=True)


def _send(name: str, args: tuple[str, ...]) -> None:
    try:
        current_app.send_task(name, args=list(args), retry=False, ignore_result=True)
    except Exception as fault:  # the sweeper will find the row
        log.warning("task_not_sent", task=name, fault=type(fault).__name__)
