"""What beat does for keys: begin the epoch of the day, wrap living keys anew, destroy old epochs, keep the
ring of living keys current, take the keys of erased sessions out of the trees. And it forgets sign-ins that
are over.
"""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import actions, keyring
from accounts.models import EpochState, KeyEpoch
from audits import epoch_keys
from audits.actor import Actor

SCHEDULE = {
    "accounts.tasks.advance_key_epochs": 300.0,
    "accounts.tasks.keep_keyring": 60.0,
    "accounts.tasks.destroy_object_keys": 60.0,
    "accounts.tasks.forget_sign_ins": 3600.0,
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


@shared_task(name="accounts.tasks.destroy_object_keys")
def destroy_object_keys() -> int:
    """Take the keys of erased sessions out of the trees of their people, and the ring along with them."""
    actor = Actor.system("keys")
    destroyed = 0
    while batch := actions.destroy_object_keys(actor=actor):
        destroyed += batch
    if destroyed:
        keyring.write_if_changed()
    return destroyed


@shared_task(name="accounts.tasks.forget_sign_ins")
def forget_sign_ins() -> int:
    """Delete the rows of sign-ins that have run out; nobody could use them, and nothing else would."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
