"""Reads the whole log again and again, in portions that a task has the time for.

A log of years takes hours to read, and a task that holds a transaction for as long would keep PostgreSQL from
tidying up. Where a portion ended is kept in a row, sealed: who can write into the database alone cannot have
a part left out. What the reading found is an entry of the log.
"""

from __future__ import annotations

import time
from datetime import timedelta

import msgspec
from django.db import transaction
from django.utils import timezone

from audits import background, sequence, verification
from audits.actions import record_event
from audits.actor import Actor
from audits.kek import derived_key
from audits.leaf import MAX_FACT_LENGTH
from audits.locks import lock
from audits.models import Checkpoint, LogReading
from audits.models_run import RunState
from audits.sequence import Broken
from audits.verification import Stand
from mci_core import envelope

#: From the beginning of one reading to that of the next, unless it takes longer.
EVERY = timedelta(hours=1)
#: Of each minute: a third of one processor, however long the log is.
PORTION_SECONDS = 20.0
_PURPOSE = "log-reading"


def go_on(seconds: float = PORTION_SECONDS) -> None:
    """Read the next portion; begin again when the last reading is old enough. Raises :class:`Broken`."""
    row = _open()
    claimed = None if row is None else background.claim(LogReading.objects.all(), row.pk)
    if claimed is None:
        return
    checkpoint = Checkpoint.objects.get(size=claimed.total)
    end = time.monotonic() + seconds
    try:
        stand = verification.read_on(checkpoint, _stand(claimed), lambda: time.monotonic() >= end)
    except Broken as fault:
        _end(claimed, checkpoint, str(fault))
        raise
    if stand is None:
        _end(claimed, checkpoint)
        return
    sealed = envelope.seal(derived_key(_PURPOSE), msgspec.msgpack.encode(stand), claimed.pk.bytes)
    _mark(claimed, stand.size, state=RunState.QUEUED, stand=sealed)


def under_way() -> LogReading | None:
    """The reading that goes on now, for pages that tell how far it is."""
    row = LogReading.objects.newest()
    return row if row is not None and row.working and row.done else None


def tell(read: str, size: int, root: str, fault: str = "") -> None:
    """Into the log, so that the page can tell and a broken log cannot pass in silence."""
    actor = Actor.system("beat")
    if fault:
        facts = {"size": size, "read": read, "fault": fault[:MAX_FACT_LENGTH].replace("@", "?")}
        record_event(action="audits.log_broken", actor=actor, facts=facts)
    else:
        facts = {"size": size, "root": root, "read": read}
        record_event(action="audits.log_verified", actor=actor, facts=facts)


@transaction.atomic
def _open() -> LogReading | None:
    """The reading that goes on, or a new one; None when it is too early for that, or there is no log."""
    lock("audits:reading")
    last = LogReading.objects.newest()
    if last is not None and last.working:
        return last
    now, checkpoint = timezone.now(), sequence.latest()
    if checkpoint is None or (last is not None and now < last.begun_at + EVERY):
        return None
    # What they found stands in the log.
    LogReading.objects.all().delete()
    return LogReading.objects.create(begun_at=now, total=checkpoint.size)


def _stand(row: LogReading) -> Stand | None:
    """Where the last portion ended; from the beginning where that cannot be trusted."""
    if not row.stand:
        return None
    try:
        opened = envelope.open_(derived_key(_PURPOSE), bytes(row.stand), row.pk.bytes)
        return msgspec.msgpack.decode(opened, type=Stand)
    except (envelope.CannotOpen, msgspec.DecodeError):
        return None


def _end(row: LogReading, checkpoint: Checkpoint, fault: str = "") -> None:
    if not _mark(row, row.done if fault else row.total):
        return
    with transaction.atomic():
        tell("database", checkpoint.size, checkpoint.root, fault)
        background.settle(row, "broken" if fault else "", stand=b"")


def _mark(row: LogReading, done: int, **more: object) -> bool:
    try:
        background.mark(row, done, row.total, **more)
    except background.Lost:
        return False
    return True
