"""One session of a living person goes; nothing opens it any more, also not from a backup, and others open.

The thief has copies of the whole database rows and files from before, and every key from afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import epochs
from accounts.models import PersonKey
from accounts.tasks import advance_key_epochs, destroy_object_keys
from audits import epoch_keys, reading
from audits.actions import append
from audits.models import AuditEntry
from capture_sessions import contents, store
from capture_sessions import tasks as session_tasks
from capture_sessions.actions import quarantine_session
from capture_sessions.models import CaptureSession
from jurisdictions.actions import load_packs
from mci_core.errors import ActionError
from privacy_requests import tasks
from privacy_requests.models import Erasure
from tests.server import asking, old_keys, recordings, thief
from tests.server.cast import Cast, make_cast


@pytest.fixture
def cast(transactional_db: None, settings: Any, tmp_path: Path) -> Cast:
    for name in ("EPOCHS_DIR", "LEDGER_DIR", "AUDIT_STATE_DIR"):
        setattr(settings, name, tmp_path / name.lower())
    settings.KEY_EPOCH_GRACE_HOURS = 0
    made = make_cast()
    load_packs(actor=made.system())
    return made


def _asked(cast: Cast, session: CaptureSession) -> None:
    request = asking.approved(cast, scope="sessions", sessions=[session.pk])
    assert tasks.run_erasure(str(Erasure.objects.get(request=request).pk)) == "done"


def _expired(cast: Cast, session: CaptureSession) -> None:
    CaptureSession.objects.filter(pk=session.pk).update(delete_after=timezone.now() - timedelta(seconds=1))
    assert session_tasks.expire_sessions() == 1


def _quarantined(cast: Cast, session: CaptureSession) -> None:
    quarantine_session(session=session, actor=cast.system())


def _next_day(monkeypatch: pytest.MonkeyPatch) -> None:
    tomorrow = epochs.today() + timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(epochs, "today", lambda: tomorrow)
        advance_key_epochs()


@pytest.mark.parametrize("go", [_asked, _expired, _quarantined])
@pytest.mark.parametrize("old", [False, True], ids=["tree", "key from before trees"])
def test_a_session_that_goes_opens_from_no_backup_and_the_others_do(
    cast: Cast,
    go: Callable[[Cast, CaptureSession], None],
    old: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, kept = recordings.available(cast), recordings.available(cast)
    if old:
        old_keys.give_old_key(cast.subject())
    with transaction.atomic():
        about = append(
            action="audits.x", actor=cast.system(), obj=None, subject=cast.subject().pk, reason="a word"
        )
    stolen, other = thief.steal(cast.subject(), gone), thief.steal(cast.subject(), kept)
    keys = thief.all_keys()
    assert stolen.opened(keys) == len(stolen.sealed) >= 5

    go(cast, gone)
    # What beat does, in the order in which it may come; again changes nothing.
    for _ in range(2):
        session_tasks.move_data_keys()
        destroy_object_keys()
    _next_day(monkeypatch)

    assert stolen.opened(thief.all_keys()) == 0
    # The living session opens, in the database and with its copied file, and so do the details of the log.
    assert contents.read_events(CaptureSession.objects.get(pk=kept.pk))[1]
    assert other.opened(thief.all_keys()) >= 2
    assert reading.opened(AuditEntry.objects.get(pk=about)).reason == "a word"
    assert not PersonKey.objects.filter(purpose="both", destroyed_at__isnull=True).exists()


def test_until_the_day_is_over_a_backup_opens_and_the_receipt_says_until_when(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = recordings.available(cast)
    stolen = thief.steal(cast.subject(), gone)
    wrapping = {epoch_keys.key(number) for number in epoch_keys.numbers()}
    _asked(cast, gone)
    assert stolen.opened(thief.all_keys()) == 1  # the old tree itself, and with it all below
    assert stolen.opened(wrapping) == 1
    erasure = Erasure.objects.get()
    assert erasure.receipt is not None
    assert erasure.receipt["backups_unreadable_from"] == epochs.copies_die_at(timezone.now()).isoformat()
    assert erasure.receipt["key_epochs"] == epoch_keys.numbers()
    _next_day(monkeypatch)
    assert stolen.opened(thief.all_keys()) == 0


def test_the_keys_of_a_refused_upload_go_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.server.audit_examples.capture_sessions import _stored

    upload = _stored(cast)
    session = CaptureSession.objects.get(pk=upload.pk)
    stolen = thief.steal(cast.subject(), session)
    from capture_sessions.actions import refuse_upload

    refuse_upload(device=cast.device, session_id=upload.pk, code="no_entry", actor=cast.device_actor())
    assert destroy_object_keys() == 1
    _next_day(monkeypatch)
    assert stolen.opened(thief.all_keys()) == 0


def test_nothing_is_promised_while_a_tree_cannot_be_read(cast: Cast) -> None:
    gone = recordings.available(cast)
    tree = PersonKey.objects.get(subject=cast.subject(), purpose="objects")
    PersonKey.objects.filter(pk=tree.pk).update(wrapped=b"x" * 90)
    request = asking.approved(cast, scope="sessions", sessions=[gone.pk])
    erasure = Erasure.objects.get(request=request)
    assert tasks.run_erasure(str(erasure.pk)) == "keys"
    PersonKey.objects.filter(pk=tree.pk).update(wrapped=bytes(tree.wrapped or b""))
    assert tasks.run_erasure(str(erasure.pk)) == "done"


def test_a_look_that_began_before_the_keys_moved_goes_on(cast: Cast) -> None:
    session = recordings.available(cast)
    old_keys.give_old_key(cast.subject())
    blob = session.blobs.select_related("person_key").get(index=0)
    assert session_tasks.move_data_keys() == 1
    assert store.read_blob(blob)
    again = session.blobs.select_related("person_key").get(index=0)
    _expired(cast, session)
    destroy_object_keys()
    again.person_key.refresh_from_db()
    with pytest.raises(ActionError):
        store.read_blob(again)
