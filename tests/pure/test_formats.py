"""How numbers, sizes, spans and moments read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from audits import formats


def plain(text: str) -> str:
    return text.replace(formats.THIN_SPACE, " ").replace(formats.NO_BREAK, " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (12400, "12 400"), (1_234_567, "1 234 567"), (None, "\N{EN DASH}")],
)
def test_counts_are_grouped_by_thousands(value: int | None, text: str) -> None:
    assert plain(formats.count(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (3_400_000, "3.4 MB"),
        (2e9, "2.0 GB"),
        (5e15, "5000.0 TB"),
        (None, "\N{EN DASH}"),
    ],
)
def test_sizes_are_decimal(value: float | None, text: str) -> None:
    assert plain(formats.size(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (90000, "1 d 1 h"),
        (-61, "\N{MINUS SIGN}1 min 1 s"),
        (None, "\N{EN DASH}"),
    ],
)
def test_spans_name_their_two_largest_units(value: float | None, text: str) -> None:
    assert plain(formats.span(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0423, "4.2 %"), (0.5, "50 %"), (0, "0 %"), (None, "\N{EN DASH}")]
)
def test_percents_lose_a_decimal_that_says_nothing(value: float | None, text: str) -> None:
    assert plain(formats.percent(value)) == text


def test_plurals_follow_the_number() -> None:
    assert plain(formats.plural(1, "entry", "entries")) == "1 entry"
    assert plain(formats.plural(2, "entry", "entries")) == "2 entries"
    assert plain(formats.plural(0, "device")) == "0 devices"


def test_moments_come_from_datetimes_days_and_unix_seconds() -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert formats.moment(noon) == noon
    assert formats.moment(noon.replace(tzinfo=None)) == noon
    assert formats.moment(date(2026, 11, 21)) == noon.replace(hour=0)
    assert formats.moment(int(noon.timestamp())) == noon
    assert formats.moment(None) is None
    assert formats.moment("") is None
    with pytest.raises(TypeError, match="str"):
        formats.moment("noon")


def test_moments_are_written_in_utc() -> None:
    later = datetime(2026, 11, 21, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert formats.absolute(later) == "20 Nov 2026, 23:30 UTC"
    assert formats.day(later) == "21 Nov 2026"


@pytest.mark.parametrize(
    ("word", "tone"),
    [
        ("applied", "ok"),
        ("in-review", "info"),
        ("Paused", "warn"),
        ("failed", "danger"),
        ("something else", "neutral"),
    ],
)
def test_states_have_a_tone(word: str, tone: str) -> None:
    assert formats.tone_of(word) == tone


def test_labels_are_words() -> None:
    assert formats.label_of("in_review") == "In review"
    assert formats.label_of("") == ""
