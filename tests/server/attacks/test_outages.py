"""While PostgreSQL or Redis is away: nobody gets in who should not, everybody is told to come back, and what
needs neither goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from tests.server.cast import Cast


def _gone(*_args: Any, **_kwargs: Any) -> None:
    raise OperationalError("the connection is closed")


@pytest.fixture
def no_database(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Client]]:
    """Clients that were signed in before PostgreSQL went away."""
    clients = {name: cast.client(name) for name in ("admin", "employee")}
    for client in clients.values():
        client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(BaseDatabaseWrapper, "cursor", _gone)
        yield clients


@pytest.fixture
def no_redis(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise redis.ConnectionError("refused")

    with monkeypatch.context() as patched:
        patched.setattr(redis.connection.ConnectionPool, "get_connection", refuse)
        yield cast


PAGES = ("/", "/people/", "/me/", "/policies/drafts/", "/audit/", "/healthz")


@pytest.mark.parametrize("page", PAGES)
def test_without_postgresql_a_page_says_that_it_is_away_for_a_moment(
    page: str, no_database: dict[str, Client]
) -> None:
    for client in no_database.values():
        response = client.get(page)
        assert response.status_code == 503
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "connection is closed" not in response.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/users/", "/agent/v1/tuf/timestamp.json"])
def test_without_postgresql_an_api_says_when_to_come_back(path: str, no_database: dict[str, Client]) -> None:
    response = no_database["admin"].get(path)
    assert (response.status_code, response.headers.get("Retry-After")) == (503, "5")
    assert response["Content-Type"] == "application/problem+json"


def test_without_redis_pages_go_on_and_nobody_guesses_passwords(no_redis: Cast) -> None:
    client = no_redis.client("admin")
    assert client.get("/people/").status_code == 200
    outsider = Client(raise_request_exception=False)
    answer = outsider.post("/accounts/login/", {"login": no_redis.admin.email, "password": "x"})
    assert answer.status_code == 503


def test_without_redis_the_api_is_closed_for_a_while_because_nothing_is_counted(no_redis: Cast) -> None:
    client = no_redis.api("admin")
    client.raise_request_exception = False
    assert client.get("/api/v1/users/").status_code == 503
