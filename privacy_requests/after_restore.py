"""Brings a restored older database up to date: the keys there are now, then every erasure of the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from accounts.actions import adopt_keyring
from audits.actor import Actor
from capture_sessions.models import CaptureSession
from privacy_requests import ledger
from privacy_requests.actions import replay_erasure
from privacy_requests.models import Erasure
from privacy_requests.tasks import run_erasure

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """``waiting``: erasures that have begun and cannot go on yet (a legal hold, files that resist)."""

    adopted: int
    gone: int
    known: int
    unknown: int
    carried_out: int
    waiting: int


def bring_up_to_date(tell: Tell = lambda line: None) -> Outcome:
    """May be called again at any time: what is done already is not done again."""
    actor = Actor.system("restore")
    keys = adopt_keyring(actor=actor)
    tell(f"Keys: {keys['adopted']} taken from the ring, {keys['gone']} can never be opened again.")
    known = unknown = carried_out = waiting = 0
    found = ledger.begun()
    for number, begun in enumerate(found, start=1):
        before = Erasure.objects.filter(pk=begun.erasure, step="done").exists()
        erasure = replay_erasure(begun=begun, actor=actor)
        if erasure is None:
            unknown += 1
        elif before:
            known += 1
        elif run_erasure(str(erasure.pk)) == "done":
            carried_out += 1
        else:
            waiting += 1
        tell(f"Erasure {number} of {len(found)}: request {begun.number}")
    past = CaptureSession.objects.expired(timezone.now()).count()
    if past:
        tell(f"Retention: {past} sessions are past theirs; beat erases them within the hour once it runs.")
    return Outcome(keys["adopted"], keys["gone"], known, unknown, carried_out, waiting)
