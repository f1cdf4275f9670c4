"""Accounts: made with their subject and person key, closed, and what a person may set on their own."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import permissions
from accounts.actors import named_in_log
from accounts.membership import checked_zone, keep_an_admin, new_user
from accounts.models import ApiToken, Department, RoleGrant, User
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from mci_core.errors import Conflict, Invalid

THEMES = ("auto", "light", "dark")


@audited("accounts.create_user")
def create_user(
    *, email: str, display_name: str, department: Department, time_zone: str = "UTC", actor: Actor
) -> User:
    """An account, its subject and its first person key. The e-mail counts as verified: the company gave it.

    The log names the account only. An entry that also named the subject would tell whose pseudonym it is.
    """
    permissions.require(actor, "accounts.create_user")
    user = new_user(email=email, display_name=display_name, department=department, time_zone=time_zone)
    append(
        action="accounts.create_user",
        actor=actor,
        obj=user,
        details={"email": user.email, "display_name": user.display_name, "department": department.pk},
    )
    return user


@audited("accounts.deactivate_user")
def deactivate_user(*, user: User, reason: str, actor: Actor) -> User:
    """Close the account: no sign-in, no role, no token. The subject and its data stay until they are
    erased.
    """
    permissions.require(actor, "accounts.deactivate_user")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not user.is_active:
        with nothing_to_do():
            return user
    if str(user.pk) == actor.id:
        raise Conflict("Nobody closes their own account.", code="own_account")
    keep_an_admin(without=user)
    now = timezone.now()
    user.is_active = False
    user.save(update_fields=["is_active"])
    roles = RoleGrant.objects.filter(user=user, revoked_at__isnull=True).update(
        revoked_at=now, revoked_by=actor.user
    )
    tokens = ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
    append(
        action="accounts.deactivate_user",
        actor=actor,
        obj=user,
        reason=reason,
        facts={"roles_revoked": roles, "tokens_revoked": tokens},
    )
    return user


@audited("accounts.set_initial_password")
def set_initial_password(*, user: User, password: str, actor: Actor) -> User:
    """For the first admins and for demonstrations, from the command line only; later by reset mail."""
    permissions.require(actor, "accounts.set_initial_password")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.has_usable_password():
        raise Conflict("This account has a password already.", code="has_password")
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise Invalid(" ".join(fault.messages), field="password") from None
    user.set_password(password)
    user.save(update_fields=["password"])
    append(action="accounts.set_initial_password", actor=actor, obj=user)
    return user


@audited("accounts.add_second_factor")
def add_second_factor(*, user: User, totp_secret: str, actor: Actor) -> None:
    """Give an account a TOTP secret (base 32), from the command line only; people add their own in their
    profile.
    """
    permissions.require(actor, "accounts.add_second_factor")
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        with nothing_to_do():
            return
    TOTP.activate(user, totp_secret)
    append(action="accounts.add_second_factor", actor=actor, obj=user)


@audited("accounts.update_profile")
def update_profile(*, theme: str, time_zone: str, actor: Actor) -> User:
    permissions.require(actor, "accounts.update_profile")
    if theme not in THEMES:
        raise Invalid("Choose one of the themes.", field="theme")
    user = User.objects.select_for_update(no_key=True).get(pk=actor.id)
    if (user.theme, user.time_zone) == (theme, time_zone):
        with nothing_to_do():
            return user
    before = {"theme": user.theme, "time_zone": user.time_zone}
    user.theme, user.time_zone = theme, checked_zone(time_zone)
    user.save(update_fields=["theme", "time_zone"])
    after = {"theme": theme, "time_zone": time_zone}
    append(
        action="accounts.update_profile",
        actor=actor,
        details={"before": before, "after": after},
        **named_in_log(user),
    )
    return user
