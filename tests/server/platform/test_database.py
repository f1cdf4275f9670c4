"""What the application role may do, and that tests run as it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections

from mci_admin import database


@pytest.mark.django_db
def test_tests_run_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        role, powerful = cursor.fetchone()
    assert role == connections["default"].settings_dict["USER"]
    assert role != connections["owner"].settings_dict["USER"]
    assert not powerful


@pytest.mark.django_db
def test_application_role_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone()[0] == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE django_content_type CASCADE",
        "CREATE TABLE mine (id int)",
        "DROP TABLE django_session",
        "ALTER TABLE django_session DISABLE TRIGGER ALL",
        "DELETE FROM django_migrations",
    ],
)
def test_application_role_may_not(statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises(ProgrammingError):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_transactional_tests_start_from_the_same_tables(turn: int) -> None:
    assert not ContentType.objects.filter(app_label="leftover").exists()
    ContentType.objects.create(app_label="leftover", model=f"m{turn}")


class Answers:
    """A cursor that answers from a list: plays a server of an administrator with other roles."""

    def __init__(self, *rows: tuple[bool, ...] | None) -> None:
        self.rows = list(rows)
        self.asked: list[str] = []

    def execute(self, query: Any, params: Any = None) -> None:
        self.asked.append(str(query))

    def fetchone(self) -> tuple[bool, ...] | None:
        return self.rows.pop(0)

    def fetchall(self) -> list[Any]:
        return []


def test_application_role_is_made_when_the_owner_may() -> None:
    cursor = Answers(None, (True,))
    database.ensure_role(cursor, "mci_app", "secret")
    assert "CREATE ROLE" in cursor.asked[-1]
    cursor = Answers(None, (True,))
    database.ensure_role(cursor, "mci_app", "")
    assert "PASSWORD" not in cursor.asked[-1]


def test_two_databases_of_one_server_may_be_set_up_at_once(
    django_db_setup: None, django_db_blocker: Any
) -> None:
    """The second finds the role missing, and is told that it exists when it makes it."""

    class Late:
        """Asks as if before the other made the role."""

        def __init__(self, cursor: Any) -> None:
            self.cursor = cursor

        def execute(self, query: Any, params: Any = None) -> None:
            seen = "SELECT 1 WHERE %s IS NULL" if str(query).startswith("SELECT 1 FROM pg_roles") else query
            self.cursor.execute(seen, params)

        def fetchone(self) -> Any:
            return self.cursor.fetchone()

        def fetchall(self) -> list[Any]:
            return list(self.cursor.fetchall())

    with django_db_blocker.unblock(), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_user")
        database.ensure_role(Late(cursor), cursor.fetchone()[0], "")
        cursor.execute("SELECT 1")
    connections["owner"].close()


def test_missing_application_role_is_told_when_the_owner_may_not_make_it() -> None:
    with pytest.raises(ImproperlyConfigured, match="may not create it"):
        database.ensure_role(Answers(None, (False,)), "mci_app", "secret")


def test_application_role_with_the_owners_rights_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="owner's or a superuser's rights"):
        database.refuse_shared_role(Answers((True,)), "mci_owner")


def test_setup_needs_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OWNER", "nobody")
    with pytest.raises(CommandError, match="DATABASE_OWNER_URL is not set"):
        call_command("setup_database")


def test_setup_may_be_run_again(
    django_db_setup: None, django_db_blocker: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with django_db_blocker.unblock():
        call_command("setup_database", verbosity=1)
        connections["owner"].close()
    assert "The database is ready for" in capsys.readouterr().out
