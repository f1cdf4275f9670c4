"""Person keys: which key wraps a person's data, and how all of it becomes unreadable at once.

key epoch -> person key -> data keys of single objects and the key of the person's audit details. Destroying
the wrapped person key leaves every copy of the objects without a key, and copies of the row itself follow
when the key epoch that wrapped it is destroyed. What is uploaded later gets a new person key.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from accounts import epochs, permissions
from accounts.models import PersonKey, Subject
from audits.actions import append
from audits.actor import Actor
from audits.kek import key_from
from audits.registry import audited, nothing_to_do
from mci_core import envelope
from mci_core.errors import Conflict

_DETAILS = "audit-details"
_LIVING = """
SELECT id, kek_id, wrapped FROM accounts_personkey
WHERE subject_id = %s AND destroyed_at IS NULL ORDER BY epoch DESC LIMIT 1
"""


@transaction.atomic
def person_key(subject: Subject) -> tuple[PersonKey, bytes]:
    """The living key of the person, made when there is none (the first, or after an erasure)."""
    locked = Subject.objects.select_for_update().get(pk=subject.pk)
    row = locked.keys.filter(destroyed_at__isnull=True).order_by("-epoch").first()
    return (row, epochs.unwrap(row)) if row is not None else _new_epoch(locked)


def _new_epoch(subject: Subject) -> tuple[PersonKey, bytes]:
    last = subject.keys.aggregate(last=Max("epoch"))["last"] or 0
    key = envelope.new_key()
    row = PersonKey(subject=subject, epoch=last + 1)
    epochs.wrap(row, key)
    row.save(force_insert=True)
    return row, key


@transaction.atomic
def start_epoch(subject: Subject) -> int:
    """Have everything from now on sealed with a new key. Returns the last epoch before it (0: none)."""
    locked = Subject.objects.select_for_update().get(pk=subject.pk)
    return _new_epoch(locked)[0].epoch - 1


def new_data_key(subject: Subject) -> tuple[PersonKey, bytes, bytes]:
    """(person key row to store beside the object, data key, wrapped data key to store)."""
    row, key = person_key(subject)
    data_key = envelope.new_key()
    return row, data_key, envelope.wrap(key, data_key, epochs.about(row))


def wrap_data_key(row: PersonKey, data_key: bytes) -> bytes:
    return envelope.wrap(epochs.unwrap(row), data_key, epochs.about(row))


def unwrap_data_key(row: PersonKey, wrapped: bytes) -> bytes:
    """Raises :class:`Conflict` (code ``key_destroyed``) when the person's data was erased."""
    return envelope.unwrap(epochs.unwrap(row), wrapped, epochs.about(row))


@audited("accounts.destroy_person_keys")
def destroy_person_keys(*, subject: Subject, actor: Actor, through: int | None = None) -> int:
    """Destroy the living keys of the person, those up to the epoch ``through`` when it is given. Returns how
    many there were.
    """
    permissions.require(actor, "accounts.destroy_person_keys")
    Subject.objects.select_for_update().get(pk=subject.pk)
    living = PersonKey.objects.filter(subject=subject, destroyed_at__isnull=True)
    if through is not None:
        living = living.filter(epoch__lte=through)
    destroyed = sorted(living.values_list("epoch", flat=True))
    if not destroyed:
        with nothing_to_do():
            return 0
    # Before the destruction: the entry must not make the person a new key.
    append(
        action="accounts.destroy_person_keys",
        actor=actor,
        obj=subject,
        subject=subject.pk,
        facts={"epochs": destroyed, "key_epochs": sorted(set(living.values_list("kek", flat=True)) - {None})},
    )
    living.update(wrapped=None, destroyed_at=timezone.now())
    return len(destroyed)


class PersonDetailKeys:
    """Where the log finds the keys of details about persons (`audits.kek.DetailKeys`)."""

    def for_subject(self, subject: UUID) -> tuple[UUID, bytes] | None:
        # Asked for almost every entry about a person: without making objects of rows.
        with connection.cursor() as cursor:
            cursor.execute(_LIVING, [subject])
            found = cursor.fetchone()
        if found is not None:
            row = PersonKey(pk=found[0], kek_id=found[1], wrapped=found[2])
            return row.pk, key_from(epochs.unwrap(row), _DETAILS)
        person = Subject.objects.filter(pk=subject).first()
        if person is None:
            return None
        row, key = person_key(person)
        return row.pk, key_from(key, _DETAILS)

    def by_id(self, key_id: UUID) -> bytes | None:
        row = PersonKey.objects.filter(pk=key_id).first()
        try:
            return None if row is None else key_from(epochs.unwrap(row), _DETAILS)
        except Conflict:
            return None
