"""Deciding on a version: other people than its author, on exactly its bytes, in the roles that its direction
needs.

in review -> approved (signed by a worker) or waiting (approved, until its cool-down is over) -> approved.
While it is in review or waits, each of those who may approve can reject it, send it back with a request for
changes, or take the own approval back. Approvals that end before the signature bring it back to review.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts import permissions
from accounts.permissions import roles_of_actor
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from capture_policies import approvals
from capture_policies.models import (
    Approval,
    ApprovalWithdrawal,
    DraftState,
    PolicyDraft,
    PolicyVersion,
    Release,
    VersionComment,
    VersionState,
)
from mci_core.errors import Conflict, Forbidden, Invalid, Stale

OPEN = (VersionState.IN_REVIEW, VersionState.WAITING)
SIGN = "capture_policies.tasks.sign_release"
WHY = "Say why: the reason stays with the decision."
MAX_COMMENT = 2000


@audited("capture_policies.approve_version")
def approve_version(*, version: PolicyVersion, digest: str, reason: str, actor: Actor) -> Approval:
    """Approve the bytes with this digest. The last approval that is needed has them signed as a release, at
    once or when the cool-down is over.
    """
    permissions.require(actor, "capture_policies.approve_version")
    version = _decidable(version, digest, reason, actor, (VersionState.IN_REVIEW,))
    approvals.refuse_stale(version)
    if version.approvals.counting().filter(approver=actor.user).exists():
        raise Conflict("You have decided on this version already.", code="already_decided")
    before = approvals.given(version)
    role = approvals.role_for(version, roles_of_actor(actor), before)
    approval = _decide(version, actor, role, "approve", reason)
    still = approvals.missing(version.direction, before | {role})
    waits = not still and approvals.waits(version)
    if not still:
        _move(version, VersionState.WAITING if waits else VersionState.APPROVED)
    log.append(
        action="capture_policies.approve_version",
        actor=actor,
        obj=version,
        reason=reason,
        facts={
            "version": version.number,
            "digest": digest,
            "direction": version.direction,
            "role": role,
            "approved": not still,
            "waits_until": _iso(version.cool_down_until) if waits else None,
        },
    )
    if not still and not waits:
        enqueue_on_commit(SIGN, str(version.pk))
    return approval


@audited("capture_policies.reject_version")
def reject_version(*, version: PolicyVersion, digest: str, reason: str, actor: Actor) -> Approval:
    """Reject the bytes with this digest. One person is enough; the content lives on in a new draft."""
    permissions.require(actor, "capture_policies.reject_version")
    version = _decidable(version, digest, reason, actor, OPEN)
    return _close(version, VersionState.REJECTED, "reject", reason, actor, "capture_policies.reject_version")


@audited("capture_policies.request_changes")
def request_changes(*, version: PolicyVersion, digest: str, reason: str, actor: Actor) -> Approval:
    """Send these bytes back. Nobody approves them any more; their draft is open again, with what was said."""
    permissions.require(actor, "capture_policies.request_changes")
    version = _decidable(version, digest, reason, actor, OPEN)
    draft = PolicyDraft.objects.select_for_update().filter(versions=version).first()
    if draft is not None and draft.state == DraftState.SUBMITTED:
        draft.state = DraftState.OPEN
        draft.updated_at = timezone.now()
        draft.save(update_fields=["state", "updated_at"])
    return _close(
        version, VersionState.CHANGES_REQUESTED, "changes", reason, actor, "capture_policies.request_changes"
    )


@audited("capture_policies.withdraw_approval")
def withdraw_approval(*, version: PolicyVersion, reason: str, actor: Actor) -> ApprovalWithdrawal:
    """Take the own approval back, as long as nothing was signed. Somebody has to give it again."""
    permissions.require(actor, "capture_policies.withdraw_approval")
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    _check_state(version, OPEN)
    reason = reasons.given(reason, why=WHY)
    approval = version.approvals.counting().filter(approver=actor.user).first()
    if approval is None:
        raise Conflict("You have not approved this version.", code="not_approved")
    taken = ApprovalWithdrawal.objects.create(approval=approval, reason=reason, at=timezone.now())
    if version.state == VersionState.WAITING:
        _move(version, VersionState.IN_REVIEW)
    log.append(
        action="capture_policies.withdraw_approval",
        actor=actor,
        obj=version,
        reason=reason,
        facts={"version": version.number, "digest": version.digest, "role": approval.role},
    )
    return taken


@audited("capture_policies.comment_version")
def comment_version(*, version: PolicyVersion, text: str, actor: Actor) -> VersionComment:
    """Say something in the thread of a version. It decides nothing and can be done in every state."""
    permissions.require(actor, "capture_policies.comment_version")
    text = text.strip()
    if not text:
        raise Invalid("Write something.", code="required", field="text")
    if len(text) > MAX_COMMENT or "\x00" in text:
        raise Invalid(f"At most {MAX_COMMENT} characters.", code="too_long", field="text")
    comment = VersionComment.objects.create(version=version, author=actor.user, text=text)
    log.append(
        action="capture_policies.comment_version",
        actor=actor,
        obj=version,
        facts={"version": version.number, "comment": str(comment.pk)},
        details={"text": text},
    )
    return comment


@audited("capture_policies.finish_cool_down")
def finish_cool_down(*, version: PolicyVersion, actor: Actor) -> bool:
    """Have a version signed that has waited long enough. False: it waits on, or is decided otherwise."""
    permissions.require(actor, "capture_policies.finish_cool_down")
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    if version.state != VersionState.WAITING or approvals.waits(version) or approvals.ended(version):
        with nothing_to_do():
            return False
    _move(version, VersionState.APPROVED)
    log.append(
        action="capture_policies.finish_cool_down",
        actor=actor,
        obj=version,
        facts={
            "version": version.number,
            "digest": version.digest,
            "waited_until": _iso(version.cool_down_until),
        },
    )
    enqueue_on_commit(SIGN, str(version.pk))
    return True


@audited("capture_policies.reopen_version")
def reopen_version(*, version: PolicyVersion, actor: Actor) -> bool:
    """Bring an unsigned version back to review whose approvals no longer count. False: they do."""
    permissions.require(actor, "capture_policies.reopen_version")
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    decided = version.state in (VersionState.WAITING, VersionState.APPROVED)
    if not decided or Release.objects.filter(version=version).exists() or not approvals.ended(version):
        with nothing_to_do():
            return False
    _move(version, VersionState.IN_REVIEW)
    log.append(
        action="capture_policies.reopen_version",
        actor=actor,
        obj=version,
        facts={"version": version.number, "digest": version.digest},
    )
    return True


def _decidable(
    version: PolicyVersion, digest: str, reason: str, actor: Actor, states: tuple[VersionState, ...]
) -> PolicyVersion:
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    _check_state(version, states)
    if digest != version.digest:
        raise Stale(
            "These are not the bytes of this version. Read it again.", code="digest_differs", field="digest"
        )
    reasons.given(reason, why=WHY)
    if actor.user is None or actor.user.pk == version.author_id:
        raise Forbidden("Nobody decides on a version of their own.", code="own_version")
    return version


def _check_state(version: PolicyVersion, states: tuple[VersionState, ...]) -> None:
    if version.state not in states:
        raise Conflict(f"Version {version.number} was decided already.", code="version_decided")


def _close(
    version: PolicyVersion, state: VersionState, decision: str, reason: str, actor: Actor, audit_name: str
) -> Approval:
    own = [role for role in approvals.ROLE_WORDS if role in roles_of_actor(actor)]
    approval = _decide(version, actor, own[0], decision, reason)
    _move(version, state)
    log.append(
        action=audit_name,
        actor=actor,
        obj=version,
        reason=reason,
        facts={"version": version.number, "digest": version.digest, "role": own[0]},
    )
    return approval


def _decide(version: PolicyVersion, actor: Actor, role: str, decision: str, reason: str) -> Approval:
    return Approval.objects.create(
        version=version,
        digest=version.digest,
        version_author=version.author,
        approver=actor.user,
        role=role,
        decision=decision,
        reason=reason.strip(),
        at=timezone.now(),
    )


def _move(version: PolicyVersion, state: VersionState) -> None:
    """To another state; the time of the decision is that of the last one, none in review."""
    version.state = state
    version.decided_at = None if state == VersionState.IN_REVIEW else timezone.now()
    version.save(update_fields=["state", "decided_at"])


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
