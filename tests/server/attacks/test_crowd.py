"""A list with two hundred rows costs as many questions to the database as any list may: a fixed number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.server.access import matrix
from tests.server.access.matrix import PERSONS, Row
from tests.server.attacks import crowd
from tests.server.cast import Cast

#: Sign-in, roles, counts and the page itself. Far below the two hundred that one question a row would cost.
MOST = 20
#: What waits for a person is asked of every app.
MOST_OF_HOME = 40
MOST_BYTES = 300_000


def _lists() -> Iterator[tuple[Row, str]]:
    for row in matrix.rows():
        if row.method == "GET" and row.name.endswith(("_list", "-list")):
            role = next(role for role in PERSONS if role in set(row.allowed))
            yield row, "employee" if "_me:" in row.name else role


def _asked(cast: Cast, address: str, role: str) -> tuple[int, Any]:
    """How many questions one reading costs, and the answer."""
    person = PERSONS[role]
    client: Any = cast.api(person) if address.startswith("/api/") else cast.client(person)
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address, follow=True) if address == "/" else client.get(address)
    assert response.status_code == 200, address
    return len(asked), response


def test_no_page_asks_a_question_for_each_row_or_grows_with_the_table(cast: Cast) -> None:
    crowd.fill(cast)
    many, large = {}, {}
    for row, role in _lists():
        asked, response = _asked(cast, row.url(cast), role)
        if asked > MOST:
            many[row.name] = asked
        if len(response.content) > MOST_BYTES:
            large[row.name] = len(response.content)
    for role in sorted(set(PERSONS) - {"outsider"}):
        asked, _response = _asked(cast, "/", role)
        if asked > MOST_OF_HOME:
            many[f"home of {role}"] = asked
    assert (many, large) == ({}, {})
