"""Decides who may do what in the database: the owner migrates, the application role owns nothing.

The application role gets SELECT, INSERT, UPDATE and DELETE on every table, then loses UPDATE and DELETE on
the tables of the audit log (``audits.models.APPEND_ONLY_TABLES``). It may never TRUNCATE or create anything.
"""

from __future__ import annotations

import importlib.util
from importlib import import_module
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

SCHEMA = "public"
OWNER = "owner"


class Executes(Protocol):
    """A cursor of Django or of psycopg."""

    def execute(self, query: Any, params: Any = None) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


def owner() -> BaseDatabaseWrapper:
    if OWNER not in connections.databases:
        raise ImproperlyConfigured("DATABASE_OWNER_URL is not set: only the owner can set up the database.")
    return connections[OWNER]


def append_only_tables() -> tuple[str, ...]:
    if importlib.util.find_spec("audits.models") is None:
        return ()
    return tuple(getattr(import_module("audits.models"), "APPEND_ONLY_TABLES", ()))


def set_up(*, app_role: str, app_password: str, verbosity: int = 1) -> None:
    """Role, tables, rights. May be run again at any time."""
    connection = owner()
    with connection.cursor() as cursor:
        ensure_role(cursor, app_role, app_password)
        refuse_shared_role(cursor, app_role)
    call_command("migrate", database=OWNER, interactive=False, verbosity=verbosity)
    with connection.cursor() as cursor:
        grant(cursor, app_role)


def ensure_role(cursor: Executes, role: str, password: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone():
        return
    cursor.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
    row = cursor.fetchone()
    if not row or not row[0]:
        raise ImproperlyConfigured(f"The role {role!r} does not exist and the owner may not create it.")
    statement = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
    if password:
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(password)
        )
    # A role belongs to the whole server: two databases that are set up at once may both find it missing.
    body = sql.SQL("BEGIN {}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END")
    cursor.execute(sql.SQL("DO {}").format(sql.Literal(body.format(statement).as_string())))


def refuse_shared_role(cursor: Executes, role: str) -> None:
    """The application role must not be the owner, nor a superuser, nor a member of the owner."""
    cursor.execute(
        "SELECT rolsuper OR rolcreaterole OR rolbypassrls OR pg_has_role(%s, current_user, 'USAGE')"
        " FROM pg_roles WHERE rolname = %s",
        [role, role],
    )
    row = cursor.fetchone()
    if row is None or row[0]:
        raise ImproperlyConfigured(f"The role {role!r} has the owner's or a superuser's rights.")


def grant(cursor: Executes, role: str) -> None:
    names = {"schema": sql.Identifier(SCHEMA), "role": sql.Identifier(role)}
    for text in (
        "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        # The record of applied migrations is the owner's alone.
        "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    ):
        cursor.execute(sql.SQL(text).format(**names))
    for table in with_partitions(cursor, append_only_tables()):
        statement = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
        cursor.execute(statement.format(table=table, role=names["role"]))


def with_partitions(cursor: Executes, tables: tuple[str, ...]) -> list[sql.Identifier]:
    """The tables and their partitions: each partition is a table of its own, writable past its parent."""
    cursor.execute(
        "SELECT n.nspname, c.relname"
        " FROM unnest(%s::text[]) AS given, pg_partition_tree(given::regclass) AS tree"
        " JOIN pg_class c ON c.oid = tree.relid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " UNION SELECT %s, unnest(%s::text[])",
        [list(tables), SCHEMA, list(tables)],
    )
    return [sql.Identifier(schema, name) for schema, name in cursor.fetchall()]
