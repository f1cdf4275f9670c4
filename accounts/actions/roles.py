"""Roles: asked for by one person, given by another, never by the holder; taken away by one.

Some roles exclude each other (``accounts.models.INCOMPATIBLE``): who writes policies does not approve them,
and an auditor does nothing else. The database refuses the same things again (constraints and a trigger).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from accounts import permissions
from accounts.membership import keep_an_admin, new_user
from accounts.models import INCOMPATIBLE, Department, Role, RoleGrant, User
from audits import reasons
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited
from mci_core.errors import Conflict, Forbidden, Invalid


@audited("accounts.bootstrap_admins")
def bootstrap_admins(*, emails: Sequence[str], actor: Actor) -> list[User]:
    """The first two (or more) admins of a new installation; each is granted by the next, so that two
    people are in it.
    """
    permissions.require(actor, "accounts.bootstrap_admins")
    if len({email.strip().lower() for email in emails}) < 2:
        raise Invalid("Name two people: roles are granted by two.", field="emails")
    if User.objects.holding(Role.ADMIN).exists():
        raise Conflict(
            "There is an admin already; roles are now granted in the console.", code="admins_exist"
        )
    department, _ = Department.objects.get_or_create(name="Administration")
    users = [_found_or_new(email, department) for email in emails]
    for user, other in zip(users, [*users[1:], users[0]], strict=True):
        now = timezone.now()
        grant = RoleGrant.objects.create(
            user=user,
            role=Role.ADMIN,
            reason="First admins",
            requested_by=user,
            requested_at=now,
            approved_by=other,
            approved_at=now,
        )
        append(
            action="accounts.bootstrap_admins",
            actor=actor,
            obj=grant,
            facts={"role": "admin", "user": str(user.pk), "approved_by": str(other.pk)},
        )
    return users


def _found_or_new(email: str, department: Department) -> User:
    found = User.objects.filter(email=email.strip().lower()).first()
    name = email.split("@")[0].replace(".", " ").title()
    return found or new_user(email=email, display_name=name, department=department, time_zone="UTC")


@audited("accounts.request_role")
def request_role(*, user: User, role: str, reason: str, actor: Actor) -> RoleGrant:
    permissions.require(actor, "accounts.request_role")
    if role not in Role.values:
        raise Invalid("Choose one of the roles.", field="role")
    reason = reasons.given(reason, why="Say why this person needs the role.")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not user.is_active:
        raise Conflict("This account is closed.", code="inactive", field="user")
    _refuse_incompatible(user, role)
    grant = RoleGrant.objects.create(user=user, role=role, reason=reason, requested_by=actor.user)
    append(
        action="accounts.request_role",
        actor=actor,
        obj=grant,
        reason=reason,
        facts={"role": role, "user": str(user.pk)},
    )
    return grant


def _refuse_incompatible(user: User, role: str) -> None:
    """Open requests count: two of them approved together must not end in a forbidden pair."""
    held = set(RoleGrant.objects.filter(user=user, revoked_at__isnull=True).values_list("role", flat=True))
    if role in held:
        raise Conflict(
            "This person has the role, or it was asked for already.", code="role_exists", field="role"
        )
    for pair in INCOMPATIBLE:
        if role in pair and held & (pair - {role}):
            other = Role(next(iter(held & (pair - {role})))).label
            raise Conflict(
                f"{Role(role).label} cannot be held together with {other}.",
                code="incompatible_roles",
                field="role",
            )


@audited("accounts.approve_role")
def approve_role(*, grant: RoleGrant, actor: Actor) -> RoleGrant:
    permissions.require(actor, "accounts.approve_role")
    grant = _locked(grant)
    if grant.state != "pending":
        raise Conflict("This request was decided already.", code="decided")
    if actor.id == str(grant.requested_by_id):
        raise Forbidden("Another person has to approve what you asked for.", code="two_people_needed")
    if actor.id == str(grant.user_id):
        raise Forbidden("Nobody approves their own role.", code="two_people_needed")
    grant.approved_by, grant.approved_at = actor.user, timezone.now()
    grant.save(update_fields=["approved_by", "approved_at"])
    append(
        action="accounts.approve_role",
        actor=actor,
        obj=grant,
        facts={"role": grant.role, "user": str(grant.user_id), "requested_by": str(grant.requested_by_id)},
    )
    return grant


@audited("accounts.revoke_role")
def revoke_role(*, grant: RoleGrant, reason: str, actor: Actor) -> RoleGrant:
    """Take a role away, or refuse an open request. One person is enough; it takes effect at once."""
    permissions.require(actor, "accounts.revoke_role")
    grant = _locked(grant)
    if grant.revoked_at is not None:
        raise Conflict("This role was taken away already.", code="decided")
    reason = reasons.given(reason)
    if grant.role == Role.ADMIN and grant.approved_at is not None:
        keep_an_admin(without=grant.user)
    before = grant.state
    grant.revoked_by, grant.revoked_at = actor.user, timezone.now()
    grant.save(update_fields=["revoked_by", "revoked_at"])
    append(
        action="accounts.revoke_role",
        actor=actor,
        obj=grant,
        reason=reason,
        facts={"role": grant.role, "user": str(grant.user_id), "before": before},
    )
    return grant


def _locked(grant: RoleGrant) -> RoleGrant:
    """The holder's row is locked first, as everywhere, so that two decisions about one person wait for
    each other.
    """
    User.objects.select_for_update(no_key=True).get(pk=grant.user_id)
    return RoleGrant.objects.select_for_update(of=("self",)).select_related("user").get(pk=grant.pk)
