"""A part is taken in when it is exactly the one that the device signed for, in any order and again."""

from __future__ import annotations

import json
import uuid

from capture_sessions.models import CaptureSession, SessionBlob
from capture_sessions.proof import MAX_PART_BYTES
from tests.server import recordings
from tests.server.capture_sessions.support import Sender, other_sender, refusal, stored_files
from tests.server.cast import Cast


def test_parts_come_in_any_order_and_again(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    for index in (1, 0, 1, 1):
        response = sender.part(upload, index)
        assert (response.status_code, response.content) == (204, b"")
    assert [blob.index for blob in SessionBlob.objects.all()] == [0, 1]
    assert len(stored_files()) == 2
    assert sender.complete(upload).status_code == 201


def test_a_part_before_its_manifest_is_unknown(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    assert refusal(sender.part(upload, 0)) == (404, "upload_unknown")
    assert refusal(sender.complete(upload)) == (404, "upload_unknown")
    assert stored_files() == []


def test_bytes_that_were_not_signed_for_are_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    whole = upload.parts[0]
    flipped = bytes([whole[0] ^ 1]) + whole[1:]
    for data in (b"", b"x", flipped, whole[:-1], whole + b"\0", upload.parts[1]):
        assert refusal(sender.part(upload, 0, data)) == (422, "part_digest")
    assert stored_files() == []
    assert not SessionBlob.objects.exists()


def test_a_wrong_part_does_not_replace_the_right_one(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    sender.part(upload, 0)
    before = stored_files()
    assert refusal(sender.part(upload, 0, b"other")) == (422, "part_digest")
    assert stored_files() == before


def test_a_part_that_the_manifest_does_not_name_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    for index in (2, 99, 2**31, 10**30):
        assert refusal(sender.part(upload, index, b"x")) == (422, "part_unknown"), index


def test_a_part_beyond_the_limit_is_refused_before_it_is_read(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    response = sender.part(upload, 0, b"\0" * (MAX_PART_BYTES + 1))
    assert refusal(response) == (413, "body_too_large")
    assert response.json()["limit"] == MAX_PART_BYTES


def test_another_device_can_neither_add_nor_complete(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    thief = other_sender(cast)
    assert refusal(thief.part(upload, 0)) == (404, "upload_unknown")
    assert refusal(thief.complete(upload)) == (404, "upload_unknown")
    assert stored_files() == []


def test_a_request_that_was_sent_before_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    path, body = f"{upload.pk}/parts/0", upload.parts[0]
    token = sender.token("PUT", f"/agent/v1/sessions/{path}", body)
    assert sender.call("PUT", path, body, token=token).status_code == 204
    assert refusal(sender.call("PUT", path, body, token=token)) == (401, "replayed")
    other = sender.token("PUT", f"/agent/v1/sessions/{uuid.uuid4()}/parts/0", body)
    assert refusal(sender.call("PUT", path, body, token=other)) == (401, "token_mismatch")


def test_after_the_end_only_the_same_bytes_are_answered(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.send(upload)
    assert sender.part(upload, 0).status_code == 204
    assert refusal(sender.part(upload, 0, b"x")) == (422, "part_digest")
    SessionBlob.objects.filter(session=upload.pk, index=1).delete()
    assert refusal(sender.part(upload, 1)) == (409, "session_complete")


def test_no_refusal_repeats_what_was_sent(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    response = sender.part(upload, 0, b"my password is hunter2")
    assert b"hunter2" not in response.content
    assert json.loads(response.content)["field"] == "index"
    assert CaptureSession.objects.get().state == "uploading"
