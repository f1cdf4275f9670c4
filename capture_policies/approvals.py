"""Whose approvals a version needs, how long they count, and how long it waits. The author never counts; the
database refuses it besides.

Widening: a privacy officer and one person of another role (admin or ML staff). Narrowing or neutral: one
person, a privacy officer or an admin. "Wider" is what ``mci_core.policy`` cannot prove to be narrower. What
adds sensitive signals waits besides, since its submission. An approval of a widening is one of the difference
that was shown: it holds while the policy that the version was compared with is live.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from capture_policies import narrowings, queries
from capture_policies.models import Approval, PolicyVersion
from mci_core.errors import ActionError, Conflict, Forbidden, Stale
from mci_core.policy import Policy
from mci_core.policy_diff_sensitive import sensitive_added

OFFICER = "privacy_officer"
SECOND_ROLES = ("admin", "ml_staff")
SINGLE_ROLES = (OFFICER, "admin")
ROLE_WORDS = {OFFICER: "a privacy officer", "admin": "an admin", "ml_staff": "ML staff"}


def given(version: PolicyVersion) -> frozenset[str]:
    """Roles in which people have approved these bytes, as far as their approvals count today."""
    rows = Approval.objects.counting().filter(version=version)
    return frozenset(rows.values_list("role", flat=True))


def missing(direction: str, roles: Collection[str]) -> list[str]:
    """In words, whose approval is still needed; empty when the version is approved."""
    if direction != "wider":
        return [] if roles else ["a privacy officer or an admin"]
    needed = [] if OFFICER in roles else ["a privacy officer"]
    if not set(SECOND_ROLES) & set(roles):
        needed.append("an admin or ML staff")
    return needed


def by_two_roles(version: PolicyVersion) -> bool:
    """Whether these bytes carry the approvals that widening needs. Once they are signed, age does not
    matter.
    """
    rows = Approval.objects.filter(version=version, decision="approve", withdrawal__isnull=True)
    return not missing("wider", frozenset(rows.values_list("role", flat=True)))


def cool_down_end(old: Policy | None, new: Policy, submitted_at: datetime) -> datetime | None:
    """Before when a version is not signed; None where it adds no sensitive signal."""
    hours: int = settings.COOL_DOWN_HOURS
    if not hours or not sensitive_added(old, new):
        return None
    return submitted_at + timedelta(hours=hours)


def waits(version: PolicyVersion) -> bool:
    """Whether its cool-down is not over yet."""
    return version.cool_down_until is not None and version.cool_down_until > timezone.now()


def refuse_stale(version: PolicyVersion) -> None:
    """`Stale` where another policy went live since the submission, so that the difference that was shown
    is not the one that would be made.
    """
    narrowings.refuse_undoing(version)
    live = queries.live_version()
    compared = version.compared_with
    if (live.digest if live else None) == (compared.digest if compared else None):
        return
    if version.direction == "wider" or queries.direction_to(version, live) == "wider":
        raise Stale(
            "Another policy went live since this version was submitted, so that it would change something"
            " else than what is shown here. Start a new draft from it and submit that.",
            code="direction_changed",
        )


def refuse_ended(version: PolicyVersion) -> None:
    """Before the first signature: `Conflict` where approvals have ended, `Stale` where a widening was
    compared with what is live no more. Both are approved anew, if at all.
    """
    if missing(version.direction, given(version)) and not hasattr(version, "narrowing"):
        raise Conflict(
            "The approvals of this version have ended. They have to be given again.", code="approvals_ended"
        )
    if version.direction == "wider":
        refuse_stale(version)


def ended(version: PolicyVersion) -> bool:
    """Whether what was approved may be signed no more."""
    try:
        refuse_ended(version)
    except ActionError:
        return True
    return False


def role_for(version: PolicyVersion, own: Collection[str], roles: Collection[str]) -> str:
    """The role in which a person's approval counts here. Raises `Forbidden` or `Conflict` when in none."""
    if version.direction != "wider":
        return _first(SINGLE_ROLES, own, "A privacy officer or an admin approves this version.")
    if OFFICER in own:
        if OFFICER in roles:
            raise Conflict("A privacy officer has approved already.", code="role_has_approved")
        return OFFICER
    if set(SECOND_ROLES) & set(roles):
        raise Conflict(
            "The second role has approved already; a privacy officer decides.", code="role_has_approved"
        )
    return _first(SECOND_ROLES, own, "Your role does not approve versions.")


def _first(candidates: Collection[str], own: Collection[str], otherwise: str) -> str:
    for role in candidates:
        if role in own:
            return role
    raise Forbidden(otherwise, code="role_cannot_approve")
