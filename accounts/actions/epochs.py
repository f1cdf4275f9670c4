"""The verbs of key epochs: begin the next one each day, wrap living keys anew, destroy what is empty.

Each is repeated by beat until nothing is left to do; a crash anywhere is continued by the next call.
"""

from __future__ import annotations

from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone

from accounts import epochs, permissions
from accounts.models import EpochState, KeyEpoch, PersonKey
from audits import epoch_keys
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from mci_core.envelope import CannotOpen
from mci_core.errors import Conflict

log = structlog.get_logger(__name__)
BATCH = 500


@audited("accounts.turn_key_epoch")
def turn_key_epoch(*, actor: Actor, early: bool = False) -> KeyEpoch:
    """Begin the epoch of today, unless it has begun; ``early`` begins another one on the same day."""
    permissions.require(actor, "accounts.turn_key_epoch")
    active = KeyEpoch.objects.select_for_update(no_key=True).filter(state=EpochState.ACTIVE).first()
    if active is not None and active.day >= epochs.today() and not early:
        with nothing_to_do():
            return active
    return epochs.start(actor)


@audited("accounts.rewrap_person_keys")
def rewrap_person_keys(*, actor: Actor, limit: int = BATCH) -> int:
    """Wrap the next living person keys with the epoch of today. Returns how many; 0 means that all are."""
    permissions.require(actor, "accounts.rewrap_person_keys")
    moved: list[PersonKey] = []
    number = epochs.current()
    rows = epochs.to_wrap_anew().exclude(kek__in=_without_file())
    for row in rows.select_for_update(skip_locked=True, no_key=True).order_by("pk")[:limit]:
        try:
            key = epochs.unwrap(row)
        except (CannotOpen, Conflict) as fault:
            # No reason to leave the others where they are. Its epoch is kept as long as it stands there, and
            # `keys epochs` shows that it waits.
            log.error("person_key_unreadable", key=str(row.pk), epoch=row.kek_id, fault=type(fault).__name__)
            continue
        epochs.wrap(row, key, number)
        moved.append(row)
    PersonKey.objects.bulk_update(moved, ["wrapped", "kek"])
    emptied = _note_empty()
    if not moved and not emptied:
        with nothing_to_do():
            return 0
    append(
        action="accounts.rewrap_person_keys",
        actor=actor,
        obj=None,
        facts={"keys": len(moved), "emptied": emptied},
    )
    return len(moved)


def _without_file() -> list[int]:
    """Epochs that end and whose key is missing here: their rows wait, and hold back no others."""
    ending = KeyEpoch.objects.filter(state=EpochState.ENDING).values_list("number", flat=True)
    missing = [number for number in ending if not epoch_keys.is_there(number)]
    for number in missing:
        log.error("epoch_key_missing", epoch=number)
    return missing


def _note_empty() -> list[int]:
    """Epochs that nothing needs any more; their grace begins."""
    emptied = [
        epoch.number
        for epoch in KeyEpoch.objects.filter(state=EpochState.ENDING, emptied_at__isnull=True)
        if not epochs.living(epoch.number).exists()
    ]
    KeyEpoch.objects.filter(number__in=emptied).update(emptied_at=timezone.now())
    return emptied


@audited("accounts.destroy_key_epoch")
def destroy_key_epoch(*, epoch: KeyEpoch, actor: Actor) -> bool:
    """Destroy the key of an epoch whose grace is over. False when something needs it or it is too early."""
    permissions.require(actor, "accounts.destroy_key_epoch")
    # FOR UPDATE waits for every transaction that wraps with this epoch right now.
    epoch = KeyEpoch.objects.select_for_update().get(pk=epoch.pk)
    now = timezone.now()
    due = epoch.emptied_at is not None and epoch.emptied_at + epochs.grace() <= now
    if epoch.state != EpochState.ENDING or not due:
        with nothing_to_do():
            return False
    if epochs.living(epoch.number).exists():
        # Wrapped by somebody who had begun before the epoch ended: wrapped anew first.
        epoch.emptied_at = None
        epoch.save(update_fields=["emptied_at"])
        with nothing_to_do():
            return False
    epoch.state, epoch.destroyed_at = EpochState.DESTROYED, now
    epoch.save(update_fields=["state", "destroyed_at"])
    append(
        action="accounts.destroy_key_epoch",
        actor=actor,
        obj=epoch,
        facts={"epoch": epoch.number, "day": epoch.day},
    )
    transaction.on_commit(partial(epoch_keys.destroy, epoch.number), robust=True)
    return True
