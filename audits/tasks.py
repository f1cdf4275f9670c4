"""What beat does for the log: next months' partitions, reading all of it, handing checkpoints on."""

from __future__ import annotations

from celery import shared_task
from celery.schedules import crontab
from django.db import connection

from audits import checkpoints, handing_out
from audits.actions import record_event
from audits.actor import Actor
from audits.sequence import Broken, latest
from audits.verification import verify

SCHEDULE = {
    "audits.tasks.ensure_partitions": crontab(hour="1", minute="10"),
    "audits.tasks.verify_log": crontab(minute="25"),
    "audits.tasks.hand_out_checkpoint": crontab(minute="5"),
    "audits.tasks.mail_checkpoint": crontab(hour="6", minute="15"),
}


@shared_task(name="audits.tasks.ensure_partitions")
def ensure_partitions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audits_ensure_partitions()")


@shared_task(name="audits.tasks.verify_log")
def verify_log() -> None:
    """Writes what it found into the log, so that the page can tell and a broken log cannot pass in
    silence.
    """
    checkpoint = latest()
    if checkpoint is None:
        return
    actor = Actor.system("beat")
    try:
        verify(checkpoint)
    except Broken as fault:
        facts = {"size": checkpoint.size, "fault": str(fault)[:120]}
        record_event(action="audits.log_broken", actor=actor, facts=facts)
        raise
    facts = {"size": checkpoint.size, "root": checkpoint.root}
    record_event(action="audits.log_verified", actor=actor, facts=facts)


@shared_task(name="audits.tasks.hand_out_checkpoint")
def hand_out_checkpoint() -> None:
    signed = checkpoints.newest()
    if signed is not None:
        handing_out.to_places(signed)


@shared_task(name="audits.tasks.mail_checkpoint")
def mail_checkpoint() -> None:
    signed = checkpoints.newest()
    if signed is not None:
        handing_out.by_mail(signed)
