"""Background work of privacy requests: carry erasures out step by step, keep holds on what comes in."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from audits.actor import Actor
from capture_sessions.actions import hold_sessions
from capture_sessions.disposal import remove_erased_files
from privacy_requests import actions
from privacy_requests.models import Erasure, LegalHold
from privacy_requests.receipts import add_proof

log = structlog.get_logger(__name__)
SCHEDULE = {
    "privacy_requests.tasks.sweep_erasures": 20.0,
    "privacy_requests.tasks.sweep_holds": 60.0,
    "privacy_requests.tasks.sweep_proofs": 5.0,
}


@shared_task(name="privacy_requests.tasks.run_erasure", queue="erase")
def run_erasure(erasure_id: str) -> str:
    """Run one erasure as far as it goes now. Returns the step it stands at."""
    erasure = Erasure.objects.filter(pk=erasure_id).first()
    if erasure is None:
        return "unknown"
    step = erasure.step
    while step != "done":
        reached = actions.advance_erasure(erasure=erasure, actor=Actor.system("erasure"))
        if reached == step and not (step == "objects" and remove_erased_files()):
            break
        step = reached
    return step


@shared_task(name="privacy_requests.tasks.sweep_erasures", queue="erase")
def sweep_erasures() -> int:
    """Continue erasures that a lost message or a crash left unfinished; a failing one holds back no other."""
    open_ids = list(
        Erasure.objects.exclude(step="done").order_by("created_at").values_list("pk", flat=True)[:100]
    )
    for erasure_id in open_ids:
        try:
            run_erasure(str(erasure_id))
        except Exception as fault:  # the next sweep tries again; the page shows the name of the fault
            Erasure.objects.filter(pk=erasure_id).update(last_error=type(fault).__name__)
            log.exception("erasure_failed", erasure=str(erasure_id))
    return len(open_ids)


@shared_task(name="privacy_requests.tasks.sweep_proofs", queue="erase")
def sweep_proofs() -> int:
    """Add to receipts the proof that their entry stands in the log, once a signed checkpoint covers it."""
    waiting = Erasure.objects.filter(step="done", proof="", entry_id__isnull=False).order_by("finished_at")
    return sum(add_proof(erasure) for erasure in waiting[:100])


@shared_task(name="privacy_requests.tasks.sweep_holds", queue="erase")
def sweep_holds() -> int:
    """Put sessions that came in while a hold runs under it too. Returns for how many people."""
    holds = LegalHold.objects.missing_sessions(timezone.now()).select_related("subject")
    for hold in holds:
        hold_sessions(subject=hold.subject, until=hold.expires_at, actor=Actor.system("holds"))
    return len(holds)
