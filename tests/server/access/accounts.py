"""Routes of accounts."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import ApiToken, RoleGrant
from tests.server.access.matrix import EVERYBODY, STAFF, Row
from tests.server.cast import Cast

KEEPERS = {"admin", "privacy_officer"}
READERS = {"admin", "privacy_officer", "auditor"}


def _person(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.colleague.pk}


def _grant(cast: Cast) -> dict[str, Any]:
    found = RoleGrant.objects.get_or_create(
        user=cast.employee, role="ml_staff", defaults={"reason": "x", "requested_by": cast.second_admin}
    )
    return {"pk": found[0].pk}


def _token(cast: Cast) -> dict[str, Any]:
    made = ApiToken.objects.get_or_create(
        user=cast.admin, name="a", defaults={"secret_sha256": "0" * 64, "expires_at": timezone.now()}
    )
    return {"pk": made[0].pk}


def _new_person(cast: Cast) -> dict[str, Any]:
    return {"email": "new@example.com", "display_name": "New", "department": str(cast.department.pk)}


ROWS = [
    Row("home", "GET", EVERYBODY),
    Row("accounts:people_list", "GET", READERS),
    Row("accounts:person_new", "GET", {"admin"}),
    Row("accounts:person_new", "POST", {"admin"}),
    Row("accounts:person_detail", "GET", READERS, kwargs=_person),
    Row("accounts:person_deactivate", "POST", {"admin"}, kwargs=_person),
    Row("accounts:person_move", "POST", {"admin"}, kwargs=_person),
    Row("accounts:person_place", "GET", {"admin"}, kwargs=_person),
    Row("accounts:person_place", "POST", {"admin"}, kwargs=_person),
    Row("accounts:role_list", "GET", READERS),
    Row("accounts:role_request", "GET", {"admin"}),
    Row("accounts:role_request", "POST", {"admin"}),
    Row("accounts:role_approve", "POST", KEEPERS, kwargs=_grant),
    Row("accounts:role_revoke", "GET", KEEPERS, kwargs=_grant),
    Row("accounts:role_revoke", "POST", KEEPERS, kwargs=_grant),
    Row("accounts:department_list", "GET", {"admin"}),
    Row("accounts:department_new", "GET", {"admin"}),
    Row("accounts:department_new", "POST", {"admin"}),
    Row("accounts:token_list", "GET", STAFF),
    Row("accounts:token_new", "GET", STAFF),
    Row("accounts:token_new", "POST", STAFF),
    Row("accounts:token_revoke", "POST", {"admin"}, kwargs=_token),
    Row("accounts:key_epoch_list", "GET", READERS),
    Row("accounts:profile", "GET", EVERYBODY),
    Row("accounts:profile", "POST", EVERYBODY),
    Row("accounts_api:user-list", "GET", READERS),
    # Making an account needs a fresh second factor, which a token never has.
    Row("accounts_api:user-list", "POST", (), data=_new_person),
    Row("accounts_api:user-detail", "GET", READERS, kwargs=_person),
    Row("accounts_api:user-deactivate", "POST", {"admin"}, kwargs=_person, data={"reason": "left"}),
    Row("accounts_api:role-list", "GET", READERS),
    Row(
        "accounts_api:role-list",
        "POST",
        (),
        data=lambda cast: {"user": str(cast.employee.pk), "role": "ml_staff", "reason": "x"},
    ),
    Row("accounts_api:role-detail", "GET", READERS, kwargs=_grant),
    Row("accounts_api:role-approve", "POST", (), kwargs=_grant),
    Row("accounts_api:role-revoke", "POST", KEEPERS, kwargs=_grant, data={"reason": "x"}),
    Row("accounts_api:department-list", "GET", {"admin"}),
    Row("accounts_api:department-list", "POST", {"admin"}, data={"name": "Legal"}),
]
