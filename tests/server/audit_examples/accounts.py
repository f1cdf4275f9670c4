"""Examples of the actions on accounts, roles, places of work and tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts import actions, keys
from accounts.models import ApiToken, KeyEpoch, RoleGrant
from tests.server.cast import REASON, Cast


def _bootstrap_admins(cast: Cast) -> None:
    RoleGrant.objects.filter(role="admin").update(revoked_at=timezone.now())
    actions.bootstrap_admins(emails=["one.first@example.com", "two.first@example.com"], actor=cast.system())


def _create_user(cast: Cast) -> None:
    actions.create_user(
        email="nina.new@example.com",
        display_name="Nina New",
        department=cast.department,
        time_zone="Europe/Berlin",
        actor=cast.actor("admin"),
    )


def _deactivate_user(cast: Cast) -> None:
    actions.deactivate_user(user=cast.employee, reason=REASON, actor=cast.actor("admin"))


def _set_initial_password(cast: Cast) -> None:
    actions.set_initial_password(user=cast.admin, password="a-long-demo-phrase-7", actor=cast.system())


def _add_second_factor(cast: Cast) -> None:
    actions.add_second_factor(user=cast.admin, totp_secret="JBSWY3DPEHPK3PXP", actor=cast.system())


def _update_profile(cast: Cast) -> None:
    actions.update_profile(theme="dark", time_zone="Europe/Rome", actor=cast.actor("employee"))


def _request_role(cast: Cast) -> RoleGrant:
    return actions.request_role(user=cast.employee, role="ml_staff", reason=REASON, actor=cast.actor("admin"))


def _approve_role(cast: Cast) -> None:
    actions.approve_role(grant=_request_role(cast), actor=cast.actor("second_admin"))


def _revoke_role(cast: Cast) -> None:
    grant = RoleGrant.objects.get(user=cast.ml)
    actions.revoke_role(grant=grant, reason=REASON, actor=cast.actor("officer"))


def _set_work_location(cast: Cast) -> None:
    start = timezone.now()
    for who in ("admin", "employee"):
        actions.set_work_location(
            subject=cast.subject(),
            place="US-NY",
            start=start,
            end=start + timedelta(days=3),
            source="trip",
            actor=cast.actor(who),
        )


def _create_department(cast: Cast) -> None:
    actions.create_department(name="Claims", actor=cast.actor("admin"))


def _move_to_department(cast: Cast) -> None:
    other = actions.create_department(name="Sales", actor=cast.actor("admin"))
    actions.move_to_department(user=cast.employee, department=other, actor=cast.actor("admin"))


def _create_api_token(cast: Cast) -> ApiToken:
    token, _secret = actions.create_api_token(
        name="Mila's script", scopes=["audits:read"], days=30, actor=cast.actor("ml")
    )
    return token


def _revoke_api_token(cast: Cast) -> None:
    actions.revoke_api_token(token=_create_api_token(cast), actor=cast.actor("admin"))


def _destroy_person_keys(cast: Cast) -> None:
    actions.destroy_person_keys(subject=cast.subject(), actor=cast.system())


def _destroy_object_keys(cast: Cast) -> None:
    place, _key, _wrapped = keys.new_data_key(cast.subject())
    keys.spend([(place.row.pk, place.number or 0)])
    actions.destroy_object_keys(subject=cast.subject(), actor=cast.system())


def _mark_erased_before(cast: Cast) -> None:
    actions.mark_erased_before(subject=cast.subject(), moment=timezone.now(), actor=cast.system())


def _without_result(example: Callable[[Cast], Any]) -> Callable[[Cast], None]:
    def run(cast: Cast) -> None:
        example(cast)

    return run


def _adopt_keyring(cast: Cast) -> None:
    actions.adopt_keyring(actor=cast.system())


def _turn_key_epoch(cast: Cast) -> None:
    actions.turn_key_epoch(actor=cast.system(), early=True)


def _rewrap_person_keys(cast: Cast) -> None:
    _turn_key_epoch(cast)
    actions.rewrap_person_keys(actor=cast.system())


def _destroy_key_epoch(cast: Cast) -> None:
    # One that this example has made: the cast of other tests needs the first.
    epoch = actions.turn_key_epoch(actor=cast.system(), early=True)
    _rewrap_person_keys(cast)
    KeyEpoch.objects.filter(pk=epoch.pk).update(emptied_at=timezone.now() - timedelta(days=30))
    actions.destroy_key_epoch(epoch=epoch, actor=cast.system())


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "accounts.bootstrap_admins": _bootstrap_admins,
    "accounts.create_user": _create_user,
    "accounts.deactivate_user": _deactivate_user,
    "accounts.set_initial_password": _set_initial_password,
    "accounts.add_second_factor": _add_second_factor,
    "accounts.update_profile": _update_profile,
    "accounts.request_role": _without_result(_request_role),
    "accounts.approve_role": _approve_role,
    "accounts.revoke_role": _revoke_role,
    "accounts.set_work_location": _set_work_location,
    "accounts.create_department": _create_department,
    "accounts.move_to_department": _move_to_department,
    "accounts.create_api_token": _without_result(_create_api_token),
    "accounts.revoke_api_token": _revoke_api_token,
    "accounts.destroy_object_keys": _destroy_object_keys,
    "accounts.destroy_person_keys": _destroy_person_keys,
    "accounts.mark_erased_before": _mark_erased_before,
    "accounts.adopt_keyring": _adopt_keyring,
    "accounts.turn_key_epoch": _turn_key_epoch,
    "accounts.rewrap_person_keys": _rewrap_person_keys,
    "accounts.destroy_key_epoch": _destroy_key_epoch,
}
