"""API tokens: the secret is shown once, only its digest is kept, and a token can never do more than its
owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from accounts import permissions
from accounts.models import ApiToken
from accounts.token_secrets import all_scopes, new_secret, secret_digest
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited
from mci_core.errors import Conflict, Forbidden, Invalid, NotFound

MAX_DAYS = 365
MAX_TOKENS = 20


@audited("accounts.create_api_token")
def create_api_token(*, name: str, scopes: Sequence[str], days: int, actor: Actor) -> tuple[ApiToken, str]:
    """The row and its secret, which nobody can ask for again."""
    permissions.require(actor, "accounts.create_api_token")
    if actor.scopes is not None:
        raise Forbidden("A token cannot make tokens.", code="token_scope")
    _check(name, scopes, days)
    open_tokens = ApiToken.objects.filter(
        user=actor.user, revoked_at__isnull=True, expires_at__gt=timezone.now()
    )
    if open_tokens.count() >= MAX_TOKENS:
        raise Conflict(f"You have {MAX_TOKENS} tokens. Revoke one first.", code="too_many_tokens")
    secret = new_secret()
    token = ApiToken.objects.create(
        user=actor.user,
        name=name.strip(),
        secret_sha256=secret_digest(secret),
        scopes=sorted(set(scopes)),
        expires_at=timezone.now() + timedelta(days=days),
    )
    append(
        action="accounts.create_api_token",
        actor=actor,
        obj=token,
        facts={"scopes": token.scopes, "days": days},
        details={"name": token.name},
    )
    return token, secret


def _check(name: str, scopes: Sequence[str], days: int) -> None:
    if not name.strip():
        raise Invalid("Say what the token is for.", field="name")
    if not scopes:
        raise Invalid("Choose at least one scope.", field="scopes")
    if set(scopes) - set(all_scopes()):
        raise Invalid("There is no scope of this name.", field="scopes")
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"Between 1 and {MAX_DAYS} days.", field="days")


@audited("accounts.revoke_api_token")
def revoke_api_token(*, token: ApiToken, actor: Actor) -> ApiToken:
    """One's own; an admin may revoke anybody's."""
    permissions.require(actor, "accounts.revoke_api_token")
    own = str(token.user_id) == actor.id
    if not own and permissions.ADMIN not in permissions.roles_of_actor(actor):
        raise NotFound("There is no such token.")
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is not None:
        raise Conflict("This token was revoked already.", code="decided")
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    append(action="accounts.revoke_api_token", actor=actor, obj=token, facts={"own": own})
    return token
