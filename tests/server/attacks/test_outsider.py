"""Somebody without an account walks every address: pages, APIs, sign-in pages, files. Nothing opens that is
not meant for everybody, and every refusal carries the headers of a page."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.server.access import matrix
from tests.server.access.matrix import PUBLIC, Route
from tests.server.attacks import walk

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
#: What an outsider may reach: signing in, getting back in, the health check, signed files, enrolment.
OPEN = {row.name for row in matrix.rows() if set(row.allowed) == set(PUBLIC)} | {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_reauthenticate",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
    "openid_connect_login",
    "openid_connect_callback",
}
ROUTES = list(matrix.routes())
_CAPTURE = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:(\w+):)?(\w+)>")
_SAMPLES = {"uuid": str(uuid.UUID(int=1)), "int": "1", "slug": "a", "str": "a", "path": "a"}


def _address(route: Route) -> str:
    """An address that the pattern takes, with ids that name nothing."""

    def fill(found: re.Match[str]) -> str:
        return _SAMPLES.get(found.group(2) or "str", "a") if found.group(3) else str(uuid.UUID(int=1))

    text = _CAPTURE.sub(fill, route.pattern)
    return "/" + re.sub(r"[\^$\\]|\(\?:|\)\?|/\?$", "", text).replace("\\Z", "").removesuffix("Z")


def _inside(status: int, location: str) -> bool:
    """Whether somebody without an account got further than the door."""
    if status in (301, 302, 303):
        return not location.startswith("/accounts/")
    return status not in (400, 401, 403, 404, 405, 406, 415)


def _asked(method: str, address: str) -> Iterator[tuple[int, str]]:
    client = Client(raise_request_exception=False)
    response = getattr(client, method)(address)
    yield response.status_code, response.headers.get("Location", "")


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
def test_no_method_opens_anything_to_an_outsider(method: str) -> None:
    before = walk.contents()
    found = []
    for route in ROUTES:
        for status, location in _asked(method, _address(route)):
            assert status < 500, f"{method} {route.name}"
            if route.name not in OPEN and _inside(status, location):
                found.append(f"{status} {route.name} {_address(route)}")
    assert found == []
    after = walk.contents()
    events = {name for name in after if before[name] != after[name]}
    assert events <= {"audits_auditentry", "audits_auditdetail"}


@pytest.mark.django_db
def test_the_walk_reaches_the_views_and_not_only_a_page_that_is_missing() -> None:
    answers = {route.name: Client().get(_address(route)).status_code for route in ROUTES}
    missing = [name for name, status in answers.items() if status == 404]
    assert len(missing) < len(ROUTES) / 10, missing


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "changed", "status"),
    [
        ("/nothing-here/", {}, 404),
        ("/people/%00", {}, 400),
        ("/", {"HTTP_HOST": "evil.example"}, 400),
        ("/static/../manage.py", {}, 404),
        ("/static/%2e%2e/%2e%2e/manage.py", {}, 404),
        ("/accounts/login/", {}, 200),
    ],
)
def test_every_error_carries_the_headers_of_a_page(path: str, changed: dict[str, str], status: int) -> None:
    response = Client(raise_request_exception=False).get(path, **changed)  # type: ignore[arg-type]  # environ
    assert response.status_code == status
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"] or "no-cache" in response["Cache-Control"]
    assert len(response["X-Request-ID"]) >= 8


@pytest.mark.django_db
def test_a_request_id_of_a_stranger_breaks_no_header_and_no_log_line() -> None:
    for given in ("a\r\nSet-Cookie: x=1", '{"level":"error"}', "x" * 500, "\u202e" * 20):
        response = Client().get("/healthz", headers={"x-request-id": given})
        assert re.fullmatch(r"[0-9a-f-]{36}", response["X-Request-ID"])
