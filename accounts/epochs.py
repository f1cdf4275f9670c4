"""Which key epoch wraps now, and how a person key is wrapped and opened.

A wrapping locks the row of its epoch (FOR KEY SHARE) until it has committed; the destruction of an epoch
locks it FOR UPDATE and then looks whether a person key needs it. So a key is never wrapped with an epoch that
has just died: either the destruction sees it and waits, or the wrapping sees the next epoch.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from accounts.models import EpochState, KeyEpoch, KeyPurpose, PersonKey
from audits import epoch_keys
from audits.actions import append
from audits.actor import Actor
from audits.kek import current_kek
from mci_core import envelope
from mci_core.errors import Conflict

_ACTIVE = "SELECT number FROM accounts_keyepoch WHERE state = 'active' FOR KEY SHARE"


def today() -> date:
    """Days of epochs are those of UTC."""
    return timezone.now().astimezone(UTC).date()


def current() -> int:
    """The epoch to wrap with, held until the transaction ends; the very first is made here."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ACTIVE)
            row = cursor.fetchone()
        if row is not None:
            return int(row[0])
        if KeyEpoch.objects.filter(state=EpochState.ACTIVE).exists():
            # The one that was active at the beginning of the statement has just ended.
            continue
        try:
            with transaction.atomic():
                start(Actor.system("keys"))
        except IntegrityError:
            # Somebody else made it; theirs is there as soon as they have committed.
            continue


def start(actor: Actor) -> KeyEpoch:
    """End the active epoch, if any, and begin the next one. Called inside a transaction."""
    ended = KeyEpoch.objects.select_for_update(no_key=True).filter(state=EpochState.ACTIVE).first()
    if ended is not None:
        ended.state = EpochState.ENDING
        ended.save(update_fields=["state"])
    last = KeyEpoch.objects.aggregate(last=Max("number"))["last"] or 0
    number = epoch_keys.next_number(last)
    epoch_keys.make(number)
    epoch = KeyEpoch.objects.create(number=number, day=today())
    append(
        action="accounts.turn_key_epoch",
        actor=actor,
        obj=epoch,
        facts={"epoch": number, "ended": None if ended is None else ended.number},
    )
    return epoch


def wrap(row: PersonKey, key: bytes, number: int | None = None) -> None:
    """Set what the row keeps of the key (of a tree: its bytes); the caller saves it in the same transaction,
    and got the number of the epoch in it, too.
    """
    row.kek_id = current() if number is None else number
    seal = envelope.seal if row.purpose == KeyPurpose.OBJECTS else envelope.wrap
    row.wrapped = seal(epoch_keys.key(row.kek_id), key, about(row))


def unwrap(row: PersonKey) -> bytes:
    """The person key, or the bytes of the tree. Raises `Conflict` (``key_destroyed``) when it or its epoch
    was destroyed.
    """
    try:
        return _unwrap(row)
    except epoch_keys.EpochDestroyed:
        # The row was read before it was wrapped anew.
        row.refresh_from_db(fields=["wrapped", "kek", "purpose"])
    try:
        return _unwrap(row)
    except epoch_keys.EpochDestroyed as gone:
        raise _destroyed() from gone


def _unwrap(row: PersonKey) -> bytes:
    if row.wrapped is None:
        raise _destroyed()
    kek = current_kek() if row.kek_id is None else epoch_keys.key(row.kek_id)
    opened = envelope.open_ if row.purpose == KeyPurpose.OBJECTS else envelope.unwrap
    return opened(kek, bytes(row.wrapped), about(row))


def _destroyed() -> Conflict:
    return Conflict("The key of this data was destroyed.", code="key_destroyed")


def about(row: PersonKey) -> bytes:
    """The place that a wrapping is bound to; of keys from before there were purposes the row alone."""
    place = f"mci/person-key/{row.pk}"
    return (place if row.purpose == KeyPurpose.BOTH else f"{place}/{row.purpose}").encode()


def living(number: int | None) -> QuerySet[PersonKey]:
    """Person keys that this epoch wraps (None: the master key, from before there were epochs)."""
    return PersonKey.objects.filter(destroyed_at__isnull=True, kek_id=number)


def to_wrap_anew() -> QuerySet[PersonKey]:
    """Person keys of epochs that end, and of the time before epochs."""
    ending = KeyEpoch.objects.filter(state=EpochState.ENDING)
    return PersonKey.objects.filter(Q(kek__isnull=True) | Q(kek__in=ending), destroyed_at__isnull=True)


def grace() -> timedelta:
    return timedelta(hours=settings.KEY_EPOCH_GRACE_HOURS)


def destruction_of(epoch: KeyEpoch) -> datetime:
    """When the key of this epoch is destroyed: known once it is empty, before that the earliest moment."""
    if epoch.destroyed_at is not None:
        return epoch.destroyed_at
    if epoch.emptied_at is not None:
        return epoch.emptied_at + grace()
    next_day = datetime.combine(epoch.day + timedelta(days=1), time(), UTC)
    return max(next_day, timezone.now()) + grace() + MARGIN


def copies_die_at(moment: datetime) -> datetime:
    """From when no copy of the database opens what was taken out of the living keys at this moment."""
    next_day = datetime.combine(moment.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return next_day + grace() + MARGIN


#: Beat comes this often, and wraps anew in batches: what is promised to people counts it in.
MARGIN = timedelta(hours=1)
