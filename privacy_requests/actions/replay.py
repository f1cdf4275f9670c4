"""Bringing a restored older database up to date: every erasure of the ledger is carried out in it again."""

from __future__ import annotations

from django.utils import timezone

import audits.actions as audit
from accounts.models import Subject
from accounts.permissions import require
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from privacy_requests.actions.requests import OPEN_STATES
from privacy_requests.ledger import Begun
from privacy_requests.models import Erasure, Kind, PrivacyRequest, RequestState
from privacy_requests.numbers import next_number

REASON = "Carried out again after a restore."


@audited("privacy_requests.replay_erasure")
def replay_erasure(*, begun: Begun, actor: Actor) -> Erasure | None:
    """Put an erasure of the ledger back to work. None when this database never knew the person."""
    require(actor, "privacy_requests.replay_erasure")
    subject = Subject.objects.select_for_update().filter(pk=begun.subject).first()
    known = Erasure.objects.filter(pk=begun.erasure).first()
    if subject is None or known is not None:
        with nothing_to_do():
            return known
    request = _request(begun, subject)
    request.state = RequestState.APPROVED
    request.decided_at = request.decided_at or begun.moment
    request.decision_reason = request.decision_reason or REASON
    request.finished_at = None
    request.save()
    erasure = Erasure.objects.create(pk=begun.erasure, request=request, frozen_at=begun.moment)
    audit.append(
        action="privacy_requests.replay_erasure",
        actor=actor,
        obj=erasure,
        subject=subject.pk,
        facts={"request": request.number, "scope": request.scope, "moment": begun.moment},
    )
    enqueue_on_commit("privacy_requests.tasks.run_erasure", str(erasure.pk))
    return erasure


def _request(begun: Begun, subject: Subject) -> PrivacyRequest:
    """The request that this database knows, or the one that it was made for, or one that waits with the same
    aim; else it is made again.
    """
    rows = PrivacyRequest.objects.select_for_update(of=("self",)).filter(subject=subject, erasure=None)
    same = rows.filter(kind=Kind.DELETE, scope=begun.scope, state__in=OPEN_STATES)
    if begun.scope == "sessions":
        same = same.filter(sessions=list(begun.sessions))
    found = rows.filter(pk=begun.request).first() or same.first()
    if found is not None:
        return found
    taken = PrivacyRequest.objects.filter(number=begun.number).exists()
    return PrivacyRequest.objects.create(
        pk=begun.request,
        number=next_number() if taken else begun.number,
        subject=subject,
        kind=Kind.DELETE,
        scope=begun.scope,
        sessions=list(begun.sessions),
        law=begun.law,
        received_at=begun.received_at,
        due_at=begun.due_at,
        decided_at=timezone.now(),
    )
