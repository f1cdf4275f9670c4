"""Decides what a server test runs on: a real PostgreSQL and a real Redis or Valkey, as the application role.

- One pair per test session (the embedded one), or the servers named by DATABASE_OWNER_URL and REDIS_URL.
- One database and one Redis database per worker process.
- ``default`` connects as the application role, so least privilege is always tested; ``owner`` only sets up
  and empties tables between transactional tests.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import TransactionTestCase

from tests.server.cast import (  # noqa: F401  # fixtures for every test below this folder
    admin,
    auditor,
    cast,
    colleague,
    device,
    employee,
    ml,
    officer,
    other_device,
    outsider,
    second_admin,
    second_officer,
)
from tests.server.support import databases


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Replaces pytest-django's: the database is made by ``setup_database``, as in production."""
    with django_db_blocker.unblock():
        databases.create()
    yield
    with django_db_blocker.unblock():
        databases.drop()


def _empty_tables(self: TransactionTestCase) -> None:
    databases.empty_tables()


# A password that is worth nothing needs no second of work: the way is the same, with fewer rounds.
PBKDF2PasswordHasher.iterations = 1_000

# The application role, as which tests run, may not TRUNCATE.
TransactionTestCase._fixture_teardown = _empty_tables  # type: ignore[attr-defined]  # private to Django


@pytest.fixture(autouse=True)
def _own_state_of_the_log(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test begins with an empty log, so nothing may be remembered of the one before."""
    folder = tmp_path_factory.getbasetemp() / "audit-state" / uuid.uuid4().hex
    monkeypatch.setattr(settings, "AUDIT_STATE_DIR", folder)


@pytest.fixture(autouse=True)
def _clean_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "django_db_setup" in request.fixturenames:
        databases.empty_redis()


@dataclass
class Queued:
    """What ``enqueue_on_commit`` was asked for, in order: ``queued.calls == [("app.tasks.fn", ("id",))]``."""

    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def names(self) -> list[str]:
        return [name for name, _args in self.calls]

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def run_all(self) -> None:
        """Run what was queued here and now, each task once, also what these queue in turn."""
        from celery import current_app

        while self.calls:
            name, args = self.calls.pop(0)
            current_app.tasks[name].run(*args)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> Queued:
    """Captures ``enqueue_on_commit`` instead of sending; ids are recorded when asked, not on commit."""
    from audits import queue

    seen = Queued()

    def capture(task_name: str, *args: str) -> None:
        seen.calls.append((task_name, args))

    for holder in databases.holders_of(queue.enqueue_on_commit):
        monkeypatch.setattr(holder, "enqueue_on_commit", capture)
    monkeypatch.setattr(queue, "enqueue_on_commit", capture)
    return seen


@pytest.fixture
def owner_cursor(transactional_db: None) -> Iterator[Any]:
    """A cursor with the owner's rights, to play somebody who has stolen the database."""
    with databases.owner_connection() as connection, connection.cursor() as cursor:
        yield cursor


@pytest.fixture
def as_text() -> Callable[[Any], str]:
    return lambda response: response.content.decode()
