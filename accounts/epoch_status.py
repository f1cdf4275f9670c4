"""How the key epochs stand: what ``manage.py keys epochs`` and the page "Key epochs" show. Numbers and times,
never a key and nobody's id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts import epochs, keyring
from accounts.models import EpochState, KeyEpoch, KeyPurpose, PersonKey, SpentNumber
from audits import epoch_keys

#: A destroyed epoch says nothing new after this.
SHOWN = timedelta(days=7)
LATE = timedelta(hours=2)


@dataclass(frozen=True)
class EpochRow:
    """``keys``: living person keys that this epoch wraps. ``destroyed``: when it was or will be; not
    ``fixed`` while something still needs the key, then it is the earliest moment.
    """

    number: int
    day: date
    state: str
    keys: int
    destroyed: datetime
    fixed: bool
    key_is_there: bool


@dataclass(frozen=True)
class Counts:
    """How many person keys live, are destroyed, and wait for the key of today; what waits in trees."""

    living: int
    destroyed: int
    waiting: int
    spent: int


def listed() -> QuerySet[KeyEpoch]:
    """Every epoch with the number of living person keys that it wraps (``living_keys``)."""
    living = Count("person_keys", filter=Q(person_keys__destroyed_at__isnull=True))
    return KeyEpoch.objects.annotate(living_keys=living)


def row_of(epoch: Any) -> EpochRow:
    """Of one of :func:`listed`."""
    return EpochRow(
        number=epoch.number,
        day=epoch.day,
        state=epoch.state,
        keys=epoch.living_keys,
        destroyed=epochs.destruction_of(epoch),
        fixed=epoch.destroyed_at is not None or epoch.emptied_at is not None,
        key_is_there=epoch_keys.is_there(epoch.number),
    )


def rows() -> list[EpochRow]:
    """Living epochs, and those that were destroyed within a week."""
    recent = Q(destroyed_at__isnull=True) | Q(destroyed_at__gt=timezone.now() - SHOWN)
    return [row_of(epoch) for epoch in listed().filter(recent)]


def counts() -> Counts:
    living = PersonKey.objects.filter(destroyed_at__isnull=True).count()
    return Counts(
        living=living,
        destroyed=PersonKey.objects.count() - living,
        waiting=epochs.to_wrap_anew().count(),
        spent=SpentNumber.objects.count(),
    )


def summary() -> dict[str, str]:
    """What holds for all of them."""
    found = counts()
    return {
        "sealed by": "master key and Vault" if settings.KMS else "master key",
        "grace": f"{settings.KEY_EPOCH_GRACE_HOURS} hours",
        "living person keys": str(found.living),
        "destroyed person keys": str(found.destroyed),
        "keys of erased sessions to take out": str(found.spent),
        "keys from before there were trees": str(_before_trees()),
        "still under the master key": str(epochs.living(None).count()),
        "ring of living keys": "current" if keyring.is_current() else "behind",
    }


def _before_trees() -> int:
    return PersonKey.objects.filter(purpose=KeyPurpose.BOTH, destroyed_at__isnull=True).count()


def warnings() -> list[str]:
    """What somebody has to look at."""
    found: list[str] = []
    now = timezone.now()
    for row in rows():
        if row.state != EpochState.DESTROYED and not row.key_is_there:
            found.append(
                f"The key of epoch {row.number} is not in EPOCHS_DIR: {row.keys} person keys wait for it."
            )
        if row.state == EpochState.DESTROYED and row.key_is_there:
            found.append(
                f"Epoch {row.number} counts as destroyed and its key is still there: beat removes it."
            )
        if row.state == EpochState.ENDING and row.destroyed + LATE < now:
            found.append(f"Epoch {row.number} should have been destroyed by now: is beat running?")
    late = SpentNumber.objects.filter(spent_at__lt=now - LATE).count()
    if late:
        found.append(f"{late} keys of erased sessions should have been destroyed by now: is beat running?")
    active = KeyEpoch.objects.filter(state=EpochState.ACTIVE).first()
    if active is not None and active.day < epochs.today() - timedelta(days=1):
        found.append(f"The epoch of {active.day} is still active: is beat running?")
    return found
