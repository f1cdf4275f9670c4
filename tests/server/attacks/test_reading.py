"""What must hold whenever somebody only reads: nothing changes, no answer is left to a cache or a frame, no
page tells whose pseudonym it is, and no address breaks us."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from accounts.models import Subject
from tests.server.access.matrix import PERSONS, STAFF, Row, is_open
from tests.server.attacks import walk
from tests.server.cast import PEOPLE, Cast

ROWS = walk.reading()
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: What somebody types into an address to see what breaks.
_PAGES = "?page=99999999999999999999&limit=99999999999999999999&offset=99999999999999999999&sort=password"
_ODD_PAGES = "?page=abc&limit=-1&offset=-5&sort=--name&cursor=%ff%ff&part=%D9%A3&ordering=password"
_NULLS = "&q=%00%27%22%3Cscript%3E&state=%00&os=%00&email=%00&subject=%00&actor=%00&from=%00&user=%00&id=%00"
_NO_IDS = "&q=%E2%80%AE%5C%25_%28%5B&state=zz&from=abc&user=abc&device=abc&session=abc&subject=abc&before=-1"
_TIMES = "?since=9999-12-31&until=0001-01-01&release=1e400&release_number=99999999999999999999&format=xml"
_PLACES = (
    "&kind=site&system=windows&url=http%3A%2F%2F%5B%5D%2F&app=%00&place=%00&request=%00&since=0000-00-00"
)
NONSENSE = (_PAGES + _NULLS, _ODD_PAGES + _NO_IDS, _TIMES + _PLACES)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_reading_changes_nothing_links_nobody_and_says_how_it_may_be_used(row: Row, cast: Cast) -> None:
    url = row.url(cast)
    before = walk.contents()
    for role, response in walk.answers(row, cast, url):
        _check_headers(row, response)
        if role in STAFF and is_open(row, response):
            assert not _linked(response), role
    if row.name not in walk.LOOKS:
        after = walk.contents()
        assert {name for name in after if after[name] != before[name]} == set()


def _check_headers(row: Row, response: Any) -> None:
    policy = response.headers.get("Content-Security-Policy", "")
    missing = [part for part in ("default-src 'none'", "frame-ancestors 'none'") if part not in policy]
    assert (missing, "unsafe" in policy) == ([], False)
    assert {name: response.headers.get(name) for name in SECURITY} == SECURITY
    # Signed and public, or hashes that never change: cached on purpose.
    cached = ("capture_policies_agent:", "audits:checkpoint", "audits:keys", "audits:tile")
    if not row.name.startswith(cached):
        assert {"no-store", "no-cache"} & set(response.headers["Cache-Control"].split(", "))


def _linked(response: Any) -> bool:
    """Whether somebody without a staff role is named beside any pseudonym or subject."""
    if response.headers.get("Content-Type", "").startswith(("image/", "application/octet-stream")):
        return False
    text = (b"".join(response) if response.streaming else response.content).decode()
    plain = [PEOPLE[name][0] for name in ("employee", "colleague")]
    names = [*plain, *(f"{name.replace(' ', '.').lower()}@example.com" for name in plain)]
    marks = [str(mark) for row in Subject.objects.values_list("pk", "pseudonym") for mark in row]
    return any(name in text for name in names) and any(mark in text for mark in marks)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_nonsense_in_an_address_is_no_fault_of_ours(row: Row, cast: Cast) -> None:
    person = next((PERSONS[role] for role in PERSONS if role in set(row.allowed)), None)
    url = row.url(cast)
    for query in NONSENSE:
        with transaction.atomic():
            assert row.ask(cast, person, url + query).status_code < 500, query
            transaction.set_rollback(True)
