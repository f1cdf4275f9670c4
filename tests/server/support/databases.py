"""Makes, empties and drops the database of one test process, as the owner."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any

import psycopg
import redis
from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg import sql

from mci_admin import database

_kept: list[str] = []


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _name() -> str:
    return f"test_mci_{_worker()}_{os.getppid() if _worker() != 'main' else os.getpid()}"


def _parameters(name: str) -> dict[str, Any]:
    found = connections["owner"].settings_dict
    keys = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {"dbname": name, **{key: found[field] for key, field in keys.items() if found[field]}}


def _maintenance() -> psycopg.Connection[Any]:
    """A connection as owner to the database that exists already."""
    return psycopg.connect(**_parameters(_original["name"]), autocommit=True)


_original: dict[str, str] = {}


def create() -> None:
    """Once in a process, however many folders of tests ask for it."""
    if _original:
        return
    _original["name"] = connections["owner"].settings_dict["NAME"]
    with _maintenance() as connection:
        _drop(connection, _name())
        if _worker() == "main":
            _make(connection, _name())
        else:
            _copy(connection, _name())
    _connect_to(_name())
    with owner_connection() as owner:
        _kept.extend(_tables(owner, "kept"))


def _copy(connection: psycopg.Connection[Any], name: str) -> None:
    """Of the workers of a run one migrates, and the others copy: migrations take seconds."""
    first = _first()
    connection.execute("SELECT pg_advisory_lock(%s)", [os.getppid()])
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [first]).fetchone():
        _drop(connection, f"{first}_making")
        _make(connection, f"{first}_making")
        names = sql.Identifier(f"{first}_making"), sql.Identifier(first)
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    connection.execute(copy.format(sql.Identifier(name), sql.Identifier(first)))
    connection.execute("SELECT pg_advisory_unlock(%s)", [os.getppid()])


def _first() -> str:
    """What the workers of this run copy."""
    return f"test_mci_first_{os.getppid()}"


def _make(connection: psycopg.Connection[Any], name: str) -> None:
    """A database as ``setup_database`` makes it. Nobody is connected to it afterwards."""
    make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
    connection.execute(make.format(sql.Identifier(name)))
    _connect_to(name)
    default = connections["default"].settings_dict
    database.set_up(app_role=default["USER"], app_password=default["PASSWORD"], verbosity=0)
    _remember_reference_data()
    _connect_to(name)


def _connect_to(name: str) -> None:
    """From now on; what is open is closed."""
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def drop() -> None:
    if not _original:
        return
    for alias in ("default", "owner"):
        connections[alias].close()
    # The server may be going down already; what is left over is dropped with the temporary folder.
    with suppress(psycopg.Error), _maintenance() as connection:
        _drop(connection, _name())
        if _worker() != "main":
            _drop(connection, _first())
    for alias in ("default", "owner"):
        connections[alias].settings_dict["NAME"] = _original["name"]
    _original.clear()
    _kept.clear()


def owner_connection() -> psycopg.Connection[Any]:
    """Beside Django's connections, which refuse the owner inside a test."""
    return psycopg.connect(**_parameters(connections["owner"].settings_dict["NAME"]), autocommit=True)


def _tables(owner: psycopg.Connection[Any], schema: str = "public") -> list[str]:
    """Every plain or partitioned table of ours; partitions are emptied through their parent."""
    rows = owner.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND c.relname <> 'django_migrations' ORDER BY c.relname",
        [schema],
    ).fetchall()
    return [row[0] for row in rows]


def _remember_reference_data() -> None:
    """Rows that migrations wrote are part of the schema: they come back after each transactional test."""
    with owner_connection() as owner:
        owner.execute("CREATE SCHEMA kept")
        for table in _tables(owner):
            names = {"kept": sql.Identifier("kept", table), "table": sql.Identifier(table)}
            row = owner.execute(sql.SQL("SELECT count(*) FROM {table}").format(**names)).fetchone()
            if row and row[0]:
                owner.execute(sql.SQL("CREATE TABLE {kept} AS TABLE {table}").format(**names))


def empty_tables() -> None:
    """As the owner, with triggers and foreign keys off: nobody else can do this, and a test proves it.

    Deleting few rows from few tables is many times faster than truncating all of them.
    """
    connections["default"].close()
    with owner_connection() as owner, owner.transaction():
        owner.execute("SET LOCAL lock_timeout = '20s'")
        owner.execute("SET LOCAL session_replication_role = replica")
        for name in _changed(owner):
            table = sql.Identifier(name)
            owner.execute(sql.SQL("DELETE FROM {}").format(table))
            if name in _kept:
                owner.execute(
                    sql.SQL("INSERT INTO {} SELECT * FROM {}").format(table, sql.Identifier("kept", name))
                )


def _changed(owner: psycopg.Connection[Any]) -> list[str]:
    """Tables that hold something else than what migrations wrote."""
    query = sql.SQL(" UNION ALL ").join(_differs(name) for name in _tables(owner))
    return [row[0] for row in owner.execute(query).fetchall()]


def _differs(name: str) -> sql.Composed:
    names = {"name": sql.Literal(name), "table": sql.Identifier(name), "kept": sql.Identifier("kept", name)}
    if name not in _kept:
        return sql.SQL("SELECT {name} WHERE EXISTS (TABLE {table})").format(**names)
    return sql.SQL(
        "SELECT {name} WHERE EXISTS ((TABLE {table} EXCEPT TABLE {kept})"
        " UNION ALL (TABLE {kept} EXCEPT TABLE {table}))"
    ).format(**names)


def empty_redis() -> None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()  # the cache lies in it too
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
