"""However many entries, people and versions there are, a page asks the database the same few questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mci_core import policy
from tests.server.capture_policies.living import live_at_once, people, site
from tests.server.capture_policies.support import EXCEL, Desk

pytestmark = pytest.mark.django_db
PAGES = ("", "?attention=unused", "?sort=-last", "?q=S+000&kind=site&signal=click&page=2")


def asked(client: Any, address: str) -> int:
    """The questions of the second look: the first one reads the document."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@contextmanager
def never_parsed() -> Iterator[None]:
    parse, policy.parse = policy.parse, _refuse
    try:
        yield
    finally:
        policy.parse = parse


def _refuse(source: Any) -> Any:
    raise AssertionError("the live policy is parsed once, not for each page")


def test_three_and_two_hundred_entries_ask_the_same(desk: Desk) -> None:
    client = desk.cast.client("admin")
    list_page, api = reverse("capture_policies:allowlist"), "/api/v1/allowlist/"
    counts = []
    for number, staff in ((3, 6), (200, 12)):
        people(desk, staff)
        live_at_once(desk, [site(index, owner=f"Team {index % 7}") for index in range(number)])
        addresses = [list_page + query for query in PAGES] + [api, f"{api}?attention=unused"]
        entry = reverse("capture_policies:allowlist_entry", args=["s00001"])
        counts.append([asked(client, address) for address in (*addresses, entry)])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 15


def test_as_many_entries_as_a_policy_holds_are_parsed_once(desk: Desk) -> None:
    most = [site(index) for index in range(9_900)]
    live_at_once(desk, most)
    client = desk.cast.client("auditor")
    address = reverse("capture_policies:allowlist")
    first = client.get(address)
    assert first.context["page_obj"].paginator.count == len(most)
    with never_parsed(), CaptureQueriesContext(connection) as seen:
        assert client.get(f"{address}?q=S+09&sort=-label").status_code == 200
        assert client.get(f"{address}?attention=unused").status_code == 200
    assert len(seen) <= 30
    assert not any("body" in query["sql"].split("FROM")[0] for query in seen.captured_queries)


def test_a_long_history_of_an_entry_is_one_question(desk: Desk) -> None:
    client = desk.cast.client("auditor")
    address = reverse("capture_policies:allowlist_entry", args=["excel"])
    counts = []
    for number in (2, 12):
        for index in range(number):
            live_at_once(desk, [{**EXCEL, "label": f"Excel {index}"}])
        counts.append(asked(client, address))
    assert counts[0] == counts[1]
