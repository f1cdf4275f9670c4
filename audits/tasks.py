"""What beat does for the log: next months' partitions, reading all of it, handing checkpoints on."""

from __future__ import annotations

from pathlib import Path

import structlog
from celery import shared_task
from celery.schedules import crontab
from django.conf import settings
from django.db import connection
from django.utils import timezone

from audits import checkpoints, export_run, file_check, handing_out, locks, rounds
from audits.actions.exports import KEPT, delete_export
from audits.actor import Actor
from audits.models import LogExport
from audits.sequence import Broken

log = structlog.get_logger(__name__)

SCHEDULE = {
    "audits.tasks.ensure_partitions": crontab(hour="1", minute="10"),
    "audits.tasks.verify_log": 60.0,
    "audits.tasks.verify_files": crontab(hour="3", minute="40"),
    "audits.tasks.resume_exports": 60.0,
    "audits.tasks.drop_exports": crontab(hour="2", minute="40"),
    "audits.tasks.hand_out_checkpoint": crontab(minute="5"),
    "audits.tasks.mail_checkpoint": crontab(hour="6", minute="15"),
}


@shared_task(name="audits.tasks.ensure_partitions")
def ensure_partitions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audits_ensure_partitions()")


@shared_task(name="audits.tasks.verify_log")
def verify_log() -> None:
    """The next portion of the log is compared with everything that was stated about it."""
    rounds.go_on()


# Four hours, because an export of years is read in one go.
@shared_task(name="audits.tasks.verify_files", soft_time_limit=14_000, time_limit=14_400)
def verify_files() -> None:
    """The same for the exported files, with the verifier that outsiders use."""
    signed = checkpoints.newest()
    if signed is None or not settings.AUDIT_EXPORT_DIR:
        return
    with locks.alone("audits:files") as alone:
        if not alone:
            # The message was given to a second worker, because the first takes long.
            return
        found = file_check.read(Path(settings.AUDIT_EXPORT_DIR), signed)
    if found is None:
        log.warning("audit_files_in_motion")
        return
    rounds.tell("files", found.size, found.root, found.fault)
    if found.fault:
        log.critical("audit_log_broken", fault=found.fault)
        raise Broken(found.fault)


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


@shared_task(name="audits.tasks.write_export")
def write_export(export_id: str) -> None:
    export_run.run(export_id, Actor.system("worker"))


@shared_task(name="audits.tasks.resume_exports")
def resume_exports() -> None:
    """Exports whose hint was lost, or whose worker was."""
    for pk in LogExport.objects.waiting(timezone.now()).values_list("pk", flat=True)[:10]:
        export_run.run(pk, Actor.system("worker"))


@shared_task(name="audits.tasks.drop_exports")
def drop_exports() -> None:
    """Files are kept for some days only."""
    for row in LogExport.objects.filter(created_at__lt=timezone.now() - KEPT):
        delete_export(export=row, actor=Actor.system("beat"))
