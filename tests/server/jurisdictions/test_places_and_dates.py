"""The law over places and dates: one row per case, asked of the same function that leases ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import WorkLocation
from jurisdictions.actions import load_packs
from jurisdictions.models import Acknowledgement, Agreement, LawPack, Notice, PlaceMode
from jurisdictions.rulings import SubjectRuling, ruling_for
from mci_core.policy_model import SIGNALS
from tests.server.cast import Cast

KEYS_AND_FRAMES = {"keystroke", "text", "clipboard", "screenshot"}
START = datetime(2025, 1, 1, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """``2026-09-30 23:59-04:00``; without an offset it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass
class World:
    """Facts with their own dates, written as rows: the actions would date them today."""

    cast: Cast

    def works(self, place: str, since: str, until: str | None = None, source: str = "hr") -> None:
        period = DateTimeTZRange(at(since), None if until is None else at(until))
        WorkLocation.objects.create(subject=self.cast.subject(), place=place, period=period, source=source)

    def notice(self, place: str = "", since: datetime = START, *, generated: bool = False) -> Notice:
        number = Notice.objects.count() + 1
        return Notice.objects.create(
            number=number,
            place=place,
            generated=generated,
            for_everybody=not generated,
            title="What is recorded",
            text=f"Text {number}",
            text_sha256=f"{number:064d}",
            published_at=since,
        )

    def read(self, notice: Notice, *days: str) -> None:
        for day in days:
            Acknowledgement.objects.create(
                subject=self.cast.subject(),
                notice=notice,
                text_sha256=notice.text_sha256,
                channel="portal",
                at=at(day),
            )

    def agreed(
        self, place: str, first: str, last: str, signals: Sequence[str] = SIGNALS, days: int | None = None
    ) -> Agreement:
        return Agreement.objects.create(
            place=place,
            kind="works_council",
            number="BV 1",
            signals=list(signals),
            valid_from=date.fromisoformat(first),
            valid_to=date.fromisoformat(last),
            retention_ceiling_days=days,
            recorded_by=self.cast.officer,
            recorded_at=at(first),
        )

    def chosen(self, place: str, mode: str, since: str) -> None:
        PlaceMode.objects.create(
            place=place, mode=mode, reason="counsel", set_by=self.cast.officer, at=at(since)
        )

    def ruled(self, moment: str, *, personal: bool = False) -> SubjectRuling:
        return ruling_for(self.cast.subject(), at=at(moment), personal_device=personal)

    def reason(self, moment: str, *, personal: bool = False) -> str:
        return self.ruled(moment, personal=personal).reason


@pytest.fixture
def world(cast: Cast) -> World:
    load_packs(actor=cast.system())
    return World(cast)


#: place, day on which the general notice was read, moment, personal device, reason
SIMPLE = [
    ("US-TX", "2026-11-01", "2026-11-20 15:00", False, "allowed"),
    ("US-TX", None, "2026-11-20 15:00", False, "notice_missing"),
    ("US-NY", "2026-11-01", "2026-11-20 15:00", False, "allowed"),
    ("US-NY", None, "2026-11-20 15:00", False, "notice_missing"),
    ("US-NY", "2026-11-20", "2026-11-19 15:00", False, "notice_missing"),
    ("US-CA", "2026-11-01", "2026-11-20 15:00", False, "allowed"),
    ("US-CT", "2026-01-10", "2026-09-30 23:59-04:00", False, "allowed"),
    ("US-CT", "2026-01-10", "2026-10-01 00:00-04:00", False, "notice_not_specific"),
    ("US-CT", None, "2026-10-01 00:00-04:00", False, "notice_missing"),
    ("US-ME", "2026-08-01", "2026-11-20 15:00", False, "allowed"),
    ("US-ME", "2025-11-21 12:00", "2026-11-20 23:59-05:00", False, "allowed"),
    ("US-ME", "2025-11-21 12:00", "2026-11-21 00:00-05:00", False, "notice_due"),
    ("US-ME", "2025-02-01", "2026-07-13 12:00-04:00", False, "allowed"),
    ("US-ME", "2025-02-01", "2026-07-14 12:00-04:00", False, "notice_due"),
    ("US-ME", "2026-08-01", "2026-11-20 15:00", True, "personal_device"),
    ("US-NY", "2026-11-01", "2026-11-20 15:00", True, "allowed"),
    ("US-DE", "2026-11-01", "2026-11-20 15:00", False, "allowed"),
    ("US", "2026-11-01", "2026-11-20 15:00", False, "unknown_place"),
    ("BR", "2026-11-01", "2026-11-20 15:00", False, "unknown_place"),
    (None, "2026-11-01", "2026-11-20 15:00", False, "unknown_place"),
    ("FR", "2026-11-01", "2026-11-20 15:00", False, "agreement_missing"),
    ("NO", "2026-11-01", "2026-11-20 15:00", False, "agreement_missing"),
    ("IT", "2026-11-01", "2026-11-20 15:00", False, "agreement_missing"),
    ("DE", "2026-11-01", "2026-11-20 15:00", False, "agreement_missing"),
]


@pytest.mark.parametrize(("place", "read", "moment", "personal", "reason"), SIMPLE)
def test_a_place_on_a_day(
    world: World, place: str | None, read: str | None, moment: str, personal: bool, reason: str
) -> None:
    if place is not None:
        world.works(place, "2025-01-01")
    notice = world.notice()
    if read is not None:
        world.read(notice, read)
    ruling = world.ruled(moment, personal=personal)
    assert (ruling.reason, ruling.capture) == (reason, reason == "allowed")


def test_connecticut_from_the_first_of_october_wants_the_notice_that_names_types_and_places(
    world: World,
) -> None:
    world.works("US-CT", "2025-01-01")
    world.read(world.notice(), "2026-01-10")
    before, after = world.ruled("2026-09-30 15:00"), world.ruled("2026-10-01 15:00")
    assert (before.capture, before.source) == (True, "Connecticut General Statutes section 31-48d")
    assert not after.capture
    assert "Public Act 26-73" in (after.source or "")
    specific = world.notice("US-CT", at("2026-09-20"), generated=True)
    assert world.reason("2026-10-01 15:00") == "notice_not_specific"
    assert world.ruled("2026-10-01 15:00").notice == specific
    world.read(specific, "2026-10-01 14:00")
    assert world.reason("2026-10-01 13:59") == "notice_not_specific"
    assert world.reason("2026-10-01 15:00") == "allowed"
    assert world.ruled("2026-10-01 15:00").notice_digest == specific.text_sha256


def test_the_last_lease_under_the_old_law_ends_with_its_last_day(world: World) -> None:
    world.works("US-CT", "2025-01-01")
    world.read(world.notice(), "2026-01-10")
    assert world.ruled("2026-09-30 23:50-04:00").until == at("2026-10-01 00:00-04:00")
    assert world.ruled("2026-09-29 23:50-04:00").until is None


def test_delaware_in_both_modes(world: World) -> None:
    world.works("US-DE", "2025-01-01")
    notice = world.notice()
    world.read(notice, "2026-11-02 14:00")
    assert world.reason("2026-11-09 14:00") == "allowed"
    world.chosen("US-DE", "each_day", "2026-11-10 09:00")
    assert world.reason("2026-11-09 14:00") == "allowed"  # the choice counts from when it was made
    assert world.reason("2026-11-10 14:00") == "notice_due"
    world.read(notice, "2026-11-10 14:30")
    assert world.reason("2026-11-10 15:00") == "allowed"
    assert world.reason("2026-11-11 04:59") == "allowed"  # still the tenth in Delaware
    assert world.reason("2026-11-11 05:00") == "notice_due"
    assert world.ruled("2026-11-11 04:50").until == at("2026-11-11 05:00")
    world.chosen("US-DE", "acknowledged_once", "2026-11-12 09:00")
    assert world.reason("2026-11-13 14:00") == "allowed"


def test_a_move_from_new_york_to_milan_in_mid_month(world: World) -> None:
    world.works("US-NY", "2025-01-01", "2026-11-15 00:00+01:00")
    world.works("IT", "2026-11-15 00:00+01:00")
    world.read(world.notice(), "2026-01-10")
    last = world.ruled("2026-11-14 17:59")
    assert (last.place, last.capture) == ("US-NY", True)
    assert world.ruled("2026-11-14 22:50").until == at("2026-11-14 23:00")
    first = world.ruled("2026-11-14 23:00")
    assert (first.place, first.reason) == ("IT", "agreement_missing")
    assert (first.pack_id, first.retention_ceiling_days) == ("it", 21)
    world.agreed("IT", "2026-11-20", "2027-11-19", ("click", "scroll"), days=90)
    assert world.reason("2026-11-19 12:00") == "agreement_missing"
    agreed = world.ruled("2026-11-20 12:00")
    assert (agreed.capture, agreed.retention_ceiling_days) == (True, 21)
    assert set(SIGNALS) - set(agreed.denied_signals) == {"click", "scroll"}
    assert (world.ruled("2026-11-14 12:00").place, world.reason("2026-11-14 12:00")) == ("US-NY", "allowed")


def test_who_moves_reads_the_notice_of_the_new_place(world: World) -> None:
    world.works("US-NY", "2025-01-01", "2026-11-15")
    world.works("FR", "2026-11-15")
    world.agreed("FR", "2026-01-01", "2027-11-19")
    here, there = world.notice("US-NY", generated=True), world.notice("EU", generated=True)
    world.read(here, "2026-01-10")
    assert world.ruled("2026-11-14 12:00").notice_digest == here.text_sha256
    assert world.reason("2026-11-16 12:00") == "notice_missing"
    assert world.ruled("2026-11-16 12:00").notice == there
    world.read(there, "2026-11-16 13:00")
    assert world.ruled("2026-11-16 14:00").notice_digest == there.text_sha256


def test_a_business_trip_to_berlin_takes_keys_text_and_frames_and_ends_by_itself(world: World) -> None:
    world.works("US-NY", "2025-01-01")
    world.read(world.notice(), "2026-01-10")
    world.works("DE-BE", "2026-11-10 06:00", "2026-11-13 20:00", "trip")
    assert world.reason("2026-11-11 12:00") == "agreement_missing"
    world.agreed("DE", "2026-01-01", "2026-12-31")
    assert world.ruled("2026-11-10 05:50").until == at("2026-11-10 06:00")
    away = world.ruled("2026-11-11 12:00")
    assert (away.capture, away.place, away.pack_id) == (True, "DE-BE", "de")
    assert set(away.denied_signals) >= KEYS_AND_FRAMES
    assert world.ruled("2026-11-13 19:50").until == at("2026-11-13 20:00")
    back = world.ruled("2026-11-13 20:00")
    assert (back.capture, back.place, back.denied_signals) == (True, "US-NY", ())


def test_between_two_places_the_place_is_unknown(world: World) -> None:
    world.works("US-NY", "2025-01-01", "2026-11-05")
    world.works("US-CA", "2026-11-08")
    world.read(world.notice(), "2026-01-10")
    assert world.reason("2026-11-04 12:00") == "allowed"
    assert world.reason("2026-11-06 12:00") == "unknown_place"
    assert world.ruled("2026-11-06 12:00").denied_signals == SIGNALS
    assert world.reason("2026-11-08 00:00") == "allowed"


def test_an_agreement_is_over_that_night_at_the_place(world: World) -> None:
    world.works("DE", "2025-01-01")
    world.read(world.notice(), "2026-01-10")
    world.agreed("DE", "2026-01-01", "2026-11-20", ("click",))
    evening = world.ruled("2026-11-20 23:50+01:00")
    assert evening.capture
    assert evening.until == at("2026-11-21 00:00+01:00")  # no lease reaches into the night
    assert world.reason("2026-11-20 23:59+01:00") == "allowed"
    assert world.reason("2026-11-21 00:00+01:00") == "agreement_missing"
    Agreement.objects.filter(
        pk=world.agreed("DE", "2026-11-21", "2027-11-20", ("click", "scroll")).pk
    ).update(recorded_at=at("2026-11-01 12:00"))
    assert world.ruled("2026-11-20 12:00").until is None  # the next one follows without a gap
    assert world.reason("2026-11-21 12:00") == "allowed"


def test_an_agreement_that_was_ended_counts_until_it_was(world: World) -> None:
    world.works("FR", "2025-01-01")
    world.read(world.notice(), "2026-01-10")
    row = world.agreed("FR", "2026-01-01", "2026-12-31")
    row.ended_at = at("2026-06-01 10:00")
    row.save()
    assert world.reason("2026-06-01 09:59") == "allowed"
    assert world.reason("2026-06-01 10:00") == "agreement_missing"


def test_an_agreement_allows_nothing_before_it_was_on_record(world: World) -> None:
    world.works("FR", "2025-01-01")
    world.read(world.notice(), "2026-01-10")
    row = world.agreed("FR", "2026-01-01", "2026-12-31")
    row.recorded_at = at("2026-03-01 10:00")
    row.save()
    assert world.reason("2026-02-01 12:00") == "agreement_missing"
    assert world.reason("2026-03-01 10:00") == "allowed"


def test_an_agreement_of_a_unit_is_for_its_people_and_its_sites(world: World) -> None:
    world.works("FR", "2025-01-01")
    world.read(world.notice(), "2026-01-10")
    row = world.agreed("DE", "2026-01-01", "2026-12-31", ("click",), days=14)
    row.also_places = ["FR"]
    row.departments = [world.cast.officer.pk]  # some other unit
    row.save()
    assert world.reason("2026-11-20 12:00") == "agreement_missing"
    row.departments = [world.cast.department.pk]
    row.save()
    ruling = world.ruled("2026-11-20 12:00")
    assert (ruling.capture, ruling.retention_ceiling_days) == (True, 14)
    whole = world.agreed("FR", "2026-01-01", "2026-12-31", ("scroll",))
    assert "click" not in world.ruled("2026-11-20 12:00").denied_signals  # the own unit's comes first
    whole.departments = [world.cast.department.pk]
    whole.also_places = []
    whole.save()
    assert world.ruled("2026-11-20 12:00").agreement is not None


def test_a_withdrawn_notice_counted_until_then(world: World) -> None:
    world.works("US-NY", "2025-01-01")
    notice = world.notice()
    world.read(notice, "2026-01-10")
    Notice.objects.update(withdrawn_at=at("2026-05-01 12:00"))
    assert world.reason("2026-05-01 11:59") == "allowed"
    assert world.reason("2026-05-01 12:00") == "notice_missing"


#: every place of the product, the day its law counts from, what the source has to name
LAWS = [
    ("us", "US", "1986-10-21", "18 U.S.C."),
    ("us-ny", "US-NY", "2022-05-07", "52-c"),
    ("us-ct", "US-CT", "1998-10-01", "31-48d"),
    ("us-ct", "US-CT", "2026-10-01", "26-73"),
    ("us-de", "US-DE", "2001-08-10", "705"),
    ("us-me", "US-ME", "2026-07-14", "LD 61"),
    ("us-ca", "US-CA", "2020-01-01", "7021 and 7101"),
    ("gdpr", "EU", "2018-05-25", "2016/679"),
    ("de", "DE", "2018-05-25", "2 AZR 681/16"),
    ("it", "IT", "2018-05-25", "300/1970"),
]


def test_every_law_of_the_product_is_there_with_its_day_source_and_reviewer(world: World) -> None:
    rows = LawPack.objects.order_by("key", "effective_from")
    assert {(row.key, row.place, row.effective_from.isoformat()) for row in rows} == {
        (key, place, day) for key, place, day, _source in LAWS
    }
    for row in rows:
        words = [source for key, _, day, source in LAWS if (key, day) == (row.key, str(row.effective_from))]
        assert words[0] in row.source
        assert row.reviewer
        assert row.reviewed_on is not None
        assert row.review_by > row.reviewed_on


def test_the_clocks_of_california_and_of_europe_are_data(world: World) -> None:
    california = LawPack.objects.get(key="us-ca").clocks
    assert (california["confirm"], california["answer"]["days"]) == ({"days": 10, "kind": "business"}, 45)
    assert (california["answer"]["extension_days"], california["register_months"]) == (45, 24)
    for key in ("gdpr", "de", "it"):
        clocks = LawPack.objects.get(key=key).clocks
        assert (clocks["answer"]["months"], clocks["answer"]["extension_months"]) == (1, 2)
        assert clocks["breach_hours"] == 72


def test_a_place_without_a_zone_of_its_own_keeps_the_days_of_utc(world: World) -> None:
    world.works("US-PR", "2025-01-01")
    world.read(world.notice(), "2026-11-20 23:30")
    assert world.ruled("2026-11-21 00:30").capture
    assert world.ruled("2026-11-20 23:29").reason == "notice_missing"
    assert world.ruled("2026-11-21 00:30").until is None
    assert world.ruled("2026-11-21 00:30").family == "US"
