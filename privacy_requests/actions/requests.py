"""Asking, withdrawing, deciding. The clock starts with the asking and is shown to both sides."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

import audits.actions as audit
from accounts.models import Subject
from accounts.permissions import require
from audits import reasons
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited
from capture_sessions.models import CaptureSession, SessionState
from jurisdictions.rulings import ruling_for
from mci_core.errors import Conflict, Forbidden, Invalid, NotFound
from privacy_requests.clocks import deadlines
from privacy_requests.models import Erasure, Kind, LegalHold, PrivacyRequest, RequestState
from privacy_requests.numbers import next_number

OPEN_STATES = (RequestState.RECEIVED, RequestState.APPROVED, RequestState.EXECUTING)
MAX_SESSIONS = 1000
#: Of a decision or an outcome.
MOST_WORDS = 1000


@audited("privacy_requests.submit_request")
def submit_request(
    *, subject: Subject, kind: str, scope: str, sessions: Sequence[UUID], message: str, actor: Actor
) -> PrivacyRequest:
    """Ask as the signed-in person. The same request while one is open is a Conflict that names that one."""
    require(actor, "privacy_requests.submit_request")
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    if str(subject.user_id) != actor.id:
        raise Forbidden("A request is made by the person it is about.")
    if kind not in Kind.values:
        raise Invalid("Choose what you ask for.", field="kind")
    ids = _own_sessions(subject, scope, sessions)
    same = subject.privacy_requests.filter(kind=kind, scope=scope, state__in=OPEN_STATES)
    earlier = next((r for r in same if scope == "all" or set(r.sessions) == set(ids)), None)
    if earlier is not None:
        raise Conflict(
            f"You have asked for this already: request {earlier.number} is open.", code="duplicate_request"
        )
    now = timezone.now()
    clock = deadlines(ruling_for(subject, at=now, personal_device=False).place, now)
    request = PrivacyRequest.objects.create(
        number=next_number(),
        subject=subject,
        kind=kind,
        scope=scope,
        sessions=ids,
        message=message.strip(),
        law=clock.law,
        received_at=now,
        confirm_by=clock.confirm_by,
        due_at=clock.due_at,
    )
    audit.append(
        action="privacy_requests.submit_request",
        actor=actor,
        obj=request,
        subject=subject.pk,
        facts={"kind": kind, "scope": scope, "sessions": len(ids), "law": clock.law},
        details={"message": request.message},
    )
    return request


def _own_sessions(subject: Subject, scope: str, sessions: Sequence[UUID]) -> list[str]:
    if scope == "all":
        return []
    if scope != "sessions":
        raise Invalid("Choose everything or some sessions.", field="scope")
    wanted = {str(pk) for pk in sessions}
    if not wanted or len(wanted) > MAX_SESSIONS:
        raise Invalid(f"Choose between 1 and {MAX_SESSIONS} sessions.", field="sessions")
    gone_or_coming = (SessionState.ERASED, SessionState.UPLOADING)
    own = CaptureSession.objects.filter(subject=subject, pk__in=wanted).exclude(state__in=gone_or_coming)
    found = {str(pk) for pk in own.values_list("pk", flat=True)}
    if found != wanted:
        raise Invalid("One of these sessions is not yours or is erased already.", field="sessions")
    return sorted(found)


def _locked(request: PrivacyRequest) -> PrivacyRequest:
    return PrivacyRequest.objects.select_for_update(of=("self",)).select_related("subject").get(pk=request.pk)


@audited("privacy_requests.withdraw_request")
def withdraw_request(*, request: PrivacyRequest, actor: Actor) -> PrivacyRequest:
    """Take an undecided request back; only the person who made it."""
    require(actor, "privacy_requests.withdraw_request")
    request = _locked(request)
    if str(request.subject.user_id) != actor.id:
        raise NotFound("No such request.")
    if request.state != RequestState.RECEIVED:
        raise Conflict("This request has been decided and cannot be withdrawn.", code="request_decided")
    request.state, request.finished_at = RequestState.WITHDRAWN, timezone.now()
    request.save(update_fields=["state", "finished_at"])
    audit.append(
        action="privacy_requests.withdraw_request", actor=actor, obj=request, subject=request.subject_id
    )
    return request


def _checked_decision(request: PrivacyRequest, reason: str, actor: Actor) -> str:
    """The reason as it will be read."""
    _require_other(request, actor)
    if request.state != RequestState.RECEIVED:
        raise Conflict("This request has been decided or withdrawn.", code="request_decided")
    return reasons.told(reason, most=MOST_WORDS)


def _require_other(request: PrivacyRequest, actor: Actor) -> None:
    if str(request.subject.user_id) == actor.id:
        raise Forbidden("Nobody decides an own request.", code="own_request")


@audited("privacy_requests.approve_request")
def approve_request(*, request: PrivacyRequest, reason: str, actor: Actor) -> PrivacyRequest:
    """Grant a request. A deletion starts its erasure at once; a legal hold in scope is a Conflict."""
    require(actor, "privacy_requests.approve_request")
    request = _locked(request)
    reason = _checked_decision(request, reason, actor)
    now = timezone.now()
    if request.kind == Kind.DELETE and LegalHold.objects.open_for(request.subject_id, now).exists():
        raise Conflict(
            "A legal hold covers this person. Lift it or refuse with that reason.", code="legal_hold"
        )
    request.state = RequestState.APPROVED
    request.decided_by_id, request.decided_at, request.decision_reason = UUID(actor.id), now, reason
    request.save()
    facts = {"kind": request.kind, "scope": request.scope, "decision": "approve"}
    audit.append(
        action="privacy_requests.approve_request",
        actor=actor,
        obj=request,
        subject=request.subject_id,
        reason=request.decision_reason,
        facts=facts,
    )
    if request.kind == Kind.DELETE:
        erasure = Erasure.objects.create(request=request)
        enqueue_on_commit("privacy_requests.tasks.run_erasure", str(erasure.pk))
    return request


@audited("privacy_requests.refuse_request")
def refuse_request(*, request: PrivacyRequest, reason: str, actor: Actor) -> PrivacyRequest:
    """Refuse with a reason that the person reads."""
    require(actor, "privacy_requests.refuse_request")
    request = _locked(request)
    reason = _checked_decision(request, reason, actor)
    now = timezone.now()
    request.state, request.finished_at = RequestState.REFUSED, now
    request.decided_by_id, request.decided_at, request.decision_reason = UUID(actor.id), now, reason
    request.save()
    audit.append(
        action="privacy_requests.refuse_request",
        actor=actor,
        obj=request,
        subject=request.subject_id,
        reason=request.decision_reason,
        facts={"kind": request.kind, "decision": "refuse"},
    )
    return request


@audited("privacy_requests.finish_request")
def finish_request(*, request: PrivacyRequest, outcome: str, actor: Actor) -> PrivacyRequest:
    """Say what was done about a granted request that people carry out. A deletion finishes by itself."""
    require(actor, "privacy_requests.finish_request")
    request = _locked(request)
    _require_other(request, actor)
    if request.state != RequestState.APPROVED or request.kind == Kind.DELETE:
        raise Conflict("There is nothing to carry out by hand here.", code="nothing_to_finish")
    outcome = reasons.told(outcome, ask="Say what was done", most=MOST_WORDS, field="outcome")
    request.state, request.finished_at = RequestState.DONE, timezone.now()
    request.outcome = outcome
    request.save(update_fields=["state", "finished_at", "outcome"])
    audit.append(
        action="privacy_requests.finish_request",
        actor=actor,
        obj=request,
        subject=request.subject_id,
        reason=request.outcome,
        facts={"kind": request.kind},
    )
    return request
