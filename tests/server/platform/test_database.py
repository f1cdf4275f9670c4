"""What the application role may do, and that tests run as it."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import ProgrammingError, connection, connections


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
