"""Makes, empties and drops the database of one test process, as the owner."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

import psycopg
import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections
from psycopg import sql

from mci_admin import database

_kept: dict[str, list[tuple[Any, ...]]] = {}


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _name() -> str:
    return f"test_mci_{_worker()}_{os.getppid() if _worker() != 'main' else os.getpid()}"


def _maintenance() -> psycopg.Connection[Any]:
    """A connection as owner to the database that exists already."""
    params = connections["owner"].get_connection_params()
    params = {key: value for key, value in params.items() if key not in ("cursor_factory", "context")}
    return psycopg.connect(**{**params, "dbname": _original["name"]}, autocommit=True)


_original: dict[str, str] = {}


def create() -> None:
    _original["name"] = connections["owner"].settings_dict["NAME"]
    name = _name()
    with _maintenance() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name)))
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name
    default = connections["default"].settings_dict
    database.set_up(app_role=default["USER"], app_password=default["PASSWORD"], verbosity=0)
    _remember_reference_data()


def drop() -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
    with _maintenance() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_name())))


def _tables() -> list[str]:
    """Every plain or partitioned table of ours; partitions are emptied through their parent."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relname <> 'django_migrations' ORDER BY c.relname"
        )
        return [row[0] for row in cursor.fetchall()]


def _remember_reference_data() -> None:
    """Rows that migrations wrote are part of the schema: they come back after each transactional test."""
    with connections["owner"].cursor() as cursor:
        for table in _tables():
            if table.startswith(("django_", "auth_")):
                continue
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            if cursor.fetchone()[0]:
                copy = sql.Identifier(f"kept_{table}")
                cursor.execute(
                    sql.SQL("CREATE SCHEMA IF NOT EXISTS kept; CREATE TABLE kept.{} AS TABLE {}").format(
                        copy, sql.Identifier(table)
                    )
                )
                _kept[table] = []


def empty_tables() -> None:
    """As the owner, with the triggers of the audit log off: nobody else can do this, and a test proves it."""
    connections["default"].close()
    owner = connections["owner"]
    guarded = database.append_only_tables()
    tables = sql.SQL(", ").join(sql.Identifier(name) for name in _tables())
    with owner.cursor() as cursor:
        cursor.execute("BEGIN")
        for table in guarded:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
        cursor.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))
        for table in guarded:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))
        for table in _kept:
            cursor.execute(
                sql.SQL("INSERT INTO {} SELECT * FROM kept.{}").format(
                    sql.Identifier(table), sql.Identifier(f"kept_{table}")
                )
            )
        cursor.execute("COMMIT")
    emit_post_migrate_signal(verbosity=0, interactive=False, db="owner")
    owner.close()


def empty_redis() -> None:
    try:
        caches["default"].clear()
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()
    except redis.RedisError:  # a test may have stopped the server on purpose
        return


def holders_of(function: object) -> list[ModuleType]:
    """Modules that imported ``function`` by name."""
    labels = {config.name for config in apps.get_app_configs()}
    return [
        module
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in labels and getattr(module, "enqueue_on_commit", None) is function
    ]
