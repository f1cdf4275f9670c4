"""Data keys from before there were trees: moved in batches, while people upload and are erased."""

from __future__ import annotations

from typing import Any

import pytest

from accounts import keys
from accounts.models import KeyPurpose, PersonKey
from audits.models import AuditEntry
from capture_sessions import actions, contents, store, tasks
from capture_sessions.actions import key_moves
from capture_sessions.models import CaptureSession, SessionBlob
from jurisdictions.actions import load_packs
from tests.server import old_keys, recordings
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def packs(cast: Cast) -> None:
    load_packs(actor=cast.system())


def _readable(session: CaptureSession) -> bool:
    return bool(contents.read_events(session)[1]) and all(map(store.read_blob, session.blobs.all()))


def _old_left() -> int:
    return SessionBlob.objects.filter(key_number__isnull=True, wrapped_key__isnull=False).count()


def test_everything_is_moved_and_opens_at_every_step(cast: Cast) -> None:
    sessions = [recordings.available(cast) for _ in range(3)]
    old = old_keys.give_old_key(cast.subject())
    left = []
    while actions.move_data_keys(subject=cast.subject(), actor=cast.system(), limit=1):
        assert all(map(_readable, sessions))
        left.append(_old_left())
    assert left == [5, 4, 3, 2, 1, 0, 0]
    old.refresh_from_db()
    assert old.purpose == KeyPurpose.DETAILS
    # One number for each session, also when a batch ended in the middle of it.
    assert SessionBlob.objects.values("session", "key_number").distinct().count() == 3
    assert SessionBlob.objects.values("key_number").distinct().count() == 3
    assert tasks.move_data_keys() == 0


def test_a_crash_in_a_batch_loses_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    session = recordings.available(cast)
    old_keys.give_old_key(cast.subject())

    def dies(**words: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(key_moves, "append", dies)
        with pytest.raises(KeyboardInterrupt):
            tasks.move_data_keys()
    assert _old_left() == 2
    assert _readable(session)
    assert tasks.move_data_keys() == 1
    assert _old_left() == 0
    assert _readable(session)


def test_an_upload_goes_on_with_a_tree(cast: Cast) -> None:
    """Its first part is from before; the next one gets a number, and the first moves to the same."""
    upload = recordings.upload(cast)
    session = upload.send(cast)
    old_keys.give_old_key(cast.subject())
    second = session.blobs.get(index=1)
    data = store.read_blob(second)
    second.delete()
    again = store.write_blob(session=session, index=1, kind=second.kind, name=second.name, data=data)
    assert again.key_number == 0
    tasks.move_data_keys()
    assert set(session.blobs.values_list("key_number", flat=True)) == {0}
    assert _readable(session)


def test_a_person_who_is_being_erased_takes_the_moved_keys_along(cast: Cast) -> None:
    session = recordings.available(cast)
    old_keys.give_old_key(cast.subject())
    assert keys.start_epoch(cast.subject()) == 1
    tasks.move_data_keys()
    assert set(session.blobs.values_list("person_key__epoch", flat=True)) == {1}
    assert keys.new_data_key(cast.subject())[0].row.epoch == 2
    keys.destroy_person_keys(subject=cast.subject(), actor=cast.system(), through=1)
    assert not PersonKey.objects.filter(subject=cast.subject(), epoch=1, destroyed_at=None).exists()
    assert not actions.move_data_keys(subject=cast.subject(), actor=cast.system())


def test_one_whose_keys_cannot_be_read_holds_back_no_other(cast: Cast) -> None:
    for who in ("employee", "colleague"):
        old_keys.give_old_key(cast.subject(who))
    broken = PersonKey.objects.filter(subject=cast.subject(), purpose=KeyPurpose.BOTH)
    broken.update(wrapped=b"x" * 60)
    assert tasks.move_data_keys() == 2
    assert PersonKey.objects.get(purpose=KeyPurpose.BOTH).subject == cast.subject()
    names = AuditEntry.objects.filter(action="capture_sessions.move_data_keys")
    assert set(names.values_list("subject", flat=True)) == {None}
