"""Signing in: by e-mail and second factor, never by signing up; and the second factor asked for again."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, hotp_value
from django.core.cache import cache
from django.test import Client

from accounts import actions
from accounts.models import RoleGrant, User
from audits.models import AuditEntry
from tests.server.cast import REASON, Cast

PASSWORD = "a-long-demo-phrase-7"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _code() -> str:
    return f"{hotp_value(SECRET, int(time.time()) // 30):06d}"


@pytest.fixture
def ready(cast: Cast) -> Cast:
    cache.clear()
    for user in (cast.admin, cast.employee):
        actions.set_initial_password(user=user, password=PASSWORD, actor=cast.system())
    actions.add_second_factor(user=cast.admin, totp_secret=SECRET, actor=cast.system())
    return cast


def _password(client: Client, user: User, password: str = PASSWORD) -> str:
    answer = client.post("/accounts/login/", {"login": user.email, "password": password})
    return str(answer["Location"]) if answer.status_code == 302 else ""


def test_an_employee_signs_in_with_e_mail_and_password(ready: Cast) -> None:
    client = Client()
    assert _password(client, ready.employee) == "/"
    entry = AuditEntry.objects.filter(action="accounts.signed_in").latest("pk")
    assert entry.actor == f"subject:{ready.subject().pk}"
    assert str(ready.employee.pk) not in entry.leaf


def test_an_account_with_a_second_factor_is_not_in_before_the_code(ready: Cast) -> None:
    client = Client()
    assert "/2fa/" in _password(client, ready.admin)
    assert client.get("/people/").status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": _code()}).status_code == 302
    assert client.get("/people/").status_code == 200


def test_staff_without_a_second_factor_are_sent_to_set_one_up(ready: Cast) -> None:
    actions.set_initial_password(user=ready.ml, password=PASSWORD, actor=ready.system())
    assert _password(Client(), ready.ml) == "/accounts/2fa/"


def test_a_failed_sign_in_is_logged_without_the_address(ready: Cast) -> None:
    assert _password(Client(), ready.admin, "wrong password here") == ""
    entry = AuditEntry.objects.get(action="accounts.sign_in_failed")
    assert "example.com" not in entry.leaf
    assert str(ready.admin.pk) not in entry.leaf


def test_guessing_is_slowed_down(ready: Cast) -> None:
    client = Client()
    answers = [
        client.post("/accounts/login/", {"login": ready.admin.email, "password": f"guess number {n}"})
        for n in range(12)
    ]
    assert "Too many" in answers[-1].content.decode() or answers[-1].status_code == 429


def test_signing_up_is_closed(db: None) -> None:
    given = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", given)
    assert not User.objects.exists()


def test_a_stale_second_factor_is_asked_for_and_the_request_runs_again_by_itself(ready: Cast) -> None:
    grant = actions.request_role(
        user=ready.employee, role="ml_staff", reason=REASON, actor=ready.actor("second_admin")
    )
    browser = ready.client("admin", fresh=False)
    answer = browser.post(f"/roles/{grant.pk}/approve/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert RoleGrant.objects.get(pk=grant.pk).state == "pending"
    again = browser.post(answer["Location"], {"code": _code(), "next": f"/roles/{grant.pk}/approve/"})
    assert again.status_code == 302
    assert RoleGrant.objects.get(pk=grant.pk).state == "active"


def test_a_page_that_leads_to_a_sensitive_step_asks_before_anything_is_typed(ready: Cast) -> None:
    answer = ready.client("admin", fresh=False).get("/roles/new/")
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")


def test_who_has_no_second_factor_is_told_to_set_one_up(ready: Cast) -> None:
    answer = ready.client("second_admin", fresh=False).get("/roles/new/")
    assert answer["Location"] == "/accounts/2fa/"


def test_htmx_is_sent_to_the_second_factor_too(ready: Cast) -> None:
    browser = ready.client("admin", fresh=False)
    answer = browser.get("/roles/new/", headers={"hx-request": "true"})
    assert answer["HX-Redirect"].startswith("/accounts/2fa/reauthenticate/")


def test_a_second_factor_is_added_once(ready: Cast) -> None:
    before = AuditEntry.objects.count()
    actions.add_second_factor(user=ready.admin, totp_secret=SECRET, actor=ready.system())
    assert AuditEntry.objects.count() == before
    assert TOTP(Authenticator.objects.get(user=ready.admin, type="totp")).validate_code(_code())


@pytest.mark.parametrize(
    "page",
    [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/webauthn/",
        "/accounts/reauthenticate/",
        "/accounts/3rdparty/",
    ],
)
def test_pages_of_an_account_are_closed_to_an_outsider(db: None, page: str) -> None:
    answer = Client().get(page)
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


@pytest.mark.parametrize("page", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_pages_of_the_entrance_open_for_everybody(db: None, page: str) -> None:
    assert Client().get(page).status_code == 200


@pytest.mark.parametrize("page", ["/accounts/2fa/", "/accounts/password/change/"])
def test_a_person_reaches_the_pages_of_their_account(ready: Cast, page: str) -> None:
    assert ready.client("admin").get(page).status_code == 200
