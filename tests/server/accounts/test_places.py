"""One place at a time: statements cut what they overlap, and the database refuses an overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts import actions
from accounts.models import Subject, WorkLocation
from accounts.places import stays
from audits.actor import Actor
from audits.models import AuditEntry
from mci_core.errors import Forbidden, Invalid, NotFound
from tests.server.cast import Cast

SYSTEM = Actor.system("personnel")


def _day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


def _say(
    subject: Subject, place: str, start: int, end: int | None = None, source: str = "hr"
) -> WorkLocation:
    return actions.set_work_location(
        subject=subject,
        place=place,
        start=_day(start),
        end=None if end is None else _day(end),
        source=source,
        actor=SYSTEM,
    )


def _history(subject: Subject) -> list[tuple[str, datetime, datetime | None]]:
    rows = subject.locations.order_by("period")
    return [(row.place, row.period.lower, row.period.upper) for row in rows]


def test_moving_ends_the_earlier_place(cast: Cast) -> None:
    subject = cast.subject()
    _say(subject, "US-NY", 1)
    _say(subject, "DE", 10)
    assert _history(subject) == [("US-NY", _day(1), _day(10)), ("DE", _day(10), None)]


def test_a_trip_lies_over_the_base_place_and_ends_by_itself(cast: Cast) -> None:
    subject = cast.subject()
    _say(subject, "US-NY", 1)
    _say(subject, "IT", 10, 12, "trip")
    assert _history(subject) == [("US-NY", _day(1), None), ("IT", _day(10), _day(12))]
    assert [(stay.place, stay.start, stay.end) for stay in stays(subject)] == [
        ("US-NY", _day(1), _day(10)),
        ("IT", _day(10), _day(12)),
        ("US-NY", _day(12), None),
    ]
    for day, place in ((9, "US-NY"), (10, "IT"), (11, "IT"), (12, "US-NY")):
        assert [row.place for row in WorkLocation.objects.holding(_day(day))] == [place]


def test_a_move_during_a_trip_leaves_the_trip_alone(cast: Cast) -> None:
    subject = cast.subject()
    _say(subject, "US-NY", 1)
    _say(subject, "IT", 10, 14, "trip")
    _say(subject, "US-CA", 11)
    _say(subject, "FR", 13, 15, "trip")
    assert [(stay.place, stay.source_words) for stay in stays(subject)] == [
        ("US-NY", "Personnel record"),
        ("IT", "Trip"),
        ("FR", "Trip"),
        ("US-CA", "Personnel record"),
    ]


def test_a_trip_needs_an_end(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        _say(cast.subject(), "IT", 10, None, "trip")
    assert refused.value.field == "end"
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkLocation.objects.create(
            subject=cast.subject(), place="IT", period=DateTimeTZRange(_day(9), None), source="trip"
        )


def test_what_nobody_stated_is_an_unknown_place(cast: Cast) -> None:
    subject = cast.subject()
    assert stays(subject) == []
    _say(subject, "US-NY", 1, 5)
    _say(subject, "DE", 8, 10)
    found = stays(subject)
    assert [stay.place for stay in found] == ["US-NY", None, "DE", None]
    assert [stay.holds(_day(6)) for stay in found] == [False, True, False, False]


def test_a_statement_without_a_begin_is_kept_as_it_is(cast: Cast) -> None:
    subject = cast.subject()
    WorkLocation.objects.create(
        subject=subject, place="DE", period=DateTimeTZRange(None, _day(3)), source="hr"
    )
    assert [(stay.place, stay.start) for stay in stays(subject)] == [("DE", None), (None, _day(3))]


def test_a_place_that_is_covered_completely_is_gone(cast: Cast) -> None:
    subject = cast.subject()
    _say(subject, "IT", 10, 12)
    _say(subject, "US-CA", 1)
    assert _history(subject) == [("US-CA", _day(1), None)]


def test_the_database_refuses_an_overlap(cast: Cast) -> None:
    subject = cast.subject()
    _say(subject, "US-NY", 1, 10)
    with pytest.raises(IntegrityError, match="overlap"), transaction.atomic():
        WorkLocation.objects.create(
            subject=subject, place="IT", period=DateTimeTZRange(_day(9), _day(12)), source="hr"
        )
    WorkLocation.objects.create(
        subject=subject, place="IT", period=DateTimeTZRange(_day(10), _day(12)), source="hr"
    )


def test_the_database_refuses_an_empty_period(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkLocation.objects.create(
            subject=cast.subject(), place="IT", period=DateTimeTZRange(_day(9), _day(9)), source="hr"
        )


def test_two_people_may_be_in_two_places(cast: Cast) -> None:
    _say(cast.subject("employee"), "US-NY", 1)
    _say(cast.subject("colleague"), "DE", 1)


@pytest.mark.parametrize("place", ["germany", "D", "US_NY", "de", ""])
def test_a_place_that_is_no_code_is_refused(cast: Cast, place: str) -> None:
    with pytest.raises(Invalid):
        _say(cast.subject(), place, 1)


def test_a_person_states_only_their_own_place_and_not_backwards(cast: Cast) -> None:
    now = timezone.now()
    own = cast.actor("employee")
    row = actions.set_work_location(
        subject=cast.subject(), place="IT", start=now, end=None, source="employee", actor=own
    )
    entry = AuditEntry.objects.latest("pk")
    assert entry.actor == f"subject:{row.subject_id}"
    with pytest.raises(NotFound):
        actions.set_work_location(
            subject=cast.subject("colleague"), place="IT", start=now, end=None, source="employee", actor=own
        )
    with pytest.raises(Invalid):
        actions.set_work_location(
            subject=cast.subject(),
            place="IT",
            start=now - timedelta(days=9),
            end=None,
            source="employee",
            actor=own,
        )


def test_what_an_admin_states_is_logged_with_the_account_and_without_the_subject(cast: Cast) -> None:
    actions.set_work_location(
        subject=cast.subject(),
        place="IT",
        start=timezone.now(),
        end=None,
        source="hr",
        actor=cast.actor("admin"),
    )
    entry = AuditEntry.objects.latest("pk")
    assert (entry.subject, entry.object_id) == (None, str(cast.employee.pk))


def test_a_device_states_no_place(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        actions.set_work_location(
            subject=cast.subject(),
            place="IT",
            start=timezone.now(),
            end=None,
            source="hr",
            actor=cast.device_actor(),
        )
