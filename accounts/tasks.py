"""What beat does for keys: begin the epoch of the day, wrap living keys anew, destroy old epochs, keep the
ring of living keys current.
"""

from __future__ import annotations

from celery import shared_task

from accounts import keyring
from accounts.actions import epochs as actions
from accounts.models import EpochState, KeyEpoch
from audits import epoch_keys
from audits.actor import Actor

SCHEDULE = {
    "accounts.tasks.advance_key_epochs": 300.0,
    "accounts.tasks.keep_keyring": 60.0,
}


@shared_task(name="accounts.tasks.advance_key_epochs")
def advance_key_epochs() -> dict[str, int]:
    """Everything about epochs that is due now; each step alone may be repeated at any time."""
    actor = Actor.system("keys")
    actions.turn_key_epoch(actor=actor)
    moved = 0
    while batch := actions.rewrap_person_keys(actor=actor):
        moved += batch
    ending = list(KeyEpoch.objects.filter(state=EpochState.ENDING))
    if ending:
        # Before a key goes: what a restore needs must not hang on it.
        keyring.write_if_changed()
    destroyed = sum(actions.destroy_key_epoch(epoch=epoch, actor=actor) for epoch in ending)
    finish_destructions()
    return {"moved": moved, "destroyed": destroyed}


def finish_destructions() -> int:
    """Remove the keys of epochs whose destruction was written down, but a crash kept the file."""
    left = KeyEpoch.objects.filter(state=EpochState.DESTROYED).values_list("number", flat=True)
    numbers = [number for number in left if epoch_keys.is_there(number)]
    for number in numbers:
        epoch_keys.destroy(number)
    return len(numbers)


@shared_task(name="accounts.tasks.keep_keyring")
def keep_keyring() -> bool:
    """Write the ring of living keys when it no longer says what the database says."""
    return keyring.write_if_changed()
