"""Legal holds: scoped to a person, expiring, visible to that person."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

import audits.actions as audit
from accounts.models import Subject
from accounts.permissions import require
from audits import reasons
from audits.actor import Actor
from audits.registry import audited
from capture_sessions.actions import hold_sessions
from mci_core.errors import Conflict, Forbidden, Invalid
from privacy_requests.models import LegalHold

LONGEST = timedelta(days=366)


@audited("privacy_requests.place_hold")
def place_hold(*, subject: Subject, reason: str, expires_at: datetime, actor: Actor) -> LegalHold:
    """Keep a person's sessions from erasure until `expires_at` (at most a year ahead)."""
    require(actor, "privacy_requests.place_hold")
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    now = timezone.now()
    if str(subject.user_id) == actor.id:
        raise Forbidden("Nobody places a hold on an own record.", code="own_hold")
    reason = reasons.told(reason)
    if not now < expires_at <= now + LONGEST:
        raise Invalid("A hold ends in the future and within a year.", field="expires_at")
    if LegalHold.objects.open_for(subject.pk, now).exists():
        raise Conflict("A hold is running for this person.", code="hold_running")
    hold = LegalHold.objects.create(
        subject=subject, reason=reason, placed_by_id=UUID(actor.id), expires_at=expires_at
    )
    hold_sessions(subject=subject, until=expires_at, actor=Actor.system("holds"))
    audit.append(
        action="privacy_requests.place_hold",
        actor=actor,
        obj=hold,
        subject=subject.pk,
        reason=hold.reason,
        facts={"expires_at": expires_at},
    )
    return hold


@audited("privacy_requests.lift_hold")
def lift_hold(*, hold: LegalHold, actor: Actor) -> LegalHold:
    """End a hold before its time."""
    require(actor, "privacy_requests.lift_hold")
    hold = LegalHold.objects.select_for_update(of=("self",)).select_related("subject").get(pk=hold.pk)
    if str(hold.subject.user_id) == actor.id:
        raise Forbidden("Nobody lifts a hold on an own record.", code="own_hold")
    if hold.lifted_at is not None or hold.expires_at <= timezone.now():
        raise Conflict("This hold has ended.", code="hold_ended")
    hold.lifted_at, hold.lifted_by_id = timezone.now(), UUID(actor.id)
    hold.save(update_fields=["lifted_at", "lifted_by"])
    hold_sessions(subject=hold.subject, until=None, actor=Actor.system("holds"))
    audit.append(action="privacy_requests.lift_hold", actor=actor, obj=hold, subject=hold.subject_id)
    return hold
