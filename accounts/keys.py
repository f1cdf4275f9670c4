"""Person keys: which key seals a person's data, and how some or all of it becomes unreadable at once.

key epoch -> details key of a person -> reasons and details of the log
key epoch -> tree of keys of a person -> key of one number, that is of one session -> data keys of its objects

Destroying what the epoch wraps leaves every copy of the objects without a key; for some sessions only their
numbers are taken out of the tree. Copies of the row itself follow when the key epochs that wrapped them are
destroyed. What is uploaded after everything was erased gets new keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from accounts import epochs, permissions
from accounts.models import KeyPurpose, PersonKey, SpentNumber, Subject
from audits.actions import append
from audits.actor import Actor
from audits.kek import key_from
from audits.registry import audited, nothing_to_do
from mci_core import envelope
from mci_core.errors import Conflict
from mci_core.key_tree import KeyTree, NoKey

_DETAILS = "audit-details"
_LIVING = """
SELECT id, kek_id, wrapped, purpose FROM accounts_personkey
WHERE subject_id = %s AND destroyed_at IS NULL AND purpose <> 'objects' ORDER BY epoch DESC LIMIT 1
"""


@dataclass(frozen=True)
class Place:
    """Where the key of a session is: the row of its tree and its number in it. No number: the person key
    itself, from before there were trees.
    """

    row: PersonKey
    number: int | None

    @property
    def about(self) -> bytes:
        place = epochs.about(self.row)
        return place if self.number is None else place + f"/{self.number}".encode()


@transaction.atomic
def person_key(subject: Subject) -> tuple[PersonKey, bytes]:
    """The living key of the person's details, made when there is none (the first, or after an erasure)."""
    return _details_key(Subject.objects.select_for_update().get(pk=subject.pk))


def _details_key(locked: Subject) -> tuple[PersonKey, bytes]:
    living = locked.keys.filter(destroyed_at__isnull=True).exclude(purpose=KeyPurpose.OBJECTS)
    row = living.order_by("-epoch").first()
    return (row, epochs.unwrap(row)) if row is not None else _new_epoch(locked)


def _new_epoch(subject: Subject) -> tuple[PersonKey, bytes]:
    last = subject.keys.aggregate(last=Max("epoch"))["last"] or 0
    key = envelope.new_key()
    return _new_row(subject, last + 1, KeyPurpose.DETAILS, key), key


def _new_row(subject: Subject, epoch: int, purpose: KeyPurpose, key: bytes) -> PersonKey:
    row = PersonKey(subject=subject, epoch=epoch, purpose=purpose)
    epochs.wrap(row, key)
    row.save(force_insert=True)
    return row


@transaction.atomic
def start_epoch(subject: Subject) -> int:
    """Have everything from now on sealed with new keys. Returns the last epoch before it (0: none)."""
    locked = Subject.objects.select_for_update().get(pk=subject.pk)
    return _new_epoch(locked)[0].epoch - 1


# --- data keys of objects


@transaction.atomic
def new_data_key(subject: Subject, *, near: tuple[UUID, int] | None = None) -> tuple[Place, bytes, bytes]:
    """(place of the key that wraps, data key, wrapped data key to store)."""
    place, data_key = place_for_session(subject, near=near), envelope.new_key()
    return place, data_key, wrap_data_key(place, data_key)


@transaction.atomic
def place_for_session(
    subject: Subject, *, near: tuple[UUID, int] | None = None, epoch: int | None = None
) -> Place:
    """A new number in the living tree (or in that of an epoch), or that of another object of the session.

    ``near``: row and number of such an object, which are taken again while that tree is the living one.
    """
    locked = Subject.objects.select_for_update().get(pk=subject.pk)
    row = _tree_row(locked, epoch or _details_key(locked)[0].epoch)
    return Place(row, near[1] if near is not None and near[0] == row.pk else _next_number(row))


def _tree_row(locked: Subject, epoch: int) -> PersonKey:
    """The tree of this epoch, locked: what it holds is read and written by one at a time."""
    trees = PersonKey.objects.select_for_update(no_key=True).filter(subject=locked, epoch=epoch)
    row = trees.filter(purpose=KeyPurpose.OBJECTS, destroyed_at__isnull=True).first()
    return row or _new_row(locked, epoch, KeyPurpose.OBJECTS, KeyTree.new().dump())


def _next_number(row: PersonKey) -> int:
    tree = tree_of(row)
    # A restored database may have given out fewer numbers than its tree has seen.
    while not tree.holds(row.numbers):
        row.numbers += 1
    row.numbers += 1
    row.save(update_fields=["numbers"])
    return row.numbers - 1


def tree_of(row: PersonKey) -> KeyTree:
    return KeyTree.load(epochs.unwrap(row))


def wrap_data_key(place: Place, data_key: bytes) -> bytes:
    return envelope.wrap(_wrapping_key(place), data_key, place.about)


def unwrap_data_key(place: Place, wrapped: bytes) -> bytes:
    """Raises :class:`Conflict` (code ``key_destroyed``) when the session or the person was erased."""
    return envelope.unwrap(_wrapping_key(place), wrapped, place.about)


def _wrapping_key(place: Place) -> bytes:
    gone = Conflict("The key of this data was destroyed.", code="key_destroyed")
    key = epochs.unwrap(place.row)
    if (place.row.purpose, place.number is None) not in _FITTING:
        raise gone
    try:
        return key if place.number is None else KeyTree.load(key).key(place.number)
    except NoKey as fault:
        raise gone from fault


_FITTING = {(KeyPurpose.OBJECTS, False), (KeyPurpose.BOTH, True)}


def spend(places: Iterable[tuple[UUID, int]]) -> None:
    """Have the keys of these numbers (row, number) destroyed, once the caller's transaction has committed."""
    rows = [SpentNumber(key_id=row, number=number) for row, number in sorted(places)]
    SpentNumber.objects.bulk_create(rows, ignore_conflicts=True)


def keep_details_only(row: PersonKey) -> None:
    """Turn a key for both purposes, which nothing is wrapped with any more, into what opens its details."""
    key = key_from(epochs.unwrap(row), _DETAILS)
    row.purpose = KeyPurpose.DETAILS
    epochs.wrap(row, key)
    row.save(update_fields=["purpose", "wrapped", "kek"])


# --- the end of a person


@audited("accounts.destroy_person_keys")
def destroy_person_keys(*, subject: Subject, actor: Actor, through: int | None = None) -> int:
    """Destroy the living keys of the person, those up to the epoch ``through`` when it is given. Returns of
    how many epochs there were.
    """
    permissions.require(actor, "accounts.destroy_person_keys")
    Subject.objects.select_for_update().get(pk=subject.pk)
    living = PersonKey.objects.filter(subject=subject, destroyed_at__isnull=True)
    if through is not None:
        living = living.filter(epoch__lte=through)
    destroyed = sorted(set(living.values_list("epoch", flat=True)))
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
    # In the order in which others lock several of them.
    for_update = list(living.select_for_update().order_by("pk").values_list("pk", flat=True))
    living.filter(pk__in=for_update).update(wrapped=None, destroyed_at=timezone.now())
    return len(destroyed)


class PersonDetailKeys:
    """Where the log finds the keys of details about persons (`audits.kek.DetailKeys`)."""

    def for_subject(self, subject: UUID) -> tuple[UUID, bytes] | None:
        # Asked for almost every entry about a person: without making objects of rows.
        with connection.cursor() as cursor:
            cursor.execute(_LIVING, [subject])
            found = cursor.fetchone()
        if found is not None:
            row = PersonKey(pk=found[0], kek_id=found[1], wrapped=found[2], purpose=found[3])
            return row.pk, _details(row)
        person = Subject.objects.filter(pk=subject).first()
        if person is None:
            return None
        row, _key = person_key(person)
        return row.pk, _details(row)

    def by_id(self, key_id: UUID) -> bytes | None:
        row = PersonKey.objects.filter(pk=key_id).first()
        try:
            return None if row is None else _details(row)
        except Conflict:
            return None


def _details(row: PersonKey) -> bytes:
    key = epochs.unwrap(row)
    return key if row.purpose == KeyPurpose.DETAILS else key_from(key, _DETAILS)
