"""The key of the day wraps, the keys of days gone by are destroyed, and nobody loses a key in between."""

from __future__ import annotations

import io
import os
import shutil
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts import actions, epochs, keyring, tasks
from accounts.keys import Place, new_data_key, person_key, unwrap_data_key
from accounts.models import KeyEpoch, PersonKey
from audits import epoch_keys, reading
from audits.actions import append
from audits.kek import current_kek
from audits.models import AuditEntry
from mci_core import envelope
from mci_core.errors import Conflict
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(cast: Cast, settings: Any, tmp_path: Path) -> Path:
    """The keys of the days, to be destroyed without harm to other tests."""
    copy = tmp_path / "epochs"
    shutil.copytree(settings.EPOCHS_DIR, copy)
    settings.EPOCHS_DIR = copy
    settings.KEY_EPOCH_GRACE_HOURS = 0
    return copy


def _numbers(state: str) -> list[int]:
    return list(KeyEpoch.objects.filter(state=state).values_list("number", flat=True))


def _next_day(monkeypatch: pytest.MonkeyPatch, days: int = 1) -> None:
    day = epochs.today() + timedelta(days=days)
    monkeypatch.setattr(epochs, "today", lambda: day)


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_a_day_later_the_old_key_is_gone_and_every_person_key_still_opens(
    cast: Cast, folder: Path, committing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, data_key, wrapped = new_data_key(cast.subject())
    row = place.row
    (before,) = _numbers("active")
    old = bytes(row.wrapped or b"")
    _next_day(monkeypatch)
    with committing():
        assert tasks.advance_key_epochs()["destroyed"] == 1
    assert (_numbers("destroyed"), epoch_keys.is_there(before)) == ([before], False)
    assert {key.kek for key in keyring.read()} == set(_numbers("active"))
    fresh = PersonKey.objects.get(pk=row.pk)
    assert unwrap_data_key(Place(fresh, place.number), wrapped) == data_key
    # Who read the row before it was wrapped anew reads on; the old wrapping itself opens nothing any more.
    assert unwrap_data_key(place, wrapped) == data_key
    row.wrapped, row.kek_id = old, before
    with pytest.raises(epoch_keys.EpochDestroyed):
        epochs._unwrap(row)


def test_nothing_happens_twice_on_one_day(cast: Cast, folder: Path, committing: Any) -> None:
    tasks.advance_key_epochs()
    count = AuditEntry.objects.count()
    with committing():
        assert tasks.advance_key_epochs() == {"moved": 0, "destroyed": 0}
    assert AuditEntry.objects.count() == count


def test_the_grace_is_kept(
    cast: Cast, folder: Path, settings: Any, committing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEY_EPOCH_GRACE_HOURS = 6
    (before,) = _numbers("active")
    promised = epochs.destruction_of(KeyEpoch.objects.get(number=before))
    _next_day(monkeypatch)
    with committing():
        tasks.advance_key_epochs()
    assert (_numbers("ending"), epoch_keys.is_there(before)) == ([before], True)
    emptied = KeyEpoch.objects.get(number=before)
    assert emptied.emptied_at is not None
    assert epochs.destruction_of(emptied) == emptied.emptied_at + timedelta(hours=6) < promised
    KeyEpoch.objects.filter(number=before).update(emptied_at=timezone.now() - timedelta(hours=7))
    with committing():
        assert tasks.advance_key_epochs()["destroyed"] == 1


def test_keys_from_before_epochs_are_wrapped_anew(cast: Cast, folder: Path) -> None:
    row, key = person_key(cast.subject())
    row.kek, row.wrapped = None, envelope.wrap(current_kek(), key, epochs.about(row))
    row.save()
    assert person_key(cast.subject())[1] == key
    tasks.advance_key_epochs()
    row.refresh_from_db()
    assert (row.kek_id, person_key(cast.subject())[1]) == (_numbers("active")[0], key)


def test_a_key_that_came_late_is_wrapped_anew_before_its_epoch_dies(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, key = person_key(cast.subject())
    actor = cast.system()
    (before,) = _numbers("active")
    actions.turn_key_epoch(actor=actor, early=True)
    actions.rewrap_person_keys(actor=actor)
    row.kek_id, row.wrapped = before, envelope.wrap(epoch_keys.key(before), key, epochs.about(row))
    row.save()
    ended = KeyEpoch.objects.get(number=before)
    assert not actions.destroy_key_epoch(epoch=ended, actor=actor)
    ended.refresh_from_db()
    assert ended.emptied_at is None
    assert actions.rewrap_person_keys(actor=actor) == 1
    assert actions.destroy_key_epoch(epoch=ended, actor=actor)
    assert person_key(cast.subject())[1] == key


def test_a_crash_before_the_file_is_gone_is_made_up_for(cast: Cast, folder: Path) -> None:
    actor = cast.system()
    actions.turn_key_epoch(actor=actor, early=True)
    actions.rewrap_person_keys(actor=actor)
    (ended,) = KeyEpoch.objects.filter(state="ending")
    # Nothing that waits for the commit runs in this test: as after a kill.
    assert actions.destroy_key_epoch(epoch=ended, actor=actor)
    assert epoch_keys.is_there(ended.number)
    assert tasks.finish_destructions() == 1
    assert not epoch_keys.is_there(ended.number)
    assert tasks.finish_destructions() == 0


def test_a_damaged_row_holds_back_no_other_and_keeps_its_epoch(cast: Cast, folder: Path) -> None:
    row, _key = person_key(cast.subject())
    PersonKey.objects.filter(pk=row.pk).update(wrapped=b"x" * 60)
    actions.turn_key_epoch(actor=cast.system(), early=True)
    assert actions.rewrap_person_keys(actor=cast.system()) == PersonKey.objects.count() - 1
    assert KeyEpoch.objects.get(state="ending").emptied_at is None


def test_a_missing_file_of_one_day_holds_back_no_other_day(cast: Cast, folder: Path) -> None:
    actor = cast.system()
    person_key(cast.subject())
    first = actions.turn_key_epoch(actor=actor, early=True)
    second = KeyEpoch.objects.get(state="ending")
    lost = PersonKey.objects.order_by("pk").first()
    assert lost is not None
    epochs.wrap(lost, envelope.new_key(), first.number)
    lost.save()
    actions.turn_key_epoch(actor=actor, early=True)
    (folder / f"epoch-{first.number:06d}.key").unlink()
    others = epochs.living(second.number).count()
    assert others
    # However many rows of it come first in a batch.
    assert [actions.rewrap_person_keys(actor=actor, limit=1) for _one in range(others)] == [1] * others
    assert actions.rewrap_person_keys(actor=actor) == 0
    assert KeyEpoch.objects.get(pk=first.pk).emptied_at is None


def test_a_new_key_of_a_day_is_on_the_disk_before_anything_is_wrapped_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a power cut a file whose folder was not synced loses its name; what it wrapped would be lost."""
    synced = list[set[str]]()
    sync = os.fsync

    def watched(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve() == folder:
            synced.append({path.name for path in folder.glob("epoch-*")})
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    epoch_keys.make(4711)
    assert synced
    assert "epoch-004711.key" in synced[0]
    synced.clear()
    epoch_keys.make(4711)  # another process has made it, and may not have come that far
    assert synced


def test_what_a_crash_left_of_a_key_goes_with_it(folder: Path) -> None:
    epoch_keys.make(4712)
    left = folder / ".epoch-004712.key.0011223344556677"
    shutil.copy(folder / "epoch-004712.key", left)
    epoch_keys.destroy(4712)
    assert sorted(path.name for path in folder.glob("*4712*")) == ["epoch-004712.destroyed"]
    assert not left.exists()


def test_a_ring_that_was_cut_off_does_not_stay(cast: Cast, folder: Path) -> None:
    """It holds keys of people who may be erased by now."""
    left = folder / ".keyring.0011223344556677"
    left.write_text("half a ring")
    keyring.write()
    assert not left.exists()
    assert keyring.is_current()


def test_a_number_is_never_used_again(cast: Cast, folder: Path) -> None:
    last = max(KeyEpoch.objects.values_list("number", flat=True))
    epoch_keys.destroy(last + 1)
    assert actions.turn_key_epoch(actor=cast.system(), early=True).number == last + 2
    with pytest.raises(epoch_keys.EpochDestroyed):
        epoch_keys.make(last + 1)


def test_a_missing_folder_is_a_fault_and_not_an_erasure(cast: Cast, folder: Path) -> None:
    row, _key = person_key(cast.subject())
    for file in folder.glob("*.key"):
        file.unlink()
    with pytest.raises(epoch_keys.EpochMissing):
        epochs.unwrap(row)


def test_no_key_is_destroyed_while_the_ring_cannot_be_written(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> bool:
        raise OSError("the disk is full")

    _next_day(monkeypatch)
    monkeypatch.setattr(keyring, "write_if_changed", full)
    with pytest.raises(OSError, match="full"):
        tasks.advance_key_epochs()
    assert _numbers("destroyed") == []


def test_the_ring_holds_the_living_and_nobody_else(cast: Cast, folder: Path) -> None:
    gone, _key = person_key(cast.subject())
    assert keyring.write_if_changed()
    assert not keyring.write_if_changed()
    assert gone.pk in {key.id for key in keyring.read()}
    actions.destroy_person_keys(subject=cast.subject(), actor=cast.system())
    assert tasks.keep_keyring()
    assert {key.id for key in keyring.read()} == set(
        PersonKey.objects.filter(destroyed_at__isnull=True).values_list("pk", flat=True)
    )
    assert gone.pk not in {key.id for key in keyring.read()}


def test_details_about_a_person_die_with_the_person_and_others_do_not(cast: Cast, folder: Path) -> None:
    def entry(subject: Any, reason: str) -> AuditEntry:
        with transaction.atomic():
            pk = append(action="audits.x", actor=cast.system(), obj=None, subject=subject, reason=reason)
        return AuditEntry.objects.get(pk=pk)

    mine, other = entry(cast.subject().pk, "about Emil"), entry(cast.subject("colleague").pk, "about Cora")
    nobody = entry(None, "about nobody")
    assert [reading.opened(one).reason for one in (mine, other)] == ["about Emil", "about Cora"]
    actions.destroy_person_keys(subject=cast.subject(), actor=cast.system())
    assert reading.opened(mine).problem == reading.ERASED
    assert [reading.opened(one).reason for one in (other, nobody)] == ["about Cora", "about nobody"]
    later = entry(cast.subject().pk, "written afterwards")
    assert reading.opened(later).reason == "written afterwards"


def _shown() -> str:
    out = io.StringIO()
    call_command("keys", "epochs", stdout=out)
    return out.getvalue()


def test_the_command_shows_states_and_never_a_key(cast: Cast, folder: Path) -> None:
    row, key = person_key(cast.subject())
    actions.turn_key_epoch(actor=cast.system(), early=True)
    said = _shown()
    living = PersonKey.objects.filter(destroyed_at__isnull=True).count()
    assert f"living person keys: {living}" in said
    assert "ending" in said
    assert "ring of living keys: behind" in said
    assert "Warning" not in said
    for secret in (key, bytes(row.wrapped or b""), epoch_keys.key(row.kek_id or 0)):
        assert secret.hex() not in said


def test_the_command_warns_of_what_somebody_must_look_at(cast: Cast, folder: Path) -> None:
    actions.turn_key_epoch(actor=cast.system(), early=True)
    actions.rewrap_person_keys(actor=cast.system())
    (ended,) = KeyEpoch.objects.filter(state="ending")
    KeyEpoch.objects.filter(pk=ended.pk).update(emptied_at=timezone.now() - timedelta(days=2))
    assert f"Epoch {ended.number} should have been destroyed by now" in _shown()
    actions.destroy_key_epoch(epoch=ended, actor=cast.system())
    assert "its key is still there" in _shown()
    for file in folder.glob("*.key"):
        file.unlink()
    KeyEpoch.objects.filter(state="active").update(day=epochs.today() - timedelta(days=3))
    said = _shown()
    assert "is not in EPOCHS_DIR" in said
    assert "is still active: is beat running?" in said


def test_an_older_database_takes_the_keys_that_there_are_now(cast: Cast, folder: Path) -> None:
    """What a restore brings back: rows from before two turns and an erasure."""
    gone, kept = person_key(cast.subject())[0], person_key(cast.subject("colleague"))[0]
    key = epochs.unwrap(kept)
    before = {row.pk: (bytes(row.wrapped or b""), row.kek_id) for row in (gone, kept)}
    keyring.write()
    for _ in range(2):
        actions.turn_key_epoch(actor=cast.system(), early=True)
        tasks.advance_key_epochs()
    actions.destroy_person_keys(subject=cast.subject(), actor=cast.system())
    keyring.write()
    for number in KeyEpoch.objects.filter(state="destroyed").values_list("number", flat=True):
        epoch_keys.destroy(number)
    # The rows go back in time; what lies outside the database does not.
    for pk, (wrapped, kek) in before.items():
        PersonKey.objects.filter(pk=pk).update(wrapped=wrapped, kek=kek, destroyed_at=None)
    first = before[kept.pk][1]
    assert first is not None
    KeyEpoch.objects.filter(number=first).update(state="ending", destroyed_at=None)
    PersonKey.objects.exclude(kek=first).update(kek=first)
    KeyEpoch.objects.exclude(number=first).delete()
    KeyEpoch.objects.filter(number=first).update(state="active")
    assert actions.adopt_keyring(actor=cast.system()) == {
        "adopted": PersonKey.objects.filter(destroyed_at__isnull=True).count(),
        "gone": 1,
    }
    assert person_key(cast.subject("colleague"))[1] == key
    gone.refresh_from_db()
    assert gone.destroyed_at is not None


def test_uploads_while_epochs_turn_and_die_never_lose_a_key(shared: Path) -> None:
    """Threads make data keys while another turns, wraps anew and destroys as fast as it can."""
    from tests.server.cast import make_cast

    cast = make_cast()
    people = [cast.subject("employee"), cast.subject("colleague")]
    kept: list[tuple[Place, bytes, bytes]] = []
    stop = threading.Event()
    faults: list[BaseException] = []

    def upload(number: int) -> None:
        try:
            while not stop.is_set():
                with transaction.atomic():
                    if number == 2:
                        epochs.current()
                    kept.append(new_data_key(people[number % 2]))
                if number == 2:
                    from accounts.keys import start_epoch

                    start_epoch(people[0])
        except BaseException as fault:  # the thread hands it to the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=upload, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        actions.turn_key_epoch(actor=cast.system(), early=True)
        tasks.advance_key_epochs()
    stop.set()
    for thread in threads:
        thread.join(60)
    tasks.advance_key_epochs()
    assert not faults
    assert KeyEpoch.objects.filter(state="destroyed").count() >= 4
    for place, key, wrapped in kept:
        fresh = PersonKey.objects.get(pk=place.row.pk)
        assert unwrap_data_key(Place(fresh, place.number), wrapped) == key
    assert kept


def test_a_destroyed_key_is_a_conflict(cast: Cast, folder: Path) -> None:
    row, _key = person_key(cast.subject())
    actions.destroy_person_keys(subject=cast.subject(), actor=cast.system())
    row.refresh_from_db()
    with pytest.raises(Conflict):
        epochs.unwrap(row)
