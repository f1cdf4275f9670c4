"""The ledger of erasures outside the database: appended once, noticed when changed, carried out again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import PersonKey
from capture_sessions.models import CaptureSession
from jurisdictions.actions import load_packs
from privacy_requests import actions, drill, ledger, tasks
from privacy_requests.after_restore import bring_up_to_date
from privacy_requests.ledger import Begun
from privacy_requests.models import Erasure, PrivacyRequest
from tests.server import asking, recordings
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.LEDGER_DIR = tmp_path / "ledger"
    return tmp_path / "ledger"


@pytest.fixture
def erasure(cast: Cast, folder: Path) -> Erasure:
    load_packs(actor=cast.system())
    recordings.available(cast)
    return Erasure.objects.get(request=asking.approved(cast))


def _file(folder: Path) -> Path:
    return folder / "erasures.jsonl"


def test_each_erasure_is_written_once_and_names_nobody(erasure: Erasure, folder: Path, cast: Cast) -> None:
    tasks.run_erasure(str(erasure.pk))
    before = _file(folder).read_bytes()
    erasure.refresh_from_db()
    ledger.begin(erasure)
    ledger.finish(erasure)
    assert _file(folder).read_bytes() == before
    assert [line["kind"] for line in ledger.lines()] == ["begun", "done"]
    assert [one.erasure for one in ledger.begun()] == [erasure.pk] == list(ledger.promised())
    for secret in (cast.employee.email, cast.employee.display_name, cast.subject().pseudonym):
        assert secret.encode() not in before


def test_a_first_attempt_that_came_to_nothing_does_not_shorten_what_is_erased_again(
    erasure: Erasure, folder: Path
) -> None:
    """What was captured between the attempts is erased, too; a restore must not bring it back."""
    first, later = timezone.now() - timedelta(hours=2), timezone.now()
    for moment in (first, later, first):
        erasure.frozen_at = moment
        ledger.begin(erasure)
    assert [line["kind"] for line in ledger.lines()] == ["begun", "begun"]
    assert [one.moment for one in ledger.begun()] == [later]


def test_the_ledger_has_its_name_on_the_disk(
    erasure: Erasure, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[Path]()
    monkeypatch.setattr(ledger, "sync_folder", synced.append)
    ledger.begin(erasure)
    ledger.finish(erasure)
    assert synced == [folder]


def test_a_changed_or_missing_line_is_noticed(erasure: Erasure, folder: Path) -> None:
    tasks.run_erasure(str(erasure.pk))
    first, second = _file(folder).read_bytes().splitlines(keepends=True)
    for wrong in (
        first.replace(b'"scope":"all"', b'"scope":"aLl"') + second,
        second,
        b"no line\n" + second,
        b'{"v":9}\n',
    ):
        _file(folder).write_bytes(wrong)
        with pytest.raises(ledger.LedgerBroken):
            ledger.lines()
    with pytest.raises(CommandError, match="ledger of erasures is broken"):
        call_command("after_restore")


def test_a_line_that_a_crash_cut_off_is_written_again(erasure: Erasure, folder: Path) -> None:
    tasks.run_erasure(str(erasure.pk))
    whole = _file(folder).read_bytes()
    _file(folder).write_bytes(whole[:-5])
    assert [line["kind"] for line in ledger.lines()] == ["begun"]
    erasure.refresh_from_db()
    ledger.finish(erasure)
    assert _file(folder).read_bytes() == whole


def test_a_restored_database_carries_out_what_it_does_not_know(cast: Cast, folder: Path) -> None:
    load_packs(actor=cast.system())
    some = recordings.available(cast)
    begun = asking.begun(cast, scope="sessions", sessions=(str(some.pk),))
    kept = recordings.available(cast)
    assert actions.replay_erasure(begun=begun, actor=cast.system()) is not None
    # Somebody took its number in the meantime, and this one is of a person whom the database never knew.
    taken = asking.begun(cast, moment=timezone.now() + timedelta(seconds=1))
    stranger = asking.begun(cast, subject=uuid4())
    for one in (begun, taken, stranger):
        _write(one, cast)
    lines: list[str] = []
    done = bring_up_to_date(lines.append)
    assert (done.carried_out, done.known, done.unknown, done.waiting) == (2, 0, 1, 0)
    again = bring_up_to_date()
    assert (again.carried_out, again.known, again.unknown) == (0, 2, 1)
    assert set(CaptureSession.objects.values_list("state", flat=True)) == {"erased"}
    assert PrivacyRequest.objects.get(pk=taken.request).number != begun.number
    assert len(lines) == 4
    assert kept.pk != some.pk
    call_command("after_restore")


def _write(begun: Begun, cast: Cast) -> None:
    request = PrivacyRequest(
        pk=begun.request,
        number=begun.number,
        subject_id=begun.subject,
        kind="delete",
        scope=begun.scope,
        sessions=list(begun.sessions),
        law=begun.law,
        received_at=begun.received_at,
        due_at=begun.due_at,
    )
    ledger.begin(Erasure(pk=begun.erasure, request=request, frozen_at=begun.moment))


def test_a_request_that_waits_with_the_same_aim_is_the_one(cast: Cast, folder: Path) -> None:
    asked = asking.asked(cast)
    erasure = actions.replay_erasure(begun=asking.begun(cast), actor=cast.system())
    assert erasure is not None
    assert erasure.request_id == asked.pk
    asked.refresh_from_db()
    assert (asked.state, bool(asked.decision_reason)) == ("approved", True)


def test_a_hold_lets_a_replay_wait(cast: Cast, folder: Path) -> None:
    load_packs(actor=cast.system())
    recordings.available(cast)
    asking.held(cast)
    _write(asking.begun(cast), cast)
    assert bring_up_to_date().waiting == 1


def test_a_young_copy_opens_and_the_drill_says_until_when(erasure: Erasure, cast: Cast) -> None:
    """The look of a drill, in a database in which the erasure has only begun."""
    actions.advance_erasure(erasure=erasure, actor=cast.system())
    found = drill.look()
    assert (found.people, found.sessions, found.objects_opened, found.keys_opened) == (1, 1, 2, 2)
    assert found.details_opened > 0
    assert found.opens_until == ["its erasure is done"]
    assert found.broken_promises == []
    tasks.run_erasure(str(erasure.pk))
    after = drill.look()
    assert (after.opened, after.sessions, after.objects_with_keys) == (0, 0, 0)
    assert not PersonKey.objects.filter(subject=cast.subject(), epoch=1, destroyed_at=None).exists()


def test_some_sessions_are_looked_at_alone(cast: Cast, folder: Path) -> None:
    load_packs(actor=cast.system())
    one, other = recordings.available(cast), recordings.available(cast)
    request = asking.approved(cast, scope="sessions", sessions=[one.pk])
    erasure = Erasure.objects.get(request=request)
    actions.advance_erasure(erasure=erasure, actor=cast.system())
    assert (drill.look().sessions, drill.look().objects_opened) == (1, 2)
    tasks.run_erasure(str(erasure.pk))
    assert drill.look().sessions == 0
    other.refresh_from_db()
    assert other.state == "available"
    erasure.refresh_from_db()
    assert erasure.key_epochs
    assert erasure.finished_at is not None
    assert erasure.backups_unreadable_from is not None
    assert erasure.backups_unreadable_from > erasure.finished_at
    assert erasure.uncovered_before is None


def test_people_from_before_epochs_have_uncovered_backups(erasure: Erasure, cast: Cast) -> None:
    PersonKey.objects.update(created_at=timezone.now() - timedelta(days=30))
    tasks.run_erasure(str(erasure.pk))
    erasure.refresh_from_db()
    assert erasure.uncovered_before is not None
    assert erasure.receipt is not None
    assert erasure.receipt["backups_uncovered_before"] == erasure.uncovered_before.isoformat()


def test_a_key_that_no_epoch_wraps_yet_leaves_all_earlier_backups_uncovered(
    erasure: Erasure, cast: Cast
) -> None:
    PersonKey.objects.filter(subject=cast.subject()).update(kek=None)
    tasks.run_erasure(str(erasure.pk))
    erasure.refresh_from_db()
    assert erasure.uncovered_before is not None
    assert erasure.frozen_at is not None
    assert erasure.uncovered_before > erasure.frozen_at
