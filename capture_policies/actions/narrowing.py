"""Less, at once: one person (or the end of an entry's time) takes something out of the live policy.

The new version is proven narrower than every version by which devices may capture at this moment, decided by
that one person, signed, and sent to everybody in one wave, all in one transaction. What cannot be proven is
refused: it goes through a draft and its approvals.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accounts import permissions
from agents.actions import open_stop
from agents.models import CaptureStop
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.locks import lock
from audits.registry import audited, nothing_to_do
from capture_policies import narrowings, queries, signing
from capture_policies.models import (
    AllowlistRequest,
    Narrowing,
    PolicyVersion,
    Release,
    Rollout,
    VersionState,
)
from capture_policies.models_narrowing import NarrowingCause
from capture_policies.models_requests import AllowlistRequestState
from capture_policies.narrowings import Taken
from capture_policies.release_steps import sign_next
from capture_policies.rollout_steps import EVERYBODY, begin
from mci_core import canonical, policy
from mci_core.errors import Conflict
from mci_core.policy import Policy

#: What is to be left of a base; None when there is nothing to take out of it.
Build = Callable[[Policy], Taken | None]
NOT_NARROWER = (
    "This cannot be proven to capture less than what is live now, so that one person is not enough."
    " Stop the entry instead, or make the change in a draft and have it approved."
)


ONLY_ON_ITS_WAY = (
    "This is only in a release that is on its way now. Halt its rollout: devices go back at once."
)


@dataclass(frozen=True)
class Narrowed:
    """``version`` is what devices get now. ``new`` is False when somebody else had done it already.

    Without a rollout the release waits for the signatures of approvers, and its entries are stopped.
    """

    version: PolicyVersion
    release: Release | None
    rollout: Rollout | None
    taken: Taken
    new: bool = True


@audited("capture_policies.narrow_now")
def narrow_now(*, document: Mapping[str, Any], title: str, reason: str, actor: Actor) -> Narrowed:
    """Make this document the live policy at once. `Conflict` unless it is proven to be narrower."""
    permissions.require(actor, "capture_policies.narrow_now")
    wanted = narrowings.parsed(document)
    return _narrow(
        lambda base: None if base.digest == wanted.digest else Taken(wanted.doc, *_missing(base, wanted)),
        cause=NarrowingCause.OTHER,
        title=title,
        reason=reason,
        actor=actor,
        audit_name="capture_policies.narrow_now",
    )


@audited("capture_policies.remove_entries_now")
def remove_entries_now(*, entries: Collection[str], reason: str, actor: Actor) -> Narrowed:
    """Capture nothing any more in these entries of the live policy. Again: what was done stays done."""
    permissions.require(actor, "capture_policies.remove_entries_now")
    done = _narrow(
        lambda base: narrowings.take_out(base, entries),
        cause=NarrowingCause.REMOVED,
        title="",
        reason=reason,
        actor=actor,
        audit_name="capture_policies.remove_entries_now",
    )
    _answer_requests(entries, done, reason.strip(), actor)
    return done


@audited("capture_policies.drop_expired_entries")
def drop_expired_entries(*, actor: Actor, today: date | None = None) -> Narrowed | None:
    """Let entries that are past their last day leave the policy. Devices deny them since that day anyway,
    so that a release which goes out bit by bit is not disturbed: its rollout comes first.
    """
    permissions.require(actor, "capture_policies.drop_expired_entries")
    day = today or timezone.now().astimezone(UTC).date()
    _wait_for_rollouts()
    now = queries.policy_of(narrowings.settled())
    if now is None or narrowings.take_out(now, narrowings.expired(now, day)) is None:
        with nothing_to_do():
            return None
    return _narrow(
        lambda base: narrowings.take_out(base, narrowings.expired(base, day)),
        cause=NarrowingCause.EXPIRED,
        title="",
        reason="Their last day is over.",
        actor=actor,
        audit_name="capture_policies.drop_expired_entries",
    )


def _narrow(
    build: Build, *, cause: NarrowingCause, title: str, reason: str, actor: Actor, audit_name: str
) -> Narrowed:
    reason = reasons.given(reason)
    _wait_for_rollouts()
    found = narrowings.in_force()
    if not found:
        raise Conflict("No policy is live: nothing is captured.", code="nothing_live")
    base, taken = _provable(found, build)
    if taken is None:  # somebody else has done it, or it was never captured
        with nothing_to_do():
            return Narrowed(base, None, None, Taken({}), new=False)
    waiting = _unsigned(taken) if signing.by_approvers() else None
    if waiting is not None:  # decided already; the approvers have not signed it yet
        with nothing_to_do():
            return Narrowed(waiting, None, None, taken, new=False)
    version = _version(base, taken, title or _title(base, taken), reason, actor)
    _decide(version, base, taken, cause, reason, actor)
    release = sign_next(version, actor=actor, audit_name=audit_name)
    rollout = None
    if release.signed_at is None:
        _stop(taken, reason, actor)
    else:
        rollout = begin(release, EVERYBODY, reason, actor, audit_name)
    log.append(
        action=audit_name,
        actor=actor,
        obj=version,
        reason=reason,
        facts={
            "version": version.number,
            "base": base.number,
            "digest": version.digest,
            "release": release.number,
            "signed": release.signed_at is not None,
            "removed": list(taken.removed)[:20],
            "closed": list(taken.closed)[:20],
            "entries": len(taken.entries),
        },
    )
    return Narrowed(version, release, rollout, taken)


def _unsigned(taken: Taken) -> PolicyVersion | None:
    """The same document, decided on and waiting for the signatures of approvers."""
    rows = PolicyVersion.objects.filter(narrowing__isnull=False, releases__signed_at__isnull=True)
    return rows.filter(releases__isnull=False, digest=policy.policy_digest(taken.document)).first()


def _stop(taken: Taken, reason: str, actor: Actor) -> None:
    """Where only approvers can sign a release, devices leave the entries alone by their leases, at once.

    What has ended by its last day needs no stop: devices deny it by themselves.
    """
    stopped = set(CaptureStop.objects.entries())
    for entry in taken.entries if actor.user else ():
        if entry not in stopped:
            open_stop(scope="entry", value=entry, reason=reason, actor=actor)


def _wait_for_rollouts() -> None:
    """Nobody else starts, halts or advances a rollout until this transaction is over.

    The rows come before the number of the next release, as for a worker that halts its rollout.
    """
    lock("capture_policies.rollouts")
    list(Rollout.objects.select_for_update(of=("self",)).open().order_by("pk").values_list("pk", flat=True))


def _provable(found: list[PolicyVersion], build: Build) -> tuple[PolicyVersion, Taken | None]:
    """The first version in force from which something can be taken so that nothing in force captures less."""
    done = narrowings.settled()
    if done is not None and build(_policy(done)) is None:
        return done, None
    policies = [_policy(version) for version in found]
    built = [build(base) for base in policies]
    for version, base, taken in zip(found, policies, built, strict=True):
        if taken is not None and _narrower(taken, base, policies):
            return version, taken
    if not any(built):
        return found[0], None
    words = NOT_NARROWER if built[-1] is not None else ONLY_ON_ITS_WAY
    raise Conflict(words, code="not_narrower")


def _narrower(taken: Taken, base: Policy, others: list[Policy]) -> bool:
    new = narrowings.parsed(taken.document)
    return policy.direction(base, new) == "narrower" and all(
        policy.direction(other, new) != "wider" for other in others
    )


def _version(
    base: PolicyVersion, taken: Taken, title: str, justification: str, actor: Actor
) -> PolicyVersion:
    """Its author is the person who decides; for the end of an entry's time the author of what is left."""
    body = policy.canonical_bytes(taken.document)
    lock("capture_policies.version_number")
    return PolicyVersion.objects.create(
        number=(PolicyVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
        title=title[:120],
        justification=justification,
        body=body,
        digest=canonical.digest(body),
        ruleset_digest=policy.ruleset_digest(taken.document),
        direction="narrower",
        compared_with=base,
        author=actor.user or base.author,
    )


def _decide(
    version: PolicyVersion, base: PolicyVersion, taken: Taken, cause: str, reason: str, actor: Actor
) -> None:
    Narrowing.objects.create(
        version=version,
        base=base,
        digest=version.digest,
        cause=cause,
        entries=taken.entries,
        decided_by=actor.user,
        reason=reason,
    )
    version.state = VersionState.APPROVED
    version.decided_at = timezone.now()
    version.save(update_fields=["state", "decided_at"])


def _answer_requests(entries: Collection[str], done: Narrowed, reason: str, actor: Actor) -> None:
    """Everybody who asked for these removals reads that they are done."""
    decision = Narrowing.objects.filter(version=done.version).first()
    rows = AllowlistRequest.objects.select_for_update().unanswered()
    for request in rows.filter(kind="remove", entry__in=list(entries)).order_by("pk"):
        request.state, request.narrowing = AllowlistRequestState.DONE, decision
        request.answered_by, request.answered_at, request.answer = actor.user, timezone.now(), reason
        request.save(update_fields=["state", "narrowing", "answered_by", "answered_at", "answer"])
        log.append(
            action="capture_policies.remove_entries_now",
            actor=actor,
            obj=request,
            reason=reason,
            facts={"entry": request.entry, "version": done.version.number},
        )


def _title(base: PolicyVersion, taken: Taken) -> str:
    labels = [entry.label for entry in _policy(base).entries if entry.id in set(taken.entries)]
    named = labels[0] if len(labels) == 1 else f"{len(labels)} entries"
    return f"{base.title[: 110 - len(named)]} without {named}"


def _missing(base: Policy, new: Policy) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a new document no longer has, and what it has without any signal."""
    removed = tuple(entry.id for entry in base.entries if new.entry(entry.id) is None)
    closed = tuple(
        entry.id
        for entry in base.entries
        if entry.signals and (now := new.entry(entry.id)) and not now.signals
    )
    return removed, closed


def _policy(version: PolicyVersion) -> Policy:
    found = queries.policy_of(version)
    assert found is not None  # a version has a policy
    return found
