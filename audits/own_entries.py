"""Which entries are about the person who is signed in, and which of them a signed checkpoint covers.

What a staff role lets somebody read does not count here: an entry is one's own by its subject alone.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from audits import checkpoints
from audits.models import AuditEntry, SubjectEntry


def of(user: object) -> QuerySet[AuditEntry]:
    """Entries about this person. Without a subject there are none: entries about nobody are not one's own."""
    subject = getattr(user, "own_subject_id", None)
    return AuditEntry.objects.none() if subject is None else AuditEntry.objects.filter(subject=subject)


def covered(subject: UUID, entries: Collection[int]) -> set[int]:
    """Those of these entries about one person that stand under the newest signed checkpoint."""
    signed = checkpoints.newest()
    if signed is None or not entries:
        return set()
    rows = SubjectEntry.objects.filter(subject=subject, entry_id__in=entries, index__lt=signed.size)
    return set(rows.values_list("entry_id", flat=True))
