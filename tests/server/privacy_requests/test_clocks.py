"""By when a request is confirmed and answered, place by place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from privacy_requests.clocks import add_business_days, add_months, deadlines

FRIDAY = datetime(2026, 1, 30, 15, 0, tzinfo=UTC)


def test_california_confirms_in_ten_business_days_and_answers_in_forty_five_days() -> None:
    clock = deadlines("US-CA", FRIDAY)
    assert clock.confirm_by == datetime(2026, 2, 13, 15, 0, tzinfo=UTC)
    assert clock.due_at == datetime(2026, 3, 16, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("place", ["DE", "DE-BY", "IT"])
def test_europe_answers_in_a_month(place: str) -> None:
    clock = deadlines(place, FRIDAY)
    assert clock.confirm_by is None
    assert clock.due_at == datetime(2026, 2, 28, 15, 0, tzinfo=UTC)


def test_an_unknown_place_has_a_clock_too() -> None:
    assert deadlines(None, FRIDAY).due_at > FRIDAY


def test_a_month_ends_on_its_last_day() -> None:
    assert add_months(datetime(2024, 1, 31, tzinfo=UTC), 1).day == 29
    assert add_months(datetime(2026, 11, 30, tzinfo=UTC), 3) == datetime(2027, 2, 28, tzinfo=UTC)


@pytest.mark.parametrize(("days", "day"), [(1, 2), (5, 6), (6, 9)])
def test_business_days_leave_the_week_end_out(days: int, day: int) -> None:
    assert add_business_days(FRIDAY, days) == datetime(2026, 2, day, 15, 0, tzinfo=UTC)
