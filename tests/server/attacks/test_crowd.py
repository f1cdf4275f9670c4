"""A list with two hundred rows costs as many questions to the database as a list with three."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.server.access import matrix
from tests.server.access.matrix import PERSONS
from tests.server.attacks import crowd
from tests.server.cast import Cast

#: Sign-in, roles, navigation and what waits for a person cost about half of them.
MOST = 24
MOST_OF_HOME = 45
MOST_BYTES = 300_000


def _lists() -> Iterator[tuple[str, str]]:
    for row in matrix.rows():
        if row.method == "GET" and row.name.endswith(("_list", "-list")):
            role = next(role for role in PERSONS if role in set(row.allowed))
            yield row.name, "employee" if "_me:" in row.name else role


def test_no_list_asks_a_question_for_each_row_or_grows_with_the_table(cast: Cast) -> None:
    crowd.fill(cast)
    many, large = {}, {}
    rows = {row.name: row for row in matrix.rows() if row.method == "GET"}
    for name, role in _lists():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            response = rows[name].ask(cast, PERSONS[role], rows[name].url(cast))
        assert response.status_code == 200, name
        if len(asked) > MOST:
            many[name] = (len(asked), [query["sql"][:150] for query in asked.captured_queries[-8:]])
        if len(response.content) > MOST_BYTES:
            large[name] = len(response.content)
    assert (many, large) == ({}, {})


@pytest.mark.parametrize("role", sorted(set(PERSONS) - {"outsider"}))
def test_the_home_page_costs_the_same_however_much_waits(role: str, cast: Cast) -> None:
    crowd.fill(cast)
    client = cast.client(PERSONS[role])
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/").status_code == 200
    assert len(asked) <= MOST_OF_HOME
