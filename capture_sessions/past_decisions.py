"""Tells the app of policies what was captured, by entry and signal: totals of stored sessions, no content.

Sessions that are erased or under quarantine do not count. The facts are those of the lease that a session
was captured under, so that a tag set today changes nothing of what is told about last week.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import QuerySet, Sum

from capture_policies.past_cells import Counted, Facts
from capture_sessions.models import SessionState, SessionTotal

_LEASE = ("session__lease__groups", "session__lease__tags", "session__lease__denied_signals")


class StoredSessions:
    """See ``capture_policies.past_cells.Provider``."""

    def entries(self, since: date, until: date) -> list[tuple[str, str]]:
        """An entry that was renamed has its latest name."""
        rows = self._totals(since, until).order_by("day").values_list("entry_id", "entry_label").distinct()
        return sorted(dict(rows).items())

    def counted(self, entry: str, since: date, until: date) -> Iterator[Counted]:
        rows = (
            self._totals(since, until)
            .filter(entry_id=entry)
            .order_by()
            .values_list(
                "signal",
                "session__release_number",
                "session__os",
                "session__place",
                *_LEASE,
                "session__subject_id",
            )
            .annotate(total=Sum("events"))
        )
        for signal, release, os, place, groups, tags, denied, subject, total in rows.iterator():
            facts = Facts(release, os, place, *(tuple(sorted(names)) for names in (groups, tags, denied)))
            yield Counted(signal, facts, subject, total)

    def _totals(self, since: date, until: date) -> QuerySet[SessionTotal]:
        kept = (SessionState.AVAILABLE, SessionState.RECEIVED)
        return SessionTotal.objects.filter(day__gte=since, day__lt=until, session__state__in=kept)
