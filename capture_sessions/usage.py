"""Tells policies on which day the stored sessions last had events of an entry, where enough people did."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db.models import Count, Max

from capture_policies.usage import Use
from capture_sessions.models import SessionState, SessionTotal

STORED = (SessionState.RECEIVED, SessionState.AVAILABLE, SessionState.QUARANTINED)


def last_uses(entry_ids: Collection[str] | None) -> dict[str, Use]:
    """Entry id -> its last day; one query over the counts of stored sessions."""
    rows = SessionTotal.objects.filter(session__state__in=STORED)
    if entry_ids is not None:
        rows = rows.filter(entry_id__in=entry_ids)
    counted = (
        rows.order_by()
        .values("entry_id")
        .annotate(last=Max("day"), people=Count("session__subject", distinct=True))
    )
    return {row["entry_id"]: _use(row["last"], row["people"]) for row in counted}


def _use(last: object, people: int) -> Use:
    few = people < settings.MIN_GROUP_SIZE
    return Use(None if few else last, few)  # type: ignore[arg-type]  # the day of an annotation
