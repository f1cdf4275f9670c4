"""What a restore drill looks at: can the erased be read in this database, can the living, is the log whole.

Runs inside the restored copy. It tries to open, with every key there is, what the copy still holds of people
and sessions that the ledger names, and of sessions whose retention has ended; a success is a broken promise
from the date on that the receipt states or that follows from the end of the retention. What has become of a
session since the dump is asked of the running installation (:func:`compare`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts import epochs, keys
from accounts.models import PersonKey
from audits import epoch_keys
from audits import leaf as leaves
from audits.models import AuditDetail, AuditEntry
from capture_sessions import store
from capture_sessions.models import CaptureSession, CaptureSessionQuerySet, SessionBlob, SessionState
from mci_core.errors import ActionError
from privacy_requests import ledger
from privacy_requests.ledger import Begun

#: How many sessions of the living are read, as a control that the copy is worth having.
CONTROL = 20


@dataclass
class Look:
    """One look at the erased: what is there of them, and what of it opens."""

    people: int = 0
    sessions: int = 0
    objects_with_keys: int = 0
    objects_opened: int = 0
    keys_opened: int = 0
    details_opened: int = 0
    #: Opens still, but the promised date has not come yet.
    opens_until: list[str] = field(default_factory=list)
    broken_promises: list[str] = field(default_factory=list)

    @property
    def opened(self) -> int:
        return self.objects_opened + self.keys_opened + self.details_opened


@dataclass
class Control:
    """The living, also of people of whom some sessions were erased: how many of those tried can be read."""

    tried: int = 0
    readable: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass
class Expired:
    """Sessions of the copy whose retention has ended, and which of them open."""

    sessions: int = 0
    opened: list[str] = field(default_factory=list)


def look() -> Look:
    """Everything of everybody whom the ledger names."""
    found = Look()
    promised = ledger.promised()
    for begun in ledger.begun():
        before = found.opened
        _look_at(begun, found)
        if found.opened > before:
            until = promised.get(begun.erasure)
            if until is not None and until <= timezone.now():
                found.broken_promises.append(f"request {begun.number}")
            else:
                found.opens_until.append("its erasure is done" if until is None else until.isoformat())
    return found


def _look_at(begun: Begun, found: Look) -> None:
    sessions = CaptureSession.objects.filter(subject_id=begun.subject)
    if begun.scope == "all":
        sessions = sessions.before(begun.moment)
        found.people += 1
        found.keys_opened += sum(_opens(row) for row in _keys_before(begun))
        found.details_opened += _details(begun)
    else:
        sessions = sessions.filter(pk__in=begun.sessions)
    found.sessions += sessions.exclude(state=SessionState.ERASED).count()
    for blob in _with_keys(sessions):
        found.objects_with_keys += 1
        found.objects_opened += _data_key_opens(blob)


def _keys_before(begun: Begun) -> Any:
    return PersonKey.objects.filter(subject_id=begun.subject, created_at__lte=begun.moment)


def _with_keys(sessions: CaptureSessionQuerySet) -> Any:
    return SessionBlob.objects.filter(session__in=sessions, wrapped_key__isnull=False).select_related(
        "person_key"
    )


def _opens(row: PersonKey) -> bool:
    try:
        epochs.unwrap(row)
    except (ActionError, epoch_keys.EpochMissing):
        return False
    return True


def _data_key_opens(blob: SessionBlob) -> bool:
    try:
        keys.unwrap_data_key(blob.key_place, bytes(blob.wrapped_key or b""))
    except ActionError:
        return False
    return True


def _details(begun: Begun) -> int:
    """Entries from before the erasure whose sealed part opens and says something."""
    entries = AuditEntry.objects.filter(subject=begun.subject, at__lte=begun.moment)
    committed = dict(entries.values_list("pk", "leaf"))
    opened = 0
    for detail in AuditDetail.objects.filter(pk__in=entries.values("pk")):
        if bytes(detail.sealed).startswith(leaves.PERSONAL):
            opened += _detail_opens(detail, committed[detail.pk])
    return opened


def _detail_opens(detail: AuditDetail, leaf: str) -> bool:
    try:
        leaves.unseal_stored(bytes(detail.salt), bytes(detail.sealed), json.loads(leaf)["commitment"])
    except ActionError:
        return False
    return True


def expired() -> Expired:
    """What beat would erase as soon as it ran in this copy."""
    now = timezone.now()
    due = CaptureSession.objects.expired(now)
    found = Expired(sessions=due.count())
    opened = {str(blob.session_id) for blob in _with_keys(due).iterator(2_000) if _data_key_opens(blob)}
    found.opened = sorted(opened)
    return found


def control() -> Control:
    """Read some sessions that nobody has asked to erase and whose retention goes on, the newest first."""
    asked = ledger.begun()
    people: set[UUID] = {one.subject for one in asked if one.scope == "all"}
    single = {pk for one in asked for pk in one.sessions}
    rows = CaptureSession.objects.filter(state=SessionState.AVAILABLE, delete_after__gt=timezone.now())
    found = Control()
    living = rows.filter(Q(blobs__wrapped_key__isnull=False)).distinct().order_by("-received_at", "pk")
    # Compared here: a ledger grows for ever, a query does not.
    unasked = (row for row in living.iterator(500) if not (row.subject_id in people or str(row.pk) in single))
    for session in islice(unasked, CONTROL):
        found.tried += 1
        try:
            for blob in session.blobs.all():
                store.read_blob(blob)
        except ActionError:
            found.unreadable.append(str(session.pk))
            continue
        found.readable += 1
    return found


def compare(opened: Iterable[str], unreadable: Iterable[str]) -> dict[str, list[str]]:
    """Called in the running installation. ``overdue``: sessions that the copy opens although they were erased
    here so long ago that no copy may; ``lost``: those that it cannot read although they are read here.
    """
    now = timezone.now()
    erased = CaptureSession.objects.filter(pk__in=list(opened), state=SessionState.ERASED)
    overdue = [str(one.pk) for one in erased if epochs.copies_die_at(one.erased_at or now) <= now]
    living = CaptureSession.objects.filter(pk__in=list(unreadable), state=SessionState.AVAILABLE)
    return {"overdue": sorted(overdue), "lost": sorted(str(one.pk) for one in living)}
