"""Puts sign-ins and changes of factors into the log. They happen inside django-allauth, outside our actions.

A failed attempt is logged without saying for whom: an address typed by a stranger is personal content.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.http import HttpRequest

from accounts.actors import account_actor, named_in_log
from audits.actions import record_event
from audits.actor import Actor

_SIGNALS = (
    (account.password_set, "accounts.password_set"),
    (account.password_changed, "accounts.password_changed"),
    (account.password_reset, "accounts.password_reset"),
    (account.email_changed, "accounts.email_changed"),
    (mfa.authenticator_added, "accounts.second_factor_added"),
    (mfa.authenticator_removed, "accounts.second_factor_removed"),
    (mfa.authenticator_reset, "accounts.recovery_codes_renewed"),
    (mfa.authentication_failed, "accounts.second_factor_failed"),
)
#: What this module writes into the log: no action of anybody's, and so in no table of permissions.
EVENT_NAMES = frozenset({"accounts.signed_in", "accounts.sign_in_failed", *(name for _, name in _SIGNALS)})


def connect() -> None:
    account.user_logged_in.connect(_signed_in, dispatch_uid="audit-signed-in")
    for signal, action in _SIGNALS:
        signal.connect(_recorder(action), weak=False, dispatch_uid=f"audit-{action}")


def _signed_in(request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    _record("accounts.signed_in", request, user)


def _recorder(action: str) -> Any:
    def record(request: HttpRequest, user: Any, **kwargs: Any) -> None:
        kind = getattr(kwargs.get("authenticator"), "type", None)
        _record(action, request, user, **({"type": str(kind)} if kind else {}))

    return record


def _record(action: str, request: HttpRequest, user: Any, **facts: str) -> None:
    actor = account_actor(user, request_id=getattr(request, "request_id", None))
    record_event(action=action, actor=actor, facts=facts, **named_in_log(user))


def sign_in_failed(request: HttpRequest) -> None:
    actor = Actor.system("sign-in", request_id=getattr(request, "request_id", None))
    record_event(action="accounts.sign_in_failed", actor=actor)
