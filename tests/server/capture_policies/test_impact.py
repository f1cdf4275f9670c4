"""How many people an entry reaches, and that no small group can be counted."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Department, Subject, User, WorkLocation
from agents.models import Device, EnrolmentToken
from capture_policies import impact
from jurisdictions.actions import load_packs
from jurisdictions.models import Agreement
from mci_core import policy as policies
from mci_core.policy import new_document, parse_entry
from tests.server.capture_policies.support import EXCEL, JIRA, Desk


def people(desk: Desk, department: str, count: int, *, place: str | None = "US-NY", **facts: Any) -> None:
    """So many employees of a department, each with one device."""
    group, _ = Department.objects.get_or_create(name=department)
    start = timezone.now() - timedelta(days=1)
    users = [_user() for _ in range(count)]
    subjects = Subject.objects.bulk_create(
        Subject(user=user, pseudonym=f"P-{secrets.token_hex(6)}", department=group) for user in users
    )
    token = EnrolmentToken.objects.create(
        subject=desk.cast.subject(),
        label="many",
        secret_sha256=secrets.token_hex(32),
        created_by=desk.admin,
        expires_at=start + timedelta(days=9),
    )
    Device.objects.bulk_create(
        Device(
            subject=subject,
            token=token,
            name="x",
            public_key=secrets.token_bytes(32),
            **{"os": "windows", **facts},
        )
        for subject in subjects
    )
    if place is not None:
        for subject in subjects:
            WorkLocation.objects.create(subject=subject, place=place, period=(start, None), source="hr")


def _user() -> User:
    return User.objects.create(email=f"{secrets.token_hex(8)}@example.com", display_name="One of many")


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    load_packs(actor=desk.cast.system())
    people(desk, "Sales", 8)
    people(desk, "Support", 3, place="US-TX")
    people(desk, "Design", 6, place="DE", os="macos")
    return desk


def test_a_site_reaches_everybody_and_small_places_are_not_named(staffed: Desk) -> None:
    found = impact.of_entry(JIRA)
    assert found.people == 17
    assert found.places == ["DE", "US-NY"]
    assert found.departments == ["Design", "Sales"]
    assert found.words == "17 people in 2 places"


def test_a_program_reaches_those_whose_platform_it_is_named_for(staffed: Desk) -> None:
    assert impact.of_entry(EXCEL).people == 11
    named = {**EXCEL, "match": {**EXCEL["match"], "windows": []}}
    assert impact.of_entry(named).people == 17


def test_the_law_takes_people_out_of_a_signal(staffed: Desk) -> None:
    entry = parse_entry({**JIRA, "signals": ["click", "keystroke"], "keystrokes": "text"})
    known = impact.fleet()
    found = impact.of_entry(entry, known=known, signals=["keystroke"])
    assert (found.people, found.places) == (11, ["US-NY"])


def test_somebody_whose_place_is_unknown_is_left_out_of_a_signal(desk: Desk) -> None:
    people(desk, "Sales", 6, place=None)
    assert impact.of_entry(JIRA).people == 6
    assert impact.of_entry(JIRA).where_words == ""
    assert impact.of_entry(JIRA, signals=["click"]).words == "nobody"


def test_a_change_concerns_those_before_and_after(staffed: Desk) -> None:
    apple = {**EXCEL, "match": {"windows": [], "macos": ["com.microsoft.Excel"], "linux": [], "names": []}}
    assert impact.of_change(EXCEL, apple).people == 17
    assert impact.of_change(None, apple).words == "6 people in DE"
    assert impact.of_change(EXCEL, None).people == 11


def test_few_people_are_never_told_as_a_number() -> None:
    assert impact.people_words(0) == "nobody"
    assert impact.people_words(4) == "fewer than 5 people"
    assert impact.Affected(812, ["US-CA", "US-NY", "US-TX"]).words == "812 people in 3 states"


def test_the_facts_are_one_query_however_many_people(desk: Desk) -> None:
    people(desk, "Sales", 3)
    with CaptureQueriesContext(
        connection,
    ) as few:
        impact.fleet()
    people(desk, "Sales", 60)
    with CaptureQueriesContext(connection) as many:
        impact.fleet()
    assert len(few) == len(many) == 1


def test_scope_and_tags_of_the_evaluator_count(staffed: Desk) -> None:
    sales = Department.objects.get(name="Sales")
    scoped = {**JIRA, "scope": {"groups": [str(sales.pk)], "places": ["US"]}}
    assert impact.of_entry(scoped).words == "8 people in US-NY"
    assert impact.of_entry({**JIRA, "scope": {"tags": ["pilot"]}}).words == "nobody"
    Device.objects.filter(subject__department=sales).update(tags=["pilot"])
    assert impact.of_entry({**JIRA, "scope": {"tags": ["pilot"]}}).people == 8


def test_a_policy_reaches_everybody_of_its_entries(staffed: Desk) -> None:
    document = {**new_document("x"), "entries": [EXCEL, JIRA], "rules": []}
    assert impact.of_policy(policies.parse(document)).people == 17


def test_an_agreement_of_one_unit_counts_for_its_people_only(staffed: Desk) -> None:
    people(staffed, "Research", 7, place="DE")
    research = Department.objects.get(name="Research")
    assert impact.of_entry(JIRA, signals=["click"]).places == ["US-NY"]
    today = timezone.now().date()
    Agreement.objects.create(
        place="DE",
        departments=[research.pk],
        kind="works_council",
        number="BV 7",
        signals=["click"],
        valid_from=today,
        valid_to=today + timedelta(days=3),
        recorded_by=staffed.officer,
    )
    found = impact.of_entry(JIRA, signals=["click"])
    assert (found.people, found.departments) == (18, ["Research", "Sales"])
