"""Removes stored objects that nobody can read any more: of erased parts, and without any row.

Housekeeping, not a verb: the keys of an erased part went with its row in an audited action, and the key of an
object without a row was never kept. So nothing personal changes here, and nothing is logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from capture_sessions import store
from capture_sessions.models import SessionBlob

log = structlog.get_logger(__name__)
#: A younger object may belong to a transaction that has not committed yet.
ORPHAN_AGE = timedelta(hours=24)
_FOLDERS = 256
REMOVE_AT_ONCE = 1000


def remove_erased_files(limit: int = REMOVE_AT_ONCE) -> int:
    """Delete the objects of erased parts. Returns how many are gone now; one that resists stops no other."""
    removed = 0
    left = SessionBlob.objects.filter(erased_at__isnull=False, file_removed_at__isnull=True)
    for blob in left.order_by("erased_at")[:limit]:
        try:
            store.remove_file(blob.storage_name)
        except OSError as fault:
            log.warning("object_not_removed", part=str(blob.pk), fault=type(fault).__name__)
            continue
        SessionBlob.objects.filter(pk=blob.pk).update(file_removed_at=timezone.now())
        removed += 1
    return removed


def remove_orphans(*, now: datetime, limit: int = 1000) -> int:
    """Delete old objects that no row names: their transaction failed after the object was stored.

    Looks at the share of the folders that belongs to this hour, so that every folder has its turn each day.
    """
    removed = 0
    for names in _batches(_old_objects(now), 200):
        known = set(SessionBlob.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
        for name in names:
            if name not in known and removed < limit:
                store.remove_file(name)
                removed += 1
    if removed:
        log.info("orphans_removed", count=removed)
    return removed


def _old_objects(now: datetime) -> Iterator[str]:
    where = store.storage()
    for number in range(now.hour, _FOLDERS, 24):
        folder = f"{number:02x}"
        try:
            names = where.listdir(folder)[1]
        except FileNotFoundError:
            continue
        for name in names:
            path = f"{folder}/{name}"
            if where.get_modified_time(path) < now - ORPHAN_AGE:
                yield path


def _batches(names: Iterator[str], size: int) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in names:
        batch.append(name)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
