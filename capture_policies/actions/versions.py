"""Deciding on a version: other people than its author, on exactly its bytes, in the roles that its direction
needs.
"""

from __future__ import annotations

from django.utils import timezone

from accounts import permissions
from accounts.permissions import roles_of_actor
from audits import actions as log
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited
from capture_policies import approvals, queries
from capture_policies.models import Approval, PolicyVersion, VersionState
from mci_core.errors import Conflict, Forbidden, Invalid, Stale


@audited("capture_policies.approve_version")
def approve_version(*, version: PolicyVersion, digest: str, reason: str, actor: Actor) -> Approval:
    """Approve the bytes with this digest. The last approval that is needed has them signed as a release."""
    permissions.require(actor, "capture_policies.approve_version")
    version = _decidable(version, digest, reason, actor)
    _refuse_stale_direction(version)
    before = approvals.given(version)
    role = approvals.role_for(version, roles_of_actor(actor), before)
    approval = _decide(version, actor, role, "approve", reason)
    still = approvals.missing(version.direction, before | {role})
    if not still:
        _close(version, VersionState.APPROVED)
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
        },
    )
    if not still:
        enqueue_on_commit("capture_policies.tasks.sign_release", str(version.pk))
    return approval


@audited("capture_policies.reject_version")
def reject_version(*, version: PolicyVersion, digest: str, reason: str, actor: Actor) -> Approval:
    """Reject the bytes with this digest. One person is enough; the content lives on in a new draft."""
    permissions.require(actor, "capture_policies.reject_version")
    version = _decidable(version, digest, reason, actor)
    own = [role for role in approvals.ROLE_WORDS if role in roles_of_actor(actor)]
    approval = _decide(version, actor, own[0], "reject", reason)
    _close(version, VersionState.REJECTED)
    log.append(
        action="capture_policies.reject_version",
        actor=actor,
        obj=version,
        reason=reason,
        facts={"version": version.number, "digest": digest, "role": own[0]},
    )
    return approval


def _decidable(version: PolicyVersion, digest: str, reason: str, actor: Actor) -> PolicyVersion:
    version = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    if version.state != VersionState.IN_REVIEW:
        raise Conflict(f"Version {version.number} was decided already.", code="version_decided")
    if digest != version.digest:
        raise Stale(
            "These are not the bytes of this version. Read it again.", code="digest_differs", field="digest"
        )
    if not reason.strip():
        raise Invalid("Say why: the reason stays with the decision.", code="required", field="reason")
    if actor.user is None or actor.user.pk == version.author_id:
        raise Forbidden("Nobody decides on a version of their own.", code="own_version")
    if version.approvals.filter(approver=actor.user).exists():
        raise Conflict("You have decided on this version already.", code="already_decided")
    return version


def _refuse_stale_direction(version: PolicyVersion) -> None:
    """A narrowing that became a widening, because something else went live meanwhile, needs its people
    anew.
    """
    live = queries.live_version()
    live_pk = None if live is None else live.pk
    if version.direction == "wider" or live_pk == version.compared_with_id:
        return
    if queries.direction_to(version, live) == "wider":
        raise Stale(
            "Another policy went live since this version was submitted; compared with it, this one captures"
            " more. Start a new draft from it and submit that.",
            code="direction_changed",
        )


def _decide(version: PolicyVersion, actor: Actor, role: str, decision: str, reason: str) -> Approval:
    return Approval.objects.create(
        version=version,
        digest=version.digest,
        version_author=version.author,
        approver=actor.user,
        role=role,
        decision=decision,
        reason=reason.strip(),
    )


def _close(version: PolicyVersion, state: VersionState) -> None:
    version.state = state
    version.decided_at = timezone.now()
    version.save(update_fields=["state", "decided_at"])
