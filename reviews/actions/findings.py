"""Verdicts and findings. A finding names a class, a place and at most a keyed hash; a leak quarantines the
session.
"""

from __future__ import annotations

import re
from uuid import UUID

from django.utils import timezone

import audits.actions as audit
from accounts.permissions import require
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from capture_sessions.actions import quarantine_session
from capture_sessions.models import CaptureSession
from mci_core.detectors import LABELS
from mci_core.errors import Conflict, Forbidden, Invalid
from mci_core.policy_model import FIELDS
from mci_core.redaction import find_spans
from reviews.models import Finding, Review, ViewGrant
from reviews.severity import severity_of

VERDICTS = ("clean", "leak", "unsure")
MIN_RESOLUTION = 12
#: Where a leak is, as the step list names it: a number and a field, so that no other word fits.
PLACE = re.compile(rf"event \d{{1,7}}, (?:{'|'.join(map(re.escape, FIELDS))})")


def _require_no_value(text: str, field: str) -> None:
    """A leaked value must not spread by being quoted; what the detectors know is caught here."""
    if find_spans(text):
        raise Invalid("This quotes something personal. Name its class and place only.", field=field)


@audited("reviews.record_review")
def record_review(
    *, grant: ViewGrant, verdict: str, comment: str = "", label: str = "", place: str = "", actor: Actor
) -> Review:
    """One verdict per reviewer and sampled session; a leak opens a finding and quarantines the session."""
    require(actor, "reviews.record_review")
    grant = (
        ViewGrant.objects.select_for_update(of=("self",)).select_related("session", "item").get(pk=grant.pk)
    )
    if str(grant.viewer_id) != actor.id or grant.item is None:
        raise Forbidden("Only the person who looked can give a verdict.")
    if not grant.views.filter(what="events").exists():
        raise Conflict("Look at the session first.", code="not_looked")
    if verdict not in VERDICTS:
        raise Invalid("Choose a verdict.", field="verdict")
    if verdict == "leak" and not (label and place):
        raise Invalid(
            "Name the class and the place of the leak, not the value.",
            field="label" if not label else "place",
        )
    _require_no_value(comment, "comment")
    if Review.objects.filter(item=grant.item, reviewer_id=UUID(actor.id)).exists():
        raise Conflict("You have given your verdict on this session.", code="verdict_given")
    review = Review.objects.create(
        item=grant.item, grant=grant, reviewer_id=UUID(actor.id), verdict=verdict, comment=comment.strip()
    )
    audit.append(
        action="reviews.record_review",
        actor=actor,
        obj=review,
        subject=grant.session.subject_id,
        reason=review.comment,
        facts={"session": str(grant.session_id), "verdict": verdict},
    )
    if verdict == "leak":
        open_finding(session=grant.session, label=label, place=place, actor=actor)
    return review


@audited("reviews.open_finding")
def open_finding(*, session: CaptureSession, label: str, place: str, actor: Actor) -> Finding:
    """Record a leak that a person saw, and quarantine the session; the same leak is the same finding."""
    require(actor, "reviews.open_finding")
    if label not in LABELS:
        raise Invalid("Choose the class of the leak.", field="label")
    if PLACE.fullmatch(place) is None:
        raise Invalid("Write the place as: event 120, text", field="place")
    finding, created = Finding.objects.get_or_create(
        session=session,
        label=label,
        place=place,
        source="review",
        defaults={"severity": severity_of(label), "opened_by_id": actor.id},
    )
    if not created:
        with nothing_to_do():
            return finding
    _log_opened(finding, actor)
    quarantine_session(session=session, actor=Actor.system("findings"))
    return finding


@audited("reviews.open_scan_findings")
def open_scan_findings(*, session: CaptureSession, actor: Actor) -> int:
    """Turn the hits of the second scan into findings. Returns how many are new."""
    require(actor, "reviews.open_scan_findings")
    session = CaptureSession.objects.select_for_update().get(pk=session.pk)
    known = set(Finding.objects.filter(session=session, source="scan").values_list("label", "place"))
    hits = {(hit["label"], f"event {hit['seq']}, {hit['field']}") for hit in session.scan_hits}
    new = [
        Finding(session=session, source="scan", label=label, place=place, severity=severity_of(label))
        for label, place in sorted(hits - known)
    ]
    if not new:
        with nothing_to_do():
            return 0
    for finding in Finding.objects.bulk_create(new):
        _log_opened(finding, actor)
    return len(new)


def _log_opened(finding: Finding, actor: Actor) -> None:
    audit.append(
        action="reviews.open_finding",
        actor=actor,
        obj=finding,
        subject=finding.session.subject_id,
        facts={"label": finding.label, "severity": finding.severity, "source": finding.source},
    )


@audited("reviews.close_finding")
def close_finding(*, finding: Finding, resolution: str, actor: Actor) -> Finding:
    """Close a finding with what was done about it. The session stays quarantined: what leaked is not shown
    again.
    """
    require(actor, "reviews.close_finding")
    finding = Finding.objects.select_for_update(of=("self",)).select_related("session").get(pk=finding.pk)
    if finding.state == "closed":
        raise Conflict("This finding is closed.", code="finding_closed")
    if len(resolution.strip()) < MIN_RESOLUTION:
        raise Invalid(f"Say what was done in at least {MIN_RESOLUTION} characters.", field="resolution")
    _require_no_value(resolution, "resolution")
    finding.state, finding.resolution = "closed", resolution.strip()
    finding.closed_by_id, finding.closed_at = actor.id, timezone.now()
    finding.save()
    audit.append(
        action="reviews.close_finding",
        actor=actor,
        obj=finding,
        subject=finding.session.subject_id,
        reason=finding.resolution,
        facts={"label": finding.label},
    )
    return finding
