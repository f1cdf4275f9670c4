"""Attacks on who somebody is: a fixed or stolen session, half a sign-in, a used code, a token beyond its
owner."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import hotp_value
from django.core.cache import cache
from django.test import Client

from accounts import actions
from accounts.models import RoleGrant, User
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


def _sign_in(client: Client, user: User, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, **more})


def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(ready: Cast) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    _sign_in(client, ready.employee)
    assert client.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted or ""
    assert thief.get("/me/").status_code == 302


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(ready: Cast) -> None:
    client = Client()
    _sign_in(client, ready.employee)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1"]
)
def test_signing_in_leads_to_no_other_site(there: str, ready: Cast) -> None:
    answer = _sign_in(Client(), ready.employee, next=there)
    assert answer["Location"] == "/"


@pytest.mark.parametrize("before", ["http://testserver//evil.example/", "https://evil.example/", "http://["])
def test_a_refusal_leads_back_to_no_other_site(before: str, ready: Cast) -> None:
    client = ready.client("admin")
    answer = client.post(
        f"/people/{ready.colleague.pk}/deactivate/", {"reason": "x" * 600}, headers={"referer": before}
    )
    assert answer["Location"] == "/"


def test_after_the_password_alone_nothing_is_open(ready: Cast) -> None:
    client = Client()
    assert "/2fa/" in _sign_in(client, ready.admin)["Location"]
    assert client.get("/api/v1/users/").status_code in (401, 403)
    for page in ("/people/", "/me/", "/accounts/2fa/", "/accounts/password/change/"):
        assert client.get(page).status_code == 302


def test_a_code_opens_once(ready: Cast) -> None:
    code = _code()
    for status in (302, 200):
        client = Client()
        _sign_in(client, ready.admin)
        assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == status


def test_nobody_makes_another_address_their_own(ready: Cast) -> None:
    client = ready.client("employee")
    for data in ({"action_add": "", "email": "thief@evil.example"}, {"action_primary": "", "email": "x@y.z"}):
        assert client.post("/accounts/email/", data).status_code == 404
    addresses = EmailAddress.objects.filter(user=ready.employee)
    assert [address.email for address in addresses] == [ready.employee.email]


def test_a_closed_account_is_out_at_once_in_every_session_and_with_every_token(ready: Cast) -> None:
    browser, script = ready.client("ml"), ready.api("ml")
    assert (browser.get("/policies/drafts/").status_code, script.get("/api/v1/drafts/").status_code) == (
        200,
        200,
    )
    actions.deactivate_user(user=ready.ml, reason=REASON, actor=ready.actor("admin"))
    assert (browser.get("/policies/drafts/").status_code, script.get("/api/v1/drafts/").status_code) == (
        302,
        401,
    )


def test_a_role_that_was_taken_away_closes_its_pages_and_tokens_at_once(ready: Cast) -> None:
    browser, script = ready.client("ml"), ready.api("ml")
    grant = RoleGrant.objects.get(user=ready.ml)
    actions.revoke_role(grant=grant, reason=REASON, actor=ready.actor("admin"))
    assert (browser.get("/policies/drafts/").status_code, script.get("/api/v1/drafts/").status_code) == (
        404,
        403,
    )


def test_a_new_password_ends_the_other_sessions(ready: Cast) -> None:
    thief, owner = ready.client("employee"), ready.client("employee")
    new = "another-long-phrase-8"
    changed = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert owner.post("/accounts/password/change/", changed).status_code == 302
    assert (thief.get("/me/").status_code, owner.get("/me/").status_code) == (302, 200)


def test_a_token_of_the_api_opens_no_page(ready: Cast) -> None:
    for page in ("/people/", "/me/", "/sessions/", "/reviews/samples/"):
        assert ready.api("admin").get(page).status_code in (302, 404)


def test_a_token_has_no_second_factor_even_beside_a_session_that_has(ready: Cast) -> None:
    client = ready.api("officer")
    client.cookies = ready.client("officer").cookies
    signed = {"title": "Notice", "text": "We record clicks in the apps on the list."}
    answer = client.post("/api/v1/notices/", signed, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")


def test_what_is_not_asked_for_cannot_be_set(ready: Cast) -> None:
    """Mass assignment: fields that a serializer does not take change nothing."""
    extra = {"id": 1, "state": "approved", "author": str(ready.officer.pk), "created_at": "2020-01-01"}
    made = ready.api("admin").post("/api/v1/drafts/", {"title": "A draft", **extra}, format="json").json()
    assert made["state"] == "open"
    assert made["author"] == str(ready.admin.pk)
    sent = {"name": "Sales", "id": "00000000-0000-4000-8000-000000000001"}
    assert ready.api("admin").post("/api/v1/departments/", sent, format="json").json()["id"] != sent["id"]
