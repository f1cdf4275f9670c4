"""The first page says what waits and how the programme stands, in numbers about all of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agents.actions import open_stop
from audits.actions import record_event
from mci_admin.home import programme
from tests.server.cast import REASON, Cast
from tests.server.recordings import available

pytestmark = pytest.mark.django_db
LABELS = ["Capturing now", "Live release", "Open stops", programme.LOG]


def values(cast: Cast, name: str) -> dict[str, programme.Standing]:
    return {one.label: one for one in programme.standing(cast.user(name))}


@pytest.mark.parametrize(
    ("name", "labels"),
    [("admin", LABELS), ("officer", LABELS), ("auditor", LABELS), ("ml", LABELS[:3]), ("employee", [])],
)
def test_each_role_is_shown_what_its_pages_are_open_for(cast: Cast, name: str, labels: list[str]) -> None:
    assert list(values(cast, name)) == labels


def test_before_the_first_release_nothing_is_live(cast: Cast) -> None:
    found = values(cast, "admin")
    assert (found["Live release"].value, found["Live release"].hint) == (
        "none",
        "nothing is captured anywhere",
    )
    assert (found["Open stops"].value, found[programme.LOG].value) == ("none", "not yet")


def test_release_stop_and_verdict_are_told(cast: Cast) -> None:
    available(cast)
    open_stop(scope="programme", value="", reason=REASON, actor=cast.actor("admin"))
    record_event(action="audits.log_broken", actor=cast.system())
    found = values(cast, "officer")
    assert (found["Open stops"].value, found["Open stops"].tone) == ("1", "warn")
    assert (found[programme.LOG].value, found[programme.LOG].tone) == ("broken", "danger")
    record_event(action="audits.log_verified", actor=cast.system())
    assert values(cast, "officer")[programme.LOG].value == "intact"


def test_the_page_takes_few_queries_and_names_nobody(cast: Cast, django_assert_max_num_queries: Any) -> None:
    client = cast.client("officer")
    with django_assert_max_num_queries(40):
        answer = client.get(reverse("home"))
    text = answer.content.decode()
    assert "The programme now" in text
    assert cast.subject().pseudonym not in text


def test_somebody_without_a_role_starts_in_the_portal(cast: Cast) -> None:
    assert cast.client("employee").get(reverse("home")).headers["Location"] == "/me/"
