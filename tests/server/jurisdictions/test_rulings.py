"""What the law says about one person here and now, from the rows of the database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from jurisdictions.actions import end_agreement, load_packs, withdraw_notice
from jurisdictions.models import Acknowledgement, LawPack
from jurisdictions.rulings import packs_on, ruling_for
from mci_core.policy_model import SIGNALS
from tests.server.cast import REASON, Cast
from tests.server.jurisdictions.support import agree, notice, ruling, work_in


@pytest.fixture(autouse=True)
def _packs(cast: Cast) -> None:
    load_packs(actor=cast.system())


def test_a_place_without_a_law_pack_is_unknown(cast: Cast) -> None:
    notice(cast)
    assert ruling(cast).reason == "unknown_place"
    work_in(cast, "BR")
    assert ruling(cast).reason == "unknown_place"


@pytest.mark.parametrize("place", ["US", "EU"])
def test_a_country_or_union_alone_says_too_little(cast: Cast, place: str) -> None:
    notice(cast)
    work_in(cast, place)
    assert ruling(cast).reason == "unknown_place"


@pytest.mark.parametrize("place", ["US-NY", "US-DE", "US-ME", "US-CA", "US-TX"])
def test_in_the_states_an_acknowledged_notice_suffices(cast: Cast, place: str) -> None:
    work_in(cast, place)
    found = notice(cast, read=False)
    assert ruling(cast).reason == "notice_missing"
    Acknowledgement.objects.create(subject=cast.subject(), notice=found, text_sha256=found.text_sha256)
    answer = ruling(cast)
    assert (answer.capture, answer.notice_digest) == (True, found.text_sha256)


def test_an_acknowledgement_of_other_words_does_not_count(cast: Cast) -> None:
    work_in(cast, "US-NY")
    found = notice(cast, read=False)
    Acknowledgement.objects.create(subject=cast.subject(), notice=found, text_sha256="0" * 64)
    assert ruling(cast).reason == "notice_missing"


def test_maine_asks_again_every_year_and_spares_personal_devices(cast: Cast) -> None:
    work_in(cast, "US-ME")
    notice(cast)
    assert ruling(cast).capture
    assert ruling(cast, personal=True).reason == "personal_device"
    Acknowledgement.objects.update(at=F("at") - timedelta(days=366))
    assert ruling(cast).reason == "notice_due"


@pytest.mark.parametrize("place", ["FR", "DE", "IT", "NO", "DE-BY"])
def test_in_europe_nothing_is_captured_without_an_agreement(cast: Cast, place: str) -> None:
    work_in(cast, place)
    notice(cast)
    assert ruling(cast).reason == "agreement_missing"


def test_an_agreement_allows_its_signals_only(cast: Cast) -> None:
    work_in(cast, "FR")
    notice(cast)
    agree(cast, "FR", ["click", "scroll"])
    answer = ruling(cast)
    assert answer.capture
    assert set(answer.denied_signals) == set(SIGNALS) - {"click", "scroll"}


def test_an_agreement_of_another_place_does_not_help(cast: Cast) -> None:
    work_in(cast, "FR")
    notice(cast)
    agree(cast, "IT")
    assert ruling(cast).reason == "agreement_missing"


def test_an_agreement_that_ended_allows_nothing(cast: Cast) -> None:
    work_in(cast, "FR")
    notice(cast)
    end_agreement(agreement=agree(cast, "FR"), reason=REASON, actor=cast.actor("officer"))
    assert ruling(cast).reason == "agreement_missing"


def test_no_agreement_gives_keys_text_or_screenshots_back_in_germany(cast: Cast) -> None:
    work_in(cast, "DE-BY")
    notice(cast)
    agree(cast, "DE", SIGNALS)
    answer = ruling(cast)
    assert answer.capture
    assert {"keystroke", "text", "screenshot"} <= set(answer.denied_signals)


def test_the_shortest_retention_of_law_and_agreement_counts(cast: Cast) -> None:
    work_in(cast, "IT")
    notice(cast)
    agree(cast, "IT", days=90)
    assert ruling(cast).retention_ceiling_days == 21
    agree(cast, "IT", days=7)
    assert ruling(cast).retention_ceiling_days == 7


def test_a_withdrawn_notice_gives_way_to_the_one_before(cast: Cast) -> None:
    work_in(cast, "US-NY")
    notice(cast)
    newer = notice(cast, read=False)
    assert ruling(cast).reason == "notice_missing"
    withdraw_notice(notice=newer, reason=REASON, actor=cast.actor("officer"))
    assert ruling(cast).capture


@pytest.mark.parametrize(
    ("day", "title"),
    [("2026-09-30", "Connecticut"), ("2026-10-01", "Connecticut, as amended by PA 26-73")],
)
def test_the_law_of_the_day_counts(day: str, title: str) -> None:
    (found,) = LawPack.objects.in_force(date.fromisoformat(day)).filter(key="us-ct")
    assert found.title == title
    assert [pack.id for pack in packs_on(date.fromisoformat(day))].count("us-ct") == 1


def test_yesterdays_place_does_not_count_today(cast: Cast) -> None:
    work_in(cast, "US-NY")
    notice(cast)
    before = timezone.now() - timedelta(days=2)
    assert ruling_for(cast.subject(), at=before, personal_device=False).reason == "unknown_place"
