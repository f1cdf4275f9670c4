"""Background work of reviews: draw committed samples, turn scan hits into findings."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.db.models import Exists, OuterRef

from audits.actor import Actor
from capture_sessions.models import CaptureSession, SessionState
from mci_core.errors import ActionError
from reviews import actions
from reviews.models import Finding, Sample

log = structlog.get_logger(__name__)
SCHEDULE = {
    "reviews.tasks.sweep_samples": 15.0,
    "reviews.tasks.sweep_findings": 30.0,
}


@shared_task(name="reviews.tasks.draw_sample")
def draw_sample(sample_id: str) -> int:
    """Draw one committed sample."""
    sample = Sample.objects.filter(pk=sample_id).first()
    return actions.draw_sample(sample=sample, actor=Actor.system("sampling")).items.count() if sample else 0


@shared_task(name="reviews.tasks.sweep_samples")
def sweep_samples() -> int:
    """Draw samples whose message was lost."""
    waiting = list(Sample.objects.filter(drawn_at__isnull=True).order_by("created_at")[:20])
    for sample in waiting:
        try:
            actions.draw_sample(sample=sample, actor=Actor.system("sampling"))
        except ActionError as fault:  # one sample that cannot be drawn must not keep the others waiting
            log.error("sample_not_drawn", sample=str(sample.pk), code=fault.code)
    return len(waiting)


@shared_task(name="reviews.tasks.open_findings")
def open_findings(session_id: str) -> int:
    """Open the findings of one quarantined session."""
    session = CaptureSession.objects.filter(pk=session_id).first()
    return actions.open_scan_findings(session=session, actor=Actor.system("second_scan")) if session else 0


@shared_task(name="reviews.tasks.sweep_findings")
def sweep_findings() -> int:
    """Open findings of quarantined sessions that have none yet."""
    quarantined = CaptureSession.objects.filter(state=SessionState.QUARANTINED).exclude(scan_hits=[])
    bare = quarantined.filter(~Exists(Finding.objects.filter(session=OuterRef("pk"))))[:50]
    return sum(actions.open_scan_findings(session=s, actor=Actor.system("second_scan")) for s in bare)
