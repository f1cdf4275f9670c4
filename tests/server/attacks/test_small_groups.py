"""Nobody is found out by being few, or by what stands beside their pseudonym: small departments and places,
and accounts and subjects in the log."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
from django.urls import reverse

from accounts.actors import named_in_log
from agents.actions import open_stop
from agents.models import CaptureStop
from audits.models import AuditEntry
from jurisdictions.actions import publish_notice
from tests.server.agents.support import NOTICE, agent_of
from tests.server.cast import REASON, Cast, make_device


def _stopped(cast: Cast, scope: str, value: str) -> str:
    stop = open_stop(scope=scope, value=value, reason=REASON, actor=cast.actor("officer"))
    return reverse("capture_policies:stop_detail", args=[stop.pk])


def _page(cast: Cast, person: str, address: str) -> str:
    response = cast.client(person).get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_stop_of_a_small_department_counts_its_devices_and_lists_none(cast: Cast) -> None:
    text = _page(cast, "admin", _stopped(cast, "department", str(cast.department.pk)))
    assert cast.subject().pseudonym not in text
    assert "Counted, not listed" in text


def test_a_stop_of_a_department_of_enough_people_lists_its_devices(cast: Cast) -> None:
    for name in ("ml", "auditor", "officer"):
        make_device(cast.subject(name), cast.admin, name=f"computer of {name}")
    address = _stopped(cast, "department", str(cast.department.pk))
    assert cast.subject().pseudonym in _page(cast, "admin", address)
    assert cast.subject().pseudonym not in _page(cast, "ml", address)


def test_a_stop_of_the_programme_or_of_one_device_lists_what_the_list_of_devices_shows(cast: Cast) -> None:
    for scope, value in (("programme", ""), ("device", str(cast.device.pk))):
        assert cast.subject().pseudonym in _page(cast, "admin", _stopped(cast, scope, value))
        CaptureStop.objects.all().delete()


@pytest.mark.django_db
def test_no_entry_and_no_request_in_the_log_names_an_account_beside_its_subject(cast: Cast) -> None:
    """An employee reads, acknowledges, asks, changes the theme; an admin deals with them by name."""
    publish_notice(title="Notice", text=NOTICE, actor=cast.actor("officer"))
    person, admin = cast.client("employee"), cast.client("admin")
    person.get("/me/notices/")
    notice = person.get("/me/notices/").context["live"]
    assert person.post(f"/me/notices/{notice.pk}/acknowledge/").status_code == 302
    assert person.post("/profile/", {"theme": "dark", "time_zone": "UTC"}).status_code == 302
    person.post("/me/requests/new/", {"kind": "delete", "scope": "all", "message": "Please"})
    token = {"user": cast.employee.pk, "label": "desk", "quota": 1, "days": 7}
    assert admin.post("/devices/tokens/new/", token).status_code == 200
    admin.post(f"/people/{cast.employee.pk}/department/", {"department": cast.department.pk})
    admin.post(f"/people/{cast.employee.pk}/place/", {"place": "DE", "source": "hr", "start": "2999-01-01"})
    agent_of(cast).renew()
    account, subject = str(cast.employee.pk), str(cast.subject().pk)
    by_request: dict[str, str] = defaultdict(str)
    for entry in AuditEntry.objects.exclude(actor__startswith="system:"):
        assert not (account in entry.leaf and subject in entry.leaf), entry.action
        request = json.loads(entry.leaf)["request"]
        if request is not None and request != "request-of-the-cast":
            by_request[request] += entry.leaf
        # Acting by name in one minute and by pseudonym in the next would link the two by the clock.
        assert entry.actor != f"user:{account}", entry.action
    assert len(by_request) >= 5
    assert [text for text in by_request.values() if account in text and subject in text] == []


def test_staff_answer_for_what_they_do_by_name_and_employees_are_named_by_their_subject(cast: Cast) -> None:
    assert named_in_log(cast.employee) == {"obj": None, "subject": cast.subject().pk}
    assert named_in_log(cast.officer) == {"obj": cast.officer, "subject": None}
