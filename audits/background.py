"""Works on a row in the background: claim it, mark how far it is, keep what came out or why nothing did.

Claim and progress are marks on the row that another worker and the page read; they are no change of state
that anybody decided, so they are not logged. A worker that is lost lets its claim run out, and who comes
after it begins anew; a worker whose claim is another's stops. What came out is for an action to keep.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from audits.models_run import AnyRun, Run, RunQuerySet, RunState
from mci_core.errors import ActionError

CLAIM = timedelta(minutes=2)
T = TypeVar("T")


class Lost(Exception):
    """Another worker has the row now, or it was deleted."""


def run(
    rows: RunQuerySet[AnyRun],
    row_id: UUID | str,
    work: Callable[[AnyRun], T],
    finish: Callable[[AnyRun, T | None, str], object],
) -> bool:
    """Work on one that waits; False when there is none, or another worker has it.

    `finish` keeps what `work` returned, or the code of the error that it raised.
    """
    row = claim(rows, row_id)
    if row is None:
        return False
    try:
        found = work(row)
    except Lost:
        return False
    except ActionError as fault:
        finish(row, None, fault.code)
    else:
        finish(row, found, "")
    return True


def claim(rows: RunQuerySet[AnyRun], row_id: UUID | str) -> AnyRun | None:
    """The row, for this worker; None when it does not wait."""
    now = timezone.now()
    waiting = rows.filter(pk=row_id).waiting(now)
    if not waiting.update(state=RunState.RUNNING, claimed_until=now + CLAIM):
        return None
    return rows.get(pk=row_id)


def mark(row: Run, done: int, total: int, **more: Any) -> None:
    """Tell how far it is and claim it for longer. Raises `Lost`."""
    held = type(row)._default_manager.filter(
        pk=row.pk, state=RunState.RUNNING, claimed_until=row.claimed_until
    )
    marks = {"done": done, "total": total, "claimed_until": timezone.now() + CLAIM, **more}
    if not held.update(**marks):
        raise Lost
    for name, value in marks.items():
        setattr(row, name, value)


def settle(row: Run, error: str, **kept: Any) -> None:
    """For the action that ends it: done, or failed with a code."""
    row.state = RunState.FAILED if error else RunState.DONE
    row.error, row.finished_at, row.claimed_until = error[:40], timezone.now(), None
    for name, value in kept.items():
        setattr(row, name, value)
    row.save(update_fields=["state", "error", "finished_at", "claimed_until", *kept])


def begins_anew(row: Run) -> bool:
    """For the action that asks for it again: only one that failed waits once more."""
    if row.state != RunState.FAILED:
        return False
    row.state, row.error, row.done = RunState.QUEUED, "", 0
    row.save(update_fields=["state", "error", "done"])
    return True
