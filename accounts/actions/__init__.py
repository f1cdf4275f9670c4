"""Every verb that changes accounts, roles, places of work and tokens."""

from __future__ import annotations

from accounts.actions.adoption import adopt_keyring
from accounts.actions.departments import create_department, move_to_department
from accounts.actions.epochs import destroy_key_epoch, rewrap_person_keys, turn_key_epoch
from accounts.actions.erasure import mark_erased_before
from accounts.actions.locations import set_work_location
from accounts.actions.object_keys import destroy_object_keys
from accounts.actions.people import (
    add_second_factor,
    create_user,
    deactivate_user,
    set_initial_password,
    update_profile,
)
from accounts.actions.roles import approve_role, bootstrap_admins, request_role, revoke_role
from accounts.actions.tokens import create_api_token, revoke_api_token
from accounts.keys import destroy_person_keys

__all__ = [
    "add_second_factor",
    "adopt_keyring",
    "approve_role",
    "bootstrap_admins",
    "create_api_token",
    "create_department",
    "create_user",
    "deactivate_user",
    "destroy_key_epoch",
    "destroy_object_keys",
    "destroy_person_keys",
    "mark_erased_before",
    "move_to_department",
    "request_role",
    "revoke_api_token",
    "revoke_role",
    "rewrap_person_keys",
    "set_initial_password",
    "set_work_location",
    "turn_key_epoch",
    "update_profile",
]
