"""A dump from before one session of a living person was erased and another one's retention ended."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import epochs, keyring
from accounts.models import PersonKey
from accounts.tasks import advance_key_epochs, destroy_object_keys
from audits import sequence
from capture_sessions import store
from capture_sessions import tasks as session_tasks
from capture_sessions.models import CaptureSession, SessionBlob
from jurisdictions.actions import load_packs
from mci_admin import drill
from privacy_requests import drill as inside
from privacy_requests import ledger, tasks
from privacy_requests.models import Erasure
from tests.server import asking, recordings
from tests.server.cast import Cast, make_cast


@dataclass
class Old:
    """Three sessions of one person: erased, expired and living since the dump was made."""

    cast: Cast
    dump: Path
    erased: CaptureSession
    expired: CaptureSession
    living: CaptureSession


@pytest.fixture
def old(transactional_db: None, settings: Any, tmp_path: Path) -> Old:
    settings.EPOCHS_DIR, settings.LEDGER_DIR = tmp_path / "epochs", tmp_path / "ledger"
    settings.KEY_EPOCH_GRACE_HOURS = 0
    cast = make_cast()
    load_packs(actor=cast.system())
    erased, expired, living = (recordings.available(cast) for _ in range(3))
    CaptureSession.objects.filter(pk=expired.pk).update(delete_after=timezone.now() - timedelta(seconds=1))
    while sequence.advance():
        pass
    dump = tmp_path / "yesterday.dump"
    drill._dump(dump)
    request = asking.approved(cast, scope="sessions", sessions=[erased.pk])
    assert tasks.run_erasure(str(Erasure.objects.get(request=request).pk)) == "done"
    assert session_tasks.expire_sessions() == 1
    destroy_object_keys()
    keyring.write()
    return Old(cast, dump, erased, expired, living)


def _drill(old: Old) -> tuple[dict[str, Any], str]:
    out = io.StringIO()
    call_command("restore_drill", "--dump", str(old.dump), "--json", stdout=out)
    said = out.getvalue()
    assert "The drill passed." in said
    return json.loads(said.splitlines()[-2]), said


def test_a_dump_of_yesterday_opens_the_living_session_alone(
    old: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = epochs.today() + timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(epochs, "today", lambda: tomorrow)
        advance_key_epochs()
    found, _said = _drill(old)
    before, after = found["before"], found["after"]
    for look in (before["look"], before["with_ring"]):
        assert (look["sessions"], look["objects_with_keys"], look["objects_opened"]) == (1, 2, 0)
        assert (look["broken_promises"], look["opens_until"]) == ([], [])
    assert before["expired"] == {"sessions": 1, "opened": []}
    # The files are there, the living session of the same person is read with the keys of today.
    assert before["control"] == {"tried": 1, "readable": 1, "unreadable": []}
    assert (after["carried_out"], after["waiting"], after["look"]["sessions"]) == (1, 0, 0)
    assert (after["look"]["objects_with_keys"], after["expired"]["sessions"]) == (0, 0)


def test_a_dump_of_today_is_restored_and_brings_nothing_back(old: Old) -> None:
    found, said = _drill(old)
    before, after = found["before"], found["after"]
    # As it is, it opens both, and the drill says until when; with the ring of living keys it opens none.
    assert (before["look"]["objects_opened"], before["with_ring"]["objects_opened"]) == (2, 0)
    assert before["look"]["opens_until"]
    assert "This dump is young" in said
    assert before["expired"]["opened"] == [str(old.expired.pk)]
    assert found["live"] == {"overdue": [], "lost": []}
    assert before["control"] == {"tried": 1, "readable": 1, "unreadable": []}
    assert (after["carried_out"], after["look"]["objects_with_keys"], after["expired"]["sessions"]) == (
        1,
        0,
        0,
    )


@pytest.mark.django_db
def test_what_a_copy_opens_is_compared_with_what_became_of_it(cast: Cast) -> None:
    load_packs(actor=cast.system())
    gone, kept = recordings.available(cast), recordings.available(cast)
    CaptureSession.objects.filter(pk=gone.pk).update(delete_after=timezone.now() - timedelta(days=9))
    assert inside.expired().opened == [str(gone.pk)]
    session_tasks.expire_sessions()
    assert inside.expired().sessions == 0
    ids = [str(gone.pk), str(kept.pk)]
    assert inside.compare(ids, ids) == {"overdue": [], "lost": [str(kept.pk)]}
    CaptureSession.objects.filter(pk=gone.pk).update(erased_at=timezone.now() - timedelta(days=5))
    assert inside.compare(ids, []) == {"overdue": [str(gone.pk)], "lost": []}


@pytest.mark.django_db
def test_a_copy_that_opens_too_long_or_has_lost_a_session_is_named(
    cast: Cast, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LEDGER_DIR = tmp_path / "ledger"
    load_packs(actor=cast.system())
    gone, kept = recordings.available(cast), recordings.available(cast)
    trees = {row.pk: row.wrapped for row in PersonKey.objects.filter(purpose="objects")}
    wrapped = {blob.pk: blob.wrapped_key for blob in gone.blobs.all()}
    request = asking.approved(cast, scope="sessions", sessions=[gone.pk])
    erasure = Erasure.objects.get(request=request)
    assert tasks.run_erasure(str(erasure.pk)) == "done"
    assert inside.control().readable == 1
    # As if the tree and the data keys of a dump still opened.
    for pk, data in trees.items():
        PersonKey.objects.filter(pk=pk).update(wrapped=data)
    for blob, data in wrapped.items():
        SessionBlob.objects.filter(pk=blob).update(wrapped_key=data)
    assert inside.look().opens_until == [ledger.promised()[erasure.pk].isoformat()]
    monkeypatch.setattr(ledger, "promised", lambda: {erasure.pk: timezone.now()})
    assert inside.look().broken_promises == [f"request {request.number}"]
    store.remove_file(kept.blobs.get(index=0).storage_name)
    assert inside.control().unreadable == [str(kept.pk)]
