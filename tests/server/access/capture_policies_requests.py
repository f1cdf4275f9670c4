"""Routes of requests for the allowlist, of removals at once, and of what a person excludes."""

from __future__ import annotations

from typing import Any

from capture_policies.actions import requests
from capture_policies.models import AllowlistRequest
from capture_policies.request_things import to_add
from tests.server.access.capture_policies import AUTHORS, DECIDING
from tests.server.access.matrix import EVERYBODY, STAFF, Row
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import Desk, found_repository
from tests.server.cast import Cast

REASON = {"reason": "x"}


def _request(cast: Cast) -> dict[str, Any]:
    thing = to_add(entry_kind="site", label="Wiki", where="https://wiki.example.com")
    made = requests.ask_for_entry(thing=thing, words="It helps.", actor=cast.actor("colleague"))
    return {"pk": made.pk}


def _voiced(cast: Cast) -> dict[str, Any]:
    """Everybody who asks the route asks for it."""
    found = _request(cast)
    row = AllowlistRequest.objects.get(pk=found["pk"])
    for name in ("admin", "officer", "ml", "auditor", "employee"):
        row.voices.create(subject=cast.subject(name), words="x")
    return found


def _named(cast: Cast) -> dict[str, Any]:
    found = _request(cast)
    row = AllowlistRequest.objects.get(pk=found["pk"])
    for name in ("admin", "officer", "ml", "auditor"):
        row.voices.create(user=cast.user(name), words="x")
    return found


def _live(cast: Cast) -> dict[str, Any]:
    found_repository()
    desk = Desk(cast)
    desk.devices(1)
    roll_out(desk, desk.release(author=cast.second_admin))
    return {"entry": "jira"}


ROWS = [
    Row("capture_policies:request_list", "GET", STAFF),
    Row("capture_policies:request_new", "GET", STAFF),
    Row("capture_policies:request_new", "POST", STAFF),
    Row("capture_policies:request_detail", "GET", STAFF, kwargs=_request),
    Row("capture_policies:request_take", "POST", AUTHORS, kwargs=_request),
    Row("capture_policies:request_decline", "POST", DECIDING, kwargs=_request, data=REASON),
    Row("capture_policies:request_withdraw", "POST", STAFF, kwargs=_named),
    Row("capture_policies:entry_remove_now", "GET", DECIDING, kwargs=_live),
    Row("capture_policies:entry_remove_now", "POST", DECIDING, kwargs=_live, data=REASON),
    Row("capture_policies_me:excluded", "GET", EVERYBODY),
    Row("capture_policies_me:exclude", "POST", EVERYBODY, data={"entry": "jira"}),
    Row("capture_policies_me:include", "POST", EVERYBODY, data={"entry": "jira"}),
    Row("capture_policies_me:request_list", "GET", EVERYBODY),
    Row("capture_policies_me:request_new", "GET", EVERYBODY),
    Row("capture_policies_me:request_new", "POST", EVERYBODY),
    Row("capture_policies_me:request_withdraw", "POST", EVERYBODY, kwargs=_voiced),
]
