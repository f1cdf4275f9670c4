"""Who may do what, for the whole project: one table from permission names to roles, one question to it.

Each app names its own in ``<app>/permissions.py``; a name that nobody listed is allowed to nobody. Besides
the four staff roles the table knows ``employee`` (every active account), ``device`` and ``system``.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from django.conf import settings

from audits.actor import Actor
from mci_core.errors import Forbidden

ADMIN, OFFICER, ML, AUDITOR = "admin", "privacy_officer", "ml_staff", "auditor"
EMPLOYEE, DEVICE, SYSTEM = "employee", "device", "system"
STAFF = frozenset({ADMIN, OFFICER, ML, AUDITOR})

PERMISSIONS: dict[str, frozenset[str]] = {
    "accounts.view_people": frozenset({ADMIN, OFFICER, AUDITOR}),
    "accounts.view_roles": frozenset({ADMIN, OFFICER, AUDITOR}),
    "accounts.view_departments": frozenset({ADMIN}),
    "accounts.view_tokens": STAFF,
    "accounts.view_key_epochs": frozenset({ADMIN, OFFICER, AUDITOR}),
    "accounts.bootstrap_admins": frozenset({SYSTEM}),
    "accounts.set_initial_password": frozenset({SYSTEM}),
    "accounts.add_second_factor": frozenset({SYSTEM}),
    "accounts.create_user": frozenset({ADMIN, SYSTEM}),
    "accounts.deactivate_user": frozenset({ADMIN, SYSTEM}),
    "accounts.request_role": frozenset({ADMIN}),
    "accounts.approve_role": frozenset({ADMIN, OFFICER}),
    "accounts.revoke_role": frozenset({ADMIN, OFFICER}),
    "accounts.set_work_location": frozenset({ADMIN, SYSTEM, EMPLOYEE}),
    "accounts.create_department": frozenset({ADMIN, SYSTEM}),
    "accounts.move_to_department": frozenset({ADMIN, SYSTEM}),
    "accounts.create_api_token": STAFF,
    "accounts.revoke_api_token": STAFF,
    "accounts.update_profile": frozenset({EMPLOYEE}),
    "accounts.destroy_person_keys": frozenset({OFFICER, SYSTEM}),
    "accounts.destroy_object_keys": frozenset({SYSTEM}),
    "accounts.mark_erased_before": frozenset({SYSTEM}),
    "accounts.adopt_keyring": frozenset({SYSTEM}),
    "accounts.turn_key_epoch": frozenset({SYSTEM}),
    "accounts.rewrap_person_keys": frozenset({SYSTEM}),
    "accounts.destroy_key_epoch": frozenset({SYSTEM}),
}

#: These need a second factor shown within the last minutes. Other apps add theirs as ``FRESH_MFA`` beside
#: PERMISSIONS.
FRESH_MFA: frozenset[str] = frozenset(
    {"accounts.request_role", "accounts.approve_role", "accounts.create_api_token", "accounts.create_user"}
)


@functools.cache
def table() -> Mapping[str, frozenset[str]]:
    """Every permission of every app."""
    found: dict[str, frozenset[str]] = {}
    for module in _modules():
        for name, roles in module.PERMISSIONS.items():
            if name in found:
                raise ValueError(f"the permission {name} is listed twice")
            found[name] = frozenset({roles}) if isinstance(roles, str) else frozenset(roles)
    return MappingProxyType(found)


@functools.cache
def fresh_names() -> frozenset[str]:
    return frozenset(name for module in _modules() for name in getattr(module, "FRESH_MFA", ()))


def _modules() -> list[Any]:
    names = [f"{app}.permissions" for app in settings.OUR_APPS]
    return [import_module(name) for name in names if importlib.util.find_spec(name) is not None]


def roles_of(user: Any) -> frozenset[str]:
    """Staff roles of an account, asked of the database once per request; empty for visitors."""
    roles: frozenset[str] = getattr(user, "roles", frozenset())
    return roles


def _all_roles(user: Any) -> frozenset[str]:
    if not getattr(user, "is_authenticated", False) or not getattr(user, "is_active", False):
        return frozenset()
    return roles_of(user) | {EMPLOYEE}


def has(user: Any, name: str) -> bool:
    """Whether this account holds the permission; says nothing about the second factor."""
    return bool(table().get(name, frozenset()) & _all_roles(user))


def roles_of_actor(actor: Actor) -> frozenset[str]:
    if actor.kind == "user":
        return _all_roles(actor.user)
    return frozenset({DEVICE if actor.kind == "device" else SYSTEM})


def require(actor: Actor, name: str) -> None:
    """The first step of every action. Raises :class:`Forbidden`; code ``second_factor_needed`` asks for
    the factor.
    """
    if not table().get(name, frozenset()) & roles_of_actor(actor):
        raise Forbidden("Your role does not allow this.")
    if actor.scopes is not None and not in_scope(actor.scopes, name):
        raise Forbidden("This token was not made for that.", code="token_scope")
    if actor.kind == "user" and needs_fresh_factor(name) and not actor.fresh_mfa:
        raise Forbidden("Confirm with your second factor first.", code="second_factor_needed")


def needs_fresh_factor(name: str) -> bool:
    return bool(getattr(settings, "REQUIRE_FRESH_MFA", True)) and name in fresh_names()


def in_scope(scopes: Iterable[str], name: str) -> bool:
    """Scopes are ``<app>:read`` and ``<app>:write``; permissions that only look are named ``view…``."""
    app, _, verb = name.partition(".")
    return f"{app}:{'read' if verb.startswith('view') else 'write'}" in set(scopes)
