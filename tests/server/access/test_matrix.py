"""Every route asked as every role and as an outsider. See README.md in this folder."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import transaction

from tests.server.access import matrix
from tests.server.cast import Cast

ROWS = matrix.rows()
#: Pages of django-allauth; tests/server/accounts/test_sign_in.py looks at those.
ALLAUTH = "accounts/"


def _routes() -> list[matrix.Route]:
    return [route for route in matrix.routes() if not route.pattern.startswith(ALLAUTH)]


def test_every_route_has_a_name() -> None:
    assert [route.pattern for route in _routes() if not route.name or route.name.endswith(":")] == []


def test_every_route_and_method_is_in_the_matrix() -> None:
    listed = {(row.name, row.method) for row in ROWS}
    names = {row.name for row in ROWS}
    missing = [f"{route.name} ({route.pattern})" for route in _routes() if route.name not in names]
    missing += [
        f"{method} {route.name}"
        for route in _routes()
        for method in sorted(route.methods)
        if route.name in names and (route.name, method) not in listed
    ]
    assert missing == []


def test_no_row_names_a_route_that_does_not_exist() -> None:
    assert {row.name for row in ROWS} - {route.name for route in _routes()} == set()


def test_no_row_is_written_twice() -> None:
    assert [key for key, count in Counter((row.name, row.method) for row in ROWS).items() if count > 1] == []


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_route_is_open_to_exactly_those_who_are_listed(row: matrix.Row, cast: Cast) -> None:
    seen = set()
    url = row.url(cast)
    for role, person in matrix.PERSONS.items():
        with transaction.atomic():
            if matrix.is_open(row, row.ask(cast, person, url)):
                seen.add(role)
            transaction.set_rollback(True)
    assert seen == set(row.allowed) - {"device"}
