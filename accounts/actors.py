"""Makes the actor of a request: the signed-in account, its roles, and whether the second factor is fresh."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from accounts.permissions import roles_of
from audits.actor import Actor


def user_actor(request: Any) -> Actor:
    """From a Django or DRF request of a signed-in account."""
    inner: HttpRequest = getattr(request, "_request", request)
    token = getattr(request, "auth", None)
    return account_actor(
        request.user,
        request_id=getattr(inner, "request_id", None),
        fresh_mfa=token is None and has_fresh_factor(inner),
        scopes=None if token is None else frozenset(token.scopes),
    )


def account_actor(
    user: Any,
    *,
    request_id: str | None = None,
    fresh_mfa: bool = False,
    scopes: frozenset[str] | None = None,
) -> Actor:
    """An actor without a request, for commands and tests."""
    role = "+".join(sorted(roles_of(user))) or "employee"
    return Actor(
        kind="user",
        id=str(user.pk),
        role=role,
        user=user,
        request_id=request_id,
        fresh_mfa=fresh_mfa,
        scopes=scopes,
    )


def has_fresh_factor(request: HttpRequest) -> bool:
    """Whether a TOTP code, a passkey or a recovery code was shown in this session within the last minutes."""
    if getattr(request, "session", None) is None:
        return False
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" and record.get("at", 0) >= oldest for record in records)


def named_in_log(user: Any) -> dict[str, Any]:
    """``obj`` and ``subject`` of an entry about somebody's own account: staff are named by their account,
    everybody else by their subject. A name that signs in and a pseudonym that acts a moment later would be
    linked by the clock.
    """
    own = None if roles_of(user) else user.own_subject_id
    return {"obj": user, "subject": None} if own is None else {"obj": None, "subject": own}
