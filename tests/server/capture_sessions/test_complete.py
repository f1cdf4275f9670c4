"""A complete upload becomes a session once, with its totals, and waits for the second scan."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from accounts.keys import destroy_person_keys
from capture_sessions import actions, store
from capture_sessions.contents import Totals
from capture_sessions.models import CaptureSession, SessionBlob, SessionTotal
from capture_sessions.proof import Proof, check
from mci_core.errors import Conflict
from tests.server import recordings
from tests.server.capture_sessions.support import (
    Sender,
    logged,
    nothing_stored,
    refusal,
    relined,
    stored_files,
)
from tests.server.cast import Cast
from tests.server.conftest import Queued


def test_a_complete_upload_is_accepted_and_queued_for_its_second_scan(
    cast: Cast, sender: Sender, work: Queued
) -> None:
    upload = recordings.upload(cast)
    response = sender.send(upload, parts=[1, 0])
    assert (response.status_code, response.json()) == (
        201,
        {"session": str(upload.pk), "state": "received"},
    )
    session = CaptureSession.objects.get()
    assert (session.state, session.report) == ("received", upload.document["report"])
    assert work.calls[-1] == ("capture_sessions.tasks.scan_session", (str(upload.pk),))
    (facts,) = logged("capture_sessions.accept_upload")
    assert facts == {"manifest": session.manifest_sha256, "release": 901}


def test_asked_again_it_answers_the_same_and_changes_nothing(
    cast: Cast, sender: Sender, work: Queued
) -> None:
    upload = recordings.upload(cast)
    first = sender.send(upload)
    totals = list(SessionTotal.objects.values())
    second = sender.complete(upload)
    assert (second.status_code, second.json()) == (200, first.json())
    assert list(SessionTotal.objects.values()) == totals
    assert len(logged("capture_sessions.accept_upload")) == 1
    assert work.names().count("capture_sessions.tasks.scan_session") == 1


def test_two_requests_that_complete_at_once_accept_once(cast: Cast) -> None:
    session = recordings.received(cast)
    again = actions.accept_upload(
        device=cast.device,
        session_id=session.pk,
        totals=Totals(),
        policy=recordings.release(cast)[1],
        actor=cast.device_actor(),
    )
    assert again.pk == session.pk
    assert len(logged("capture_sessions.accept_upload")) == 1
    actions.refuse_upload(
        device=cast.device, session_id=session.pk, code="no_entry", actor=cast.device_actor()
    )
    assert CaptureSession.objects.filter(pk=session.pk).exists()


def test_a_session_with_missing_parts_waits_for_them(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    assert refusal(sender.send(upload, parts=[])) == (409, "parts_missing")
    assert refusal(sender.send(upload, parts=[1])) == (409, "parts_missing")
    assert sender.send(upload).status_code == 201


def test_a_part_that_goes_missing_between_examination_and_acceptance_is_noticed(cast: Cast) -> None:
    upload = recordings.upload(cast)
    with pytest.raises(Conflict) as caught:
        upload.send(cast, parts=[0])
    assert caught.value.code == "parts_missing"
    with pytest.raises(Conflict) as caught:
        actions.accept_upload(
            device=cast.device,
            session_id=upload.pk,
            totals=Totals(),
            policy=upload.policy,
            actor=cast.device_actor(),
        )
    assert caught.value.code == "parts_missing"


def test_totals_count_events_and_active_time_by_entry_signal_and_day(cast: Cast, sender: Sender) -> None:
    def spread(lines: list[dict[str, Any]]) -> None:
        for event, at in zip(lines[1:], (0, 1000, 3000, 40_000, 41_000, 90_000_000, 90_002_000), strict=True):
            event["t"] = at

    sender.send(relined(cast, spread))
    session = CaptureSession.objects.get()
    day = session.captured_from.date()
    later = (session.captured_from + timedelta(milliseconds=90_000_000)).date()
    found = {(t.signal, t.day): (t.events, t.seconds) for t in session.totals.all()}
    assert found == {
        ("focus", day): (1, 1),
        ("mouse_move", day): (2, 2),
        ("click", day): (2, 1),
        ("text", later): (1, 2),
        ("screenshot", later): (1, 0),
    }
    assert {total.entry_label for total in session.totals.all()} == {"Excel"}


def test_retention_is_that_of_the_policy(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.send(upload)
    session = CaptureSession.objects.get()
    assert (session.delete_after - session.created_at).days in (
        upload.policy.retention_days - 1,
        upload.policy.retention_days,
    )


def test_an_erased_session_answers_that_it_is_erased(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.send(upload)
    actions.erase_sessions(session_ids=[upload.pk], because="request", actor=cast.system())
    assert refusal(sender.manifest(upload)) == (409, "session_erased")
    assert refusal(sender.part(upload, 0)) == (409, "session_erased")
    assert refusal(sender.complete(upload)) == (409, "session_erased")


@pytest.mark.parametrize("loss", ["gone", "damaged"])
def test_a_part_that_the_store_lost_is_asked_for_again(cast: Cast, sender: Sender, loss: str) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    sender.part(upload, 0)
    sender.part(upload, 1)
    path = stored_files()[0]
    path.unlink() if loss == "gone" else path.write_bytes(b"\0" * 100)
    assert refusal(sender.complete(upload)) == (409, "parts_missing")
    assert nothing_stored()
    assert logged("capture_sessions.refuse_upload")[0]["code"] == (
        "blob_missing" if loss == "gone" else "cannot_open"
    )
    assert sender.send(upload).status_code == 201


def test_an_upload_of_destroyed_keys_is_not_accepted(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    sender.part(upload, 0)
    sender.part(upload, 1)
    destroy_person_keys(subject=cast.subject(), actor=cast.system())
    assert refusal(sender.complete(upload)) == (409, "key_destroyed")
    assert CaptureSession.objects.get().state == "uploading"


def _proved(cast: Cast, upload: recordings.Upload) -> Proof:
    return check(
        device=cast.device, session_id=upload.pk, document=upload.document, signature=upload.signature
    )


def test_an_erasure_that_begins_after_the_proof_still_keeps_the_upload_out(cast: Cast) -> None:
    upload = recordings.upload(cast)
    proved = _proved(cast, upload)
    type(cast.subject()).objects.filter(pk=cast.subject().pk).update(erased_at=proved.captured_from)
    with pytest.raises(Conflict) as caught:
        actions.begin_upload(device=cast.device, proved=proved, actor=cast.device_actor())
    assert caught.value.code == "session_erased"


def test_two_beginnings_at_once_give_one_session(cast: Cast) -> None:
    upload = recordings.upload(cast)
    proved = _proved(cast, upload)
    first = actions.begin_upload(device=cast.device, proved=proved, actor=cast.device_actor())
    assert actions.begin_upload(device=cast.device, proved=proved, actor=cast.device_actor()) == first
    assert len(logged("capture_sessions.begin_upload")) == 1


def test_an_unknown_session_cannot_be_completed(cast: Cast, sender: Sender) -> None:
    assert refusal(sender.call("POST", f"{uuid.uuid4()}/complete", b"")) == (404, "upload_unknown")


def test_what_was_stored_is_what_was_sent(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.send(upload)
    assert [store.read_blob(blob) for blob in SessionBlob.objects.order_by("index")] == upload.parts
