"""Asking for an app or site to come or to go, and what becomes of it.

Whoever works here may ask. An employee is not named: not to staff, not in the log (docs/adr/0019). An
addition only ever becomes an entry of a draft, which others approve; a removal is one person's click
(narrowing.py).
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts import permissions
from accounts.models import Subject
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.locks import lock
from audits.registry import audited, nothing_to_do
from capture_policies import narrowings, queries, request_things
from capture_policies.actions import drafts
from capture_policies.models import AllowlistRequest, PolicyDraft, PolicyVersion, RequestVoice
from capture_policies.models_requests import UNANSWERED, AllowlistRequestState, RequestKind
from capture_policies.request_things import Thing
from mci_core.errors import Conflict, Forbidden, TooMany

PORTAL = Actor.system("portal")
#: Open wishes of one person at a time.
MAX_OPEN = 50
#: How many a sweep looks at; the next one goes on.
SWEEP = 500


@audited("capture_policies.file_request")
def file_request(*, thing: Thing, words: str, actor: Actor) -> AllowlistRequest:
    """A member of staff asks, by name."""
    permissions.require(actor, "capture_policies.file_request")
    request, new = _join(thing, words, user=actor.user)
    if new is None:
        with nothing_to_do():
            return request
    log.append(
        action="capture_policies.file_request",
        actor=actor,
        obj=request,
        facts={"kind": request.kind, "joined": not new},
        details={"label": request.label, "where": request.where, "words": words},
    )
    return request


@audited("capture_policies.ask_for_entry")
def ask_for_entry(*, thing: Thing, words: str, actor: Actor) -> AllowlistRequest:
    """An employee asks. The log says that somebody did, not who."""
    permissions.require(actor, "capture_policies.ask_for_entry")
    request, new = _join(thing, words, subject=_own(actor))
    if new is None:
        with nothing_to_do():
            return request
    log.append(
        action="capture_policies.ask_for_entry",
        actor=PORTAL,
        obj=request,
        facts={"kind": request.kind, "joined": not new},
    )
    return request


@audited("capture_policies.take_request")
def take_request(*, request: AllowlistRequest, actor: Actor, draft: PolicyDraft | None = None) -> PolicyDraft:
    """Put the entry into a draft (a new one from the live policy if none is named) or take it out of one."""
    permissions.require(actor, "capture_policies.take_request")
    request = _locked(request)
    if request.state != AllowlistRequestState.OPEN:
        raise Conflict("This request was taken into a draft already.", code="request_taken")
    if draft is None:
        draft = drafts.create_draft(
            title=f"{request.get_kind_display()} {request.label}"[:120],
            from_version=queries.live_version(),
            actor=actor,
        )
    _change(draft, request, actor)
    request.state, request.draft = AllowlistRequestState.TAKEN, draft
    request.save(update_fields=["state", "draft"])
    log.append(
        action="capture_policies.take_request",
        actor=actor,
        obj=request,
        facts={"kind": request.kind, "draft": str(draft.pk)},
    )
    return draft


@audited("capture_policies.decline_request")
def decline_request(*, request: AllowlistRequest, reason: str, actor: Actor) -> AllowlistRequest:
    """Say no, with words that everybody who asked reads."""
    permissions.require(actor, "capture_policies.decline_request")
    request = _locked(request)
    answer = reasons.given(reason)
    _answer(request, AllowlistRequestState.DECLINED, actor.user, answer)
    log.append(
        action="capture_policies.decline_request",
        actor=actor,
        obj=request,
        reason=answer,
        facts={"kind": request.kind},
    )
    return request


@audited("capture_policies.withdraw_request")
def withdraw_request(*, request: AllowlistRequest, actor: Actor, as_employee: bool) -> AllowlistRequest:
    """Take the own voice back. The request is withdrawn when nobody asks any more."""
    permissions.require(actor, "capture_policies.withdraw_request")
    request = _locked(request)
    own: dict[str, Any] = {"subject": _own(actor)} if as_employee else {"user": actor.user}
    voice = request.voices.filter(withdrawn_at__isnull=True, **own).first()
    if voice is None:
        raise Conflict("You do not ask for this.", code="no_voice")
    voice.withdrawn_at = timezone.now()
    voice.save(update_fields=["withdrawn_at"])
    if not request.voices.filter(withdrawn_at__isnull=True).exists():
        _answer(request, AllowlistRequestState.WITHDRAWN, None, "")
    log.append(
        action="capture_policies.withdraw_request",
        actor=PORTAL if as_employee else actor,
        obj=request,
        facts={"kind": request.kind, "state": request.state},
    )
    return request


@audited("capture_policies.forget_voices")
def forget_voices(*, subject: Subject, actor: Actor) -> int:
    """Part of the erasure of everything: what this person asked for and why is deleted. A request that
    nobody else has is withdrawn.
    """
    permissions.require(actor, "capture_policies.forget_voices")
    own = RequestVoice.objects.filter(subject=subject)
    rows = AllowlistRequest.objects.filter(pk__in=own.values("request")).order_by("pk")
    requests = list(rows.select_for_update())
    if not requests:
        with nothing_to_do():
            return 0
    own.delete()
    for request in requests:
        if request.is_open and not request.voices.filter(withdrawn_at__isnull=True).exists():
            _answer(request, AllowlistRequestState.WITHDRAWN, None, "")
    log.append(action="capture_policies.forget_voices", actor=PORTAL, obj=None)
    return len(requests)


@audited("capture_policies.settle_requests")
def settle_requests(*, actor: Actor) -> int:
    """Mark as done what the live policy does by now; open again what its draft no longer carries."""
    permissions.require(actor, "capture_policies.settle_requests")
    rows = AllowlistRequest.objects.select_for_update(of=("self",)).unanswered().select_related("draft")
    changed, captured = 0, narrowings.captured_ids()
    for request in rows.order_by("opened_at", "pk")[:SWEEP]:
        state = _now(request, captured)
        if state == request.state:
            continue
        changed += 1
        if state == AllowlistRequestState.OPEN:
            request.state, request.draft = state, None
            request.save(update_fields=["state", "draft"])
        else:
            _answer(request, state, None, "")
        log.append(
            action="capture_policies.settle_requests",
            actor=actor,
            obj=request,
            facts={"kind": request.kind, "state": state},
        )
    if not changed:
        with nothing_to_do():
            return 0
    return changed


def _join(
    thing: Thing, words: str, *, user: Any = None, subject: Subject | None = None
) -> tuple[AllowlistRequest, bool | None]:
    """The open request for this thing, with a voice of this person. True: it is new; None: they asked
    before.
    """
    words = reasons.given(words, most=1000, field="words")
    lock(f"capture_policies.request:{thing.same}")
    _check_limit(user, subject)
    request = AllowlistRequest.objects.unanswered().filter(same=thing.same).select_for_update().first()
    new = request is None
    if request is None:
        request = AllowlistRequest.objects.create(**vars(thing), opened_by=user)
    voice = request.voices.filter(user=user, subject=subject).first()
    if voice is not None and voice.withdrawn_at is None:
        return request, None
    if voice is None:
        voice = RequestVoice(request=request, user=user, subject=subject)
    voice.words, voice.withdrawn_at, voice.at = words, None, timezone.now()
    voice.save()
    return request, new


def _check_limit(user: Any, subject: Subject | None) -> None:
    mine = RequestVoice.objects.filter(user=user, subject=subject, withdrawn_at__isnull=True)
    if mine.filter(request__state__in=UNANSWERED).count() >= MAX_OPEN:
        raise TooMany(f"You ask for {MAX_OPEN} things already. Withdraw one first.", code="too_many_requests")


def _change(draft: PolicyDraft, request: AllowlistRequest, actor: Actor) -> None:
    if request.kind == RequestKind.ADD:
        keys = frozenset(draft.entries.values_list("key", flat=True))
        drafts.put_entry(draft=draft, data=request_things.entry_doc(request, keys), actor=actor)
        return
    row = draft.entries.filter(key=request.entry).first()
    if row is None:
        raise Conflict("This draft does not have the entry.", code="part_gone")
    drafts.remove_entry(draft=draft, entry=row, actor=actor)


def _now(request: AllowlistRequest, captured: frozenset[str]) -> AllowlistRequestState:
    """What the state of an unanswered request is by the policy and by its draft."""
    if request.kind == RequestKind.REMOVE and request.entry not in captured:
        return AllowlistRequestState.DONE
    draft = request.draft
    if request.state != AllowlistRequestState.TAKEN or draft is None:
        return AllowlistRequestState.OPEN
    if draft.state == "open":
        return AllowlistRequestState.TAKEN
    versions = PolicyVersion.objects.filter(draft=draft)
    if versions.filter(releases__rollouts__state="done").exists():
        return AllowlistRequestState.DONE
    waits = versions.exclude(state="rejected").exists()
    return AllowlistRequestState.TAKEN if waits else AllowlistRequestState.OPEN


def _answer(request: AllowlistRequest, state: AllowlistRequestState, by: Any, words: str) -> None:
    request.state, request.answered_by, request.answer = state, by, words
    request.answered_at = timezone.now()
    request.save(update_fields=["state", "answered_by", "answer", "answered_at"])


def _locked(request: AllowlistRequest) -> AllowlistRequest:
    request = AllowlistRequest.objects.select_for_update().get(pk=request.pk)
    if not request.is_open:
        raise Conflict("This request was answered already.", code="request_answered")
    return request


def _own(actor: Actor) -> Subject:
    subject = Subject.objects.filter(user=actor.user.pk).first() if actor.user else None
    if subject is None:
        raise Forbidden("This account has no own data.")
    return subject
