"""Person keys: which key wraps a person's data, and how all of it becomes unreadable at once.

KEK -> person key (one per epoch) -> data keys of single objects. Destroying the wrapped person key leaves
every copy of the objects, in backups too, without a key. What is uploaded later gets a new epoch.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import permissions
from accounts.models import PersonKey, Subject
from audits.actions import append
from audits.actor import Actor
from audits.kek import current_kek
from audits.registry import audited, nothing_to_do
from mci_core import envelope
from mci_core.errors import Conflict


@transaction.atomic
def person_key(subject: Subject) -> tuple[PersonKey, bytes]:
    """The living key of the person, made when there is none (the first, or after an erasure)."""
    locked = Subject.objects.select_for_update().get(pk=subject.pk)
    row = locked.keys.filter(destroyed_at__isnull=True).order_by("-epoch").first()
    return (row, _opened(row)) if row is not None else _new_epoch(locked)


def _new_epoch(subject: Subject) -> tuple[PersonKey, bytes]:
    last = subject.keys.aggregate(last=Max("epoch"))["last"] or 0
    key = envelope.new_key()
    row = PersonKey(subject=subject, epoch=last + 1)
    row.wrapped = envelope.wrap(current_kek(), key, _about(row))
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
    return row, data_key, envelope.wrap(key, data_key, _about(row))


def wrap_data_key(row: PersonKey, data_key: bytes) -> bytes:
    return envelope.wrap(_opened(row), data_key, _about(row))


def unwrap_data_key(row: PersonKey, wrapped: bytes) -> bytes:
    """Raises :class:`Conflict` (code ``key_destroyed``) when the person's data was erased."""
    return envelope.unwrap(_opened(row), wrapped, _about(row))


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
    epochs = sorted(living.values_list("epoch", flat=True))
    if not epochs:
        with nothing_to_do():
            return 0
    living.update(wrapped=None, destroyed_at=timezone.now())
    append(
        action="accounts.destroy_person_keys",
        actor=actor,
        obj=subject,
        subject=subject.pk,
        facts={"epochs": epochs},
    )
    return len(epochs)


def _about(row: PersonKey) -> bytes:
    return f"mci/person-key/{row.pk}".encode()


def _opened(row: PersonKey) -> bytes:
    if row.wrapped is None:
        raise Conflict("The key of this data was destroyed.", code="key_destroyed")
    return envelope.unwrap(current_kek(), bytes(row.wrapped), _about(row))
