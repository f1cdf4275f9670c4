"""What must hold whenever somebody sends something: no foreign site can send it, and no content breaks us."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.api_bounds import MAX_BODY
from tests.server.access.matrix import PERSONS, Row
from tests.server.attacks import walk
from tests.server.cast import Cast, sign_in

ROWS = walk.writing()
#: Taken from anybody, because the signature in it says who speaks.
SIGNED = ("audits:witness",)
FORMS = [
    row for row in ROWS if "_api:" not in row.name and "_agent:" not in row.name and row.name not in SIGNED
]
CALLS = [row for row in ROWS if "_api:" in row.name]
#: Every name that some form or body of ours knows, filled with the same nonsense.
_NAMES = """
reason title justification number digest name label email display_name scope value kind place start
end source signals text message sessions user device department days quota release waves minutes
verdict comment resolution expires_at approve-reason refuse-reason finish-outcome hold-reason
hold-expires_at theme time_zone scopes role size first_day last_day purpose window_from window_to
policy_digest preview retention_ceiling_days valid_from valid_to key match method pattern words
preview_text selector examples
"""
FIELDS = _NAMES.split()
NONSENSE = ("\x00", "\U0001f600\u202e" * 4000, "9999-12-31", "99999999999999999999")
BODIES = (
    "[" * 5000,
    '{"reason": "\\ud800", "name": "\\ud800", "title": "\\ud800"}',
    '{"reason": NaN, "size": NaN}',
    "[]",
    '"x"',
    "",
    json.dumps(dict.fromkeys(FIELDS, "\x00")),
    json.dumps({name: {"a": [{"b": None}]} for name in FIELDS}),
    json.dumps(dict.fromkeys(FIELDS, 10**30)),
)


def _person(row: Row) -> str | None:
    return next((PERSONS[role] for role in PERSONS if role in set(row.allowed)), None)


@pytest.mark.parametrize("row", FORMS, ids=str)
def test_no_form_is_taken_from_another_site(row: Row, cast: Cast) -> None:
    person = _person(row)
    client = Client(enforce_csrf_checks=True)
    if person is not None:
        sign_in(client, cast.user(person))
    url = row.url(cast)
    before = walk.contents()
    response = client.post(url, dict.fromkeys(FIELDS, "x"), headers={"origin": "https://evil.example"})
    assert response.status_code == 403
    assert walk.contents() == before


@pytest.mark.parametrize("row", CALLS, ids=str)
def test_no_call_with_a_cookie_alone_is_taken_from_another_site(row: Row, cast: Cast) -> None:
    client = APIClient(enforce_csrf_checks=True)
    sign_in(client, cast.user(_person(row) or "admin"))
    url = row.url(cast)
    before = walk.contents()
    assert getattr(client, row.method.lower())(url, {}, format="json").status_code == 403
    assert walk.contents() == before


@pytest.mark.parametrize("row", FORMS, ids=str)
def test_nonsense_in_a_form_is_no_fault_of_ours(row: Row, cast: Cast) -> None:
    url = row.url(cast)
    client = cast.client(_person(row))
    for value in NONSENSE:
        with transaction.atomic():
            assert client.post(url, dict.fromkeys(FIELDS, value)).status_code < 500, value[:20]
            transaction.set_rollback(True)


@pytest.mark.parametrize("row", CALLS, ids=str)
def test_nonsense_in_a_body_is_no_fault_of_ours(row: Row, cast: Cast) -> None:
    url = row.url(cast)
    client = cast.api(_person(row) or "admin")
    for body in BODIES:
        with transaction.atomic():
            assert _send(client, row, url, body) < 500, body[:40]
            transaction.set_rollback(True)


def _send(client: APIClient, row: Row, url: str, body: str) -> int:
    send: Any = getattr(client, row.method.lower())
    status: int = send(url, body, content_type="application/json").status_code
    return status


@pytest.mark.django_db
def test_a_body_that_is_too_large_is_refused_whatever_it_says_of_itself(cast: Cast) -> None:
    client = cast.api("admin")
    url = "/api/v1/departments/"
    body = json.dumps({"name": "x" * MAX_BODY})
    response = client.post(url, body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert client.post(url, "a=b", content_type="text/plain").status_code == 415


@pytest.mark.django_db
def test_a_page_never_grows_to_the_whole_table(cast: Cast) -> None:
    answer = cast.api("admin").get("/api/v1/users/?limit=100000").json()
    assert "limit=200" in (answer["next"] or "limit=200")
    assert cast.api("admin").get("/api/v1/users/?offset=99999999999999999999").json()["results"] == []
