"""What the law of a place allows, decided from packs that are only data."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core import jurisdiction
from mci_core.errors import Invalid
from mci_core.jurisdiction import Agreement, Notified, Pack, Ruling, parse_pack
from mci_core.policy_model import SIGNALS

DAY = date(2026, 11, 20)


def pack(pack_id: str, place: str, **changes: Any) -> Pack:
    body = {
        "id": pack_id,
        "place": place,
        "source": f"source of {pack_id}",
        "review_by": "2027-06-30",
        "effective_from": "2020-01-01",
    }
    return parse_pack({**body, **changes})


US = pack("us", "US", requires_notice="none", needs_region=True)
NEW_YORK = pack("us-ny", "US-NY")
DELAWARE = pack("us-de", "US-DE", requires_notice="daily")
MAINE = pack("us-me", "US-ME", requires_notice="yearly", personal_device="deny")
UNION = pack("eu", "EU", members=["DE", "IT"], requires_agreement=True)
GERMANY = pack("de", "DE", denied_signals=["keystroke", "text", "screenshot"])
ITALY = pack("it", "IT", requires_agreement=True, retention_ceiling_days=21)
LATER = pack("us-ct", "US-CT", effective_from="2026-10-01", denied_signals=["text"])
PAST = pack("us-old", "US-NY", effective_to="2026-01-01", denied_signals=["click"])
SPECIFIC = pack("us-wa", "US-WA", notice_form="specific")
PACKS = [US, SPECIFIC, NEW_YORK, DELAWARE, MAINE, UNION, GERMANY, ITALY, LATER, PAST]
AGREED = Agreement(
    "works council 12", "DE", ("click", "text", "scroll"), date(2026, 1, 1), date(2026, 12, 31)
)


def ruled(place: str | None, **changes: Any) -> Ruling:
    facts: dict[str, Any] = {"acknowledged_on": DAY, "agreement": None, "personal_device": False}
    day = changes.pop("on", DAY)
    return jurisdiction.decide(PACKS, place, day, **{**facts, **changes})


@pytest.mark.parametrize("place", [None, "", "JP", "US", "EU-DE", "us-ny", "D", "USA"])
def test_an_unknown_place_means_no_capture(place: str | None) -> None:
    ruling = ruled(place)
    assert (ruling.capture, ruling.reason) == (False, "unknown_place")
    assert ruling.denied_signals == SIGNALS


def test_no_packs_mean_no_capture() -> None:
    ruling = jurisdiction.decide([], "US-NY", DAY, acknowledged_on=DAY, agreement=None, personal_device=False)
    assert ruling.reason == "unknown_place"


def test_an_acknowledged_notice_opens_a_place_that_wants_one() -> None:
    assert ruled("US-NY") == Ruling(True, "allowed", (), "us-ny", "source of us-ny", None, False)


def test_a_place_below_a_known_one_falls_under_its_law() -> None:
    assert ruled("US-TX").pack_id == "us"
    assert ruled("US-NY-NYC").pack_id == "us-ny"


@pytest.mark.parametrize("acknowledged_on", [None, DAY + timedelta(days=1)])
def test_no_acknowledgement_means_no_capture_also_where_no_law_asks_for_it(
    acknowledged_on: date | None,
) -> None:
    for place in ("US-TX", "US-NY"):
        ruling = ruled(place, acknowledged_on=acknowledged_on)
        assert (ruling.capture, ruling.reason) == (False, "notice_missing")


@pytest.mark.parametrize(
    ("place", "acknowledged_on", "on", "reason"),
    [
        ("US-NY", date(2020, 1, 1), DAY, "allowed"),
        ("US-DE", DAY, DAY, "allowed"),
        ("US-DE", DAY - timedelta(days=1), DAY, "notice_due"),
        ("US-ME", date(2025, 11, 21), DAY, "allowed"),
        ("US-ME", date(2025, 11, 20), DAY, "notice_due"),
        ("US-ME", date(2024, 2, 29), date(2025, 2, 27), "allowed"),
        ("US-ME", date(2024, 2, 29), date(2025, 2, 28), "notice_due"),
    ],
)
def test_an_acknowledgement_lasts_as_long_as_the_law_says(
    place: str, acknowledged_on: date, on: date, reason: str
) -> None:
    assert ruled(place, acknowledged_on=acknowledged_on, on=on).reason == reason


def test_a_personal_device_is_denied_where_the_law_says_so() -> None:
    assert ruled("US-ME", personal_device=True).reason == "personal_device"
    assert ruled("US-NY", personal_device=True).capture


@pytest.mark.parametrize(
    "agreement",
    [
        None,
        Agreement("1", "IT", ("click",), date(2026, 1, 1)),
        Agreement("2", "DE", ("click",), date(2026, 12, 1)),
        Agreement("3", "DE", ("click",), date(2026, 1, 1), date(2026, 11, 19)),
        Agreement("4", "DE-BY", ("click",), date(2026, 1, 1)),
    ],
)
def test_without_an_agreement_in_force_there_is_no_capture_where_one_is_needed(
    agreement: Agreement | None,
) -> None:
    ruling = ruled("DE", agreement=agreement)
    assert (ruling.capture, ruling.reason, ruling.pack_id) == (False, "agreement_missing", "eu")


def test_an_agreement_opens_only_what_it_lists_and_never_what_the_law_denies() -> None:
    ruling = ruled("DE", agreement=AGREED)
    assert ruling.capture
    assert set(SIGNALS) - set(ruling.denied_signals) == {"click", "scroll"}


def test_an_agreement_that_lists_nothing_opens_nothing() -> None:
    ruling = ruled("IT", agreement=Agreement("5", "IT", (), date(2026, 1, 1)))
    assert ruling.denied_signals == SIGNALS


def test_an_agreement_is_an_upper_bound_also_where_none_is_needed() -> None:
    ruling = ruled("US-NY", agreement=Agreement("6", "US-NY", ("click",), date(2026, 1, 1)))
    assert set(SIGNALS) - set(ruling.denied_signals) == {"click"}


@pytest.mark.parametrize(
    ("place", "read", "reason"),
    [
        ("US-WA", Notified(DAY, specific=False), "notice_not_specific"),
        ("US-WA", Notified(DAY), "allowed"),
        ("US-NY", Notified(DAY, specific=False), "allowed"),
        ("US-NY", Notified(DAY, covers=False), "notice_outgrown"),
        ("US-DE", Notified(DAY - timedelta(days=1), covers=False), "notice_due"),
    ],
)
def test_a_notice_has_to_say_what_the_law_asks_for_and_all_that_is_captured(
    place: str, read: Notified, reason: str
) -> None:
    assert ruled(place, acknowledged_on=read).reason == reason


def test_the_shortest_retention_ceiling_wins() -> None:
    def ceiling(days: int | None) -> int | None:
        agreement = Agreement("7", "IT", SIGNALS, date(2026, 1, 1), retention_ceiling_days=days)
        return ruled("IT", agreement=agreement).retention_ceiling_days

    assert (ceiling(None), ceiling(90), ceiling(7)) == (21, 21, 7)
    assert ruled("US-NY").retention_ceiling_days is None


def test_a_law_counts_from_its_first_to_its_last_day() -> None:
    assert ruled("US-CT", on=date(2026, 9, 30), acknowledged_on=date(2026, 1, 1)).denied_signals == ()
    assert ruled("US-CT", on=date(2026, 10, 1), acknowledged_on=date(2026, 1, 1)).denied_signals == ("text",)
    assert ruled("US-NY", on=date(2026, 1, 1), acknowledged_on=date(2026, 1, 1)).denied_signals == ("click",)
    assert ruled("US-NY", on=date(2026, 1, 2), acknowledged_on=date(2026, 1, 1)).denied_signals == ()


def test_a_law_past_its_review_stays_in_force_and_says_so() -> None:
    ruling = ruled("US-NY", on=date(2027, 7, 1))
    assert ruling.capture
    assert ruling.review_due


def test_every_reason_has_a_sentence() -> None:
    for place in (None, "US-NY", "US-ME", "DE", "US-DE"):
        for personal in (True, False):
            for day in (None, DAY, DAY - timedelta(days=800)):
                assert (
                    ruled(place, acknowledged_on=day, personal_device=personal).reason in jurisdiction.REASONS
                )


@given(
    st.sampled_from([None, "US-NY", "US-DE", "US-ME", "US-CT", "DE", "IT", "US", "JP"]),
    st.dates(date(2024, 1, 1), date(2028, 1, 1)),
    st.none() | st.dates(date(2024, 1, 1), date(2028, 1, 1)),
    st.sampled_from([None, AGREED]),
    st.booleans(),
    st.sampled_from(PACKS),
)
def test_a_further_law_never_allows_more(
    place: str | None, on: date, read: date | None, agreement: Agreement | None, personal: bool, further: Pack
) -> None:
    def ruling(packs: list[Pack]) -> Ruling:
        return jurisdiction.decide(
            packs, place, on, acknowledged_on=read, agreement=agreement, personal_device=personal
        )

    few, many = [law for law in PACKS if law != further], PACKS
    before, after = ruling(few), ruling(many)
    if before.reason != "unknown_place":
        assert before.capture or not after.capture
        assert set(before.denied_signals) <= set(after.denied_signals)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": ""}, "id"),
        ({"source": None}, "source"),
        ({"mood": 1}, "mood"),
        ({"review_by": "soon"}, "review_by"),
        ({"effective_from": 5}, "effective_from"),
        ({"requires_notice": "sometimes"}, "requires_notice"),
        ({"personal_device": "maybe"}, "personal_device"),
        ({"denied_signals": ["mood"]}, "denied_signals"),
        ({"requires_agreement": "yes"}, "requires_agreement"),
        ({"needs_region": 1}, "needs_region"),
        ({"retention_ceiling_days": 0}, "retention_ceiling_days"),
    ],
)
def test_a_pack_that_cannot_be_read_names_the_key(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        pack("x", "US", **changes)
    assert (caught.value.code, caught.value.field) == ("pack_invalid", field)


def test_days_may_be_dates_already() -> None:
    assert pack("x", "US", effective_to=DAY).effective_to == DAY
