"""A log of years is read in portions, each as strict as if all of it were read at once."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone

from audits import background, checkpoints, locks, rounds, sequence, verification
from audits.models import AuditEntry, LogReading
from audits.sequence import Broken
from tests.server.audits.support import advance_all, fill, tamper
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

#: As many as are fetched at once: in the product a portion has 65,536.
PORTION = 4096
SIZE = 3 * PORTION + 300


@pytest.fixture(autouse=True)
def short_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PORTION", PORTION)


@pytest.fixture
def log() -> int:
    """Signed at sizes within tiles, between portions and at the end."""
    for size in (PORTION - 1, 1, 1, PORTION + 200, PORTION + 99):
        fill(size)
        advance_all(AuditEntry.objects.count())
        assert checkpoints.sign() is not None
    last = sequence.latest()
    assert last is not None
    assert last.size == SIZE
    return SIZE


def read_all() -> list[int]:
    """How far each portion came, until the reading ended."""
    came: list[int] = []
    for _portion in range(10):
        rounds.go_on(seconds=0)
        row = LogReading.objects.get()
        if not row.working:
            return came
        came.append(row.done)
    raise AssertionError(came)


def begin_again() -> None:
    LogReading.objects.update(begun_at=timezone.now() - rounds.EVERY)


def test_portions_follow_each_other_and_the_verdict_comes_at_the_end(log: int) -> None:
    before = AuditEntry.objects.count()
    assert read_all() == [PORTION, 2 * PORTION, 3 * PORTION]
    verdict = AuditEntry.objects.latest("pk")
    assert AuditEntry.objects.count() == before + 1
    assert verdict.action == "audits.log_verified"
    assert f'"size":{log}' in verdict.leaf
    row = LogReading.objects.get()
    assert (row.state, row.done, bytes(row.stand), rounds.under_way()) == ("done", log, b"", None)


def test_the_page_shows_how_far_a_reading_is(log: int, cast: Cast) -> None:
    page = cast.client("auditor").get("/audit/").content.decode()
    assert "being read again" not in page
    rounds.go_on(seconds=0)
    total = LogReading.objects.get().total
    page = cast.client("auditor").get("/audit/").content.decode()
    assert f"being read again, {PORTION * 100 // total}&nbsp;% so far" in page


def test_with_time_enough_it_is_one_portion(log: int) -> None:
    rounds.go_on()
    assert LogReading.objects.get().state == "done"


def test_the_log_is_read_again_after_an_hour_and_not_before(log: int) -> None:
    read_all()
    rounds.go_on()
    assert AuditEntry.objects.filter(action="audits.log_verified").count() == 1
    begin_again()
    rounds.go_on()
    assert AuditEntry.objects.filter(action="audits.log_verified").count() == 2
    assert LogReading.objects.count() == 1


BAD = {
    "entry": "UPDATE audits_auditentry SET leaf = replace(leaf, '\"n\":', '\"n\":9')"
    " WHERE id = (SELECT id FROM audits_auditentry ORDER BY txid, id OFFSET {place} LIMIT 1)",
    "removed": "DELETE FROM audits_auditentry"
    " WHERE id = (SELECT id FROM audits_auditentry ORDER BY txid, id OFFSET {place} LIMIT 1)",
    "tile": "UPDATE audits_tile SET hashes = set_byte(hashes, 7, get_byte(hashes, 7) # 1)"
    " WHERE level = 0 AND index = {place} / 256",
    "root of a tile": "UPDATE audits_tile SET root = set_byte(root, 7, get_byte(root, 7) # 1)"
    " WHERE level = 0 AND index = {place} / 256",
    "person": "UPDATE audits_subjectentry SET leaf = set_byte(leaf, 7, get_byte(leaf, 7) # 1)"
    " WHERE index = (SELECT min(index) FROM audits_subjectentry WHERE index >= {place})",
    "person removed": "DELETE FROM audits_subjectentry"
    " WHERE index = (SELECT min(index) FROM audits_subjectentry WHERE index >= {place})",
}


@pytest.mark.parametrize("place", [3, PORTION + 5, 3 * PORTION - 256])
@pytest.mark.parametrize("what", BAD)
def test_what_was_changed_is_found_in_whichever_portion_it_lies(log: int, what: str, place: int) -> None:
    tamper(BAD[what].format(place=place))
    with pytest.raises(Broken):
        read_all()
    assert LogReading.objects.get().state == "failed"
    assert AuditEntry.objects.latest("pk").action == "audits.log_broken"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audits_signedcheckpoint SET root = repeat('0', 64) WHERE size = {size}",
        "UPDATE audits_checkpoint SET root = repeat('0', 64) WHERE size = {size}",
        "UPDATE audits_signedcheckpoint SET size = {size} + 50 WHERE size = {size}",
    ],
)
@pytest.mark.parametrize("size", [PORTION - 1, PORTION, PORTION + 1, 2 * PORTION + 201])
def test_a_checkpoint_beside_the_end_of_a_portion_is_compared(log: int, statement: str, size: int) -> None:
    tamper(statement.format(size=size))
    with pytest.raises(Broken):
        read_all()


def test_what_was_read_before_it_was_changed_is_found_by_the_next_reading(log: int) -> None:
    rounds.go_on(seconds=0)
    tamper(BAD["entry"].format(place=3))
    read_all()
    assert AuditEntry.objects.latest("pk").action == "audits.log_verified"
    begin_again()
    with pytest.raises(Broken, match="entry 3 "):
        read_all()


def test_who_writes_into_the_database_alone_cannot_have_a_part_left_out(log: int) -> None:
    tamper(BAD["entry"].format(place=3))
    unsealed = msgspec.msgpack.encode(verification.Stand(3 * PORTION, (1, 1), [], [], {}))
    for stand in (b"short", b"x" * 200, unsealed):
        LogReading.objects.all().delete()
        LogReading.objects.create(total=log, stand=stand)
        with pytest.raises(Broken, match="entry 3 "):
            rounds.go_on(seconds=0)


def test_the_stand_of_one_reading_is_none_of_another(log: int) -> None:
    rounds.go_on(seconds=0)
    stand = bytes(LogReading.objects.get().stand)
    LogReading.objects.all().delete()
    LogReading.objects.create(total=log, stand=stand)
    rounds.go_on(seconds=0)
    assert LogReading.objects.get().done == PORTION


def test_two_workers_do_not_read_the_same_portion(log: int) -> None:
    rounds.go_on(seconds=0)
    row = LogReading.objects.get()
    assert background.claim(LogReading.objects.all(), row.pk) is not None
    rounds.go_on()
    assert LogReading.objects.get().done == PORTION
    shown = rounds.under_way()
    assert shown is not None
    assert shown.percent == PORTION * 100 // log


def test_the_portion_of_a_lost_worker_is_read_again(log: int) -> None:
    rounds.go_on(seconds=0)
    background.claim(LogReading.objects.all(), LogReading.objects.get().pk)
    LogReading.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert read_all() == [2 * PORTION, 3 * PORTION]
    assert AuditEntry.objects.latest("pk").action == "audits.log_verified"


def test_a_worker_whose_claim_went_to_another_keeps_nothing(
    log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = verification.read_on

    def slowly(*arguments: object) -> verification.Stand | None:
        found = read(*arguments)  # type: ignore[arg-type]  # as it was called
        LogReading.objects.update(claimed_until=timezone.now() + timedelta(days=1))
        return found

    monkeypatch.setattr(verification, "read_on", slowly)
    before = AuditEntry.objects.count()
    rounds.go_on(seconds=0)
    assert (LogReading.objects.get().done, AuditEntry.objects.count()) == (0, before)
    LogReading.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    rounds.go_on()
    assert (LogReading.objects.get().state, AuditEntry.objects.count()) == ("running", before)


def test_without_a_log_there_is_nothing_to_read() -> None:
    rounds.go_on()
    assert not LogReading.objects.exists()


def test_a_lock_is_for_one_at_a_time() -> None:
    with locks.alone("example") as first:
        assert first
    with locks.alone("example") as again:
        assert again
