"""Background work on devices: hints after a change of law, lost hints again, old leases forgotten."""

from __future__ import annotations

import uuid

from celery import shared_task
from django.utils import timezone

from agents import actions, drills, hints, repeats
from agents.actions.leases import FORGET_AT_ONCE
from agents.models import Device, StopDrill
from audits.actor import Actor

SCHEDULE = {
    "agents.tasks.repeat_hints": 15.0,
    "agents.tasks.forget_leases": 3600.0,
    "agents.tasks.end_drills": 10.0,
}


@shared_task(name="agents.tasks.hint_everybody")
def hint_everybody() -> None:
    """A law, a notice or an agreement changed: the next lease of anybody may say something else."""
    hints.publish("lease")


@shared_task(name="agents.tasks.hint_subject")
def hint_subject(subject_id: str) -> None:
    hints.publish(
        "lease",
        devices=list(
            Device.objects.active().filter(subject_id=uuid.UUID(subject_id)).values_list("pk", flat=True)
        ),
    )


@shared_task(name="agents.tasks.repeat_hints")
def repeat_hints() -> None:
    repeats.repeat_hints(timezone.now())


@shared_task(name="agents.tasks.forget_leases")
def forget_leases() -> None:
    while actions.forget_leases(actor=Actor.system("beat")) == FORGET_AT_ONCE:
        pass


@shared_task(name="agents.tasks.end_drills")
def end_drills() -> None:
    """A drill that everybody has answered, or that has lasted long enough, is over."""
    for drill in StopDrill.objects.running():
        if drills.is_over(drill, timezone.now()):
            actions.end_drill(drill=drill, actor=Actor.system("beat"))
