"""Whose approvals a version needs. The author never counts; the database refuses it besides.

Widening: a privacy officer and one person of another role (admin or ML staff). Narrowing or neutral: one
person, a privacy officer or an admin. "Wider" is what ``mci_core.policy`` cannot prove to be narrower.
"""

from __future__ import annotations

from collections.abc import Collection

from capture_policies.models import Approval, PolicyVersion
from mci_core.errors import Conflict, Forbidden

OFFICER = "privacy_officer"
SECOND_ROLES = ("admin", "ml_staff")
SINGLE_ROLES = (OFFICER, "admin")
ROLE_WORDS = {OFFICER: "a privacy officer", "admin": "an admin", "ml_staff": "ML staff"}


def given(version: PolicyVersion) -> frozenset[str]:
    """Roles in which people have approved these bytes so far."""
    rows = Approval.objects.filter(version=version, decision="approve")
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
    """Whether these bytes carry the approvals that widening needs."""
    return not missing("wider", given(version))


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
