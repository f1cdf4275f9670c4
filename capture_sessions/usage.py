"""Tells policies on which day the stored sessions last had events of an entry, where enough people did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from capture_policies.usage import Use
from capture_sessions.models import SessionState, SessionTotal

#: Days that are looked at first.
WINDOWS = (2, 30)
STORED = (SessionState.RECEIVED, SessionState.AVAILABLE, SessionState.QUARANTINED)


def last_uses(entry_ids: Collection[str] | None) -> dict[str, Use]:
    """Entry id -> its last day, from the counts of stored sessions.

    Enough people within the last days are enough people altogether, and the last day is among these days: so
    what everybody uses, of which there are most rows by far, is answered without reading all of them.
    """
    found: dict[str, Use] = {}
    today = timezone.now().date()
    for days in WINDOWS:
        if entry_ids is not None and not set(entry_ids) - found.keys():
            break
        rows = _counted(entry_ids, found).filter(day__gt=today - timedelta(days=days))
        told = {row["entry_id"]: _use(row["last"], row["people"]) for row in rows}
        found |= {key: use for key, use in told.items() if not use.few}
    if entry_ids is None or set(entry_ids) - found.keys():
        rows = _counted(entry_ids, found)
        found |= {row["entry_id"]: _use(row["last"], row["people"]) for row in rows}
    return found


def _counted(entry_ids: Collection[str] | None, found: Collection[str]) -> QuerySet[Any, Any]:
    """Last day and number of people of these entries, without those that were found."""
    rows = SessionTotal.objects.filter(session__state__in=STORED)
    if entry_ids is None:
        rows = rows.exclude(entry_id__in=found)
    else:
        rows = rows.filter(entry_id__in=set(entry_ids) - set(found))
    people = Count("session__subject", distinct=True)
    return rows.order_by().values("entry_id").annotate(last=Max("day"), people=people)


def _use(last: object, people: int) -> Use:
    few = people < settings.MIN_GROUP_SIZE
    return Use(None if few else last, few)  # type: ignore[arg-type]  # the day of an annotation
