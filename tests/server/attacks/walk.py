"""How the attacks reach every route: the rows of the access matrix, asked as anybody, and what the tables
hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from tests.server.access import matrix
from tests.server.access.matrix import Row
from tests.server.cast import Cast

#: Pages whose reading is itself an event: the look is written before the bytes are served.
LOOKS = frozenset({"reviews:grant_inspect", "reviews:grant_frame", "audits:export_file"})
#: Sign-in state, and when a token was last used.
MOVING = frozenset({"django_session", "accounts_apitoken", "accounts_user"})


def reading() -> list[Row]:
    """Every route that can be read."""
    return [row for row in matrix.rows() if row.method == "GET"]


def writing() -> list[Row]:
    """Every route that changes something."""
    return [row for row in matrix.rows() if row.method != "GET"]


def answers(row: Row, cast: Cast, url: str) -> Iterator[tuple[str, Any]]:
    """(role, answer) of everybody, about the same object."""
    for role, person in matrix.PERSONS.items():
        yield role, row.ask(cast, person, url)


def contents() -> dict[str, tuple[int, int]]:
    """Table -> (rows, a sum over their text): differs when a row came, went or changed."""
    tables = [name for name in connection.introspection.table_names() if name not in MOVING]
    parts = [
        f"SELECT '{name}', count(*), coalesce(sum(hashtext(t::text)), 0)::bigint FROM \"{name}\" t"
        for name in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return {name: (count, total) for name, count, total in cursor.fetchall()}
