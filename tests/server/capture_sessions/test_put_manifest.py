"""An upload begins with a manifest: whole, signed by this device, sent by it, once; or nothing is stored."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from agents.actions import revoke_device
from capture_sessions.agent_api import MAX_MANIFEST_BYTES
from capture_sessions.models import CaptureSession
from mci_core import manifest
from tests.server import recordings
from tests.server.capture_sessions.support import (
    Sender,
    logged,
    nothing_stored,
    other_sender,
    refusal,
    stored_files,
)
from tests.server.cast import REASON, Cast


def test_a_true_manifest_begins_an_upload_and_names_the_missing_parts(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    response = sender.manifest(upload)
    assert (response.status_code, response.json()) == (200, {"missing": [0, 1]})
    session = CaptureSession.objects.get(pk=upload.pk)
    assert (session.state, session.device_id) == ("uploading", cast.device.pk)
    assert session.manifest_sha256 == manifest.session_digest(upload.document)
    assert (session.frame_count, session.event_count) == (1, 7)
    assert session.byte_count == sum(len(part) for part in upload.parts)
    assert logged("capture_sessions.begin_upload") == [{"manifest": session.manifest_sha256, "release": 901}]


def test_the_same_manifest_again_gives_the_same_answer(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    assert sender.manifest(upload).json() == sender.manifest(upload).json() == {"missing": [0, 1]}
    sender.part(upload, 1)
    assert sender.manifest(upload).json() == {"missing": [0]}
    sender.part(upload, 0)
    sender.complete(upload)
    assert sender.manifest(upload).json() == {"missing": []}
    assert CaptureSession.objects.count() == 1
    assert len(logged("capture_sessions.begin_upload")) == 1


def test_another_spelling_of_the_same_manifest_is_the_same(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    upload.document = dict(reversed(upload.document.items()))
    assert sender.manifest(upload).json() == {"missing": [0, 1]}


def test_another_manifest_for_the_same_session_is_a_conflict(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.send(upload)
    before = (CaptureSession.objects.get().manifest_sha256, len(stored_files()))
    upload.seal(report={"labels": {"EMAIL": 2}})
    assert refusal(sender.manifest(upload)) == (409, "session_conflict")
    assert (CaptureSession.objects.get().manifest_sha256, len(stored_files())) == before
    assert logged("agents.record_security_event") == [{"code": "session_conflict"}]


def test_the_session_of_another_device_is_a_conflict(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    theirs = recordings.upload(cast)
    theirs.device, theirs.key = cast.other_device, cast.other_device_key
    theirs.document = upload.document
    theirs.seal()
    assert refusal(other_sender(cast).manifest(theirs)) == (409, "session_conflict")
    assert CaptureSession.objects.get().device_id == cast.device.pk


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 5000,
        b"\xff\xfe",
        b'{"manifest": {}}',
        b'{"signature": "x"}',
        b'{"manifest": [], "signature": "x"}',
        b'{"manifest": {}, "signature": 7}',
        b'{"manifest": "x", "signature": "x"}',
    ],
)
def test_a_body_that_is_no_manifest_is_malformed(cast: Cast, sender: Sender, body: bytes) -> None:
    assert refusal(sender.call("PUT", f"{uuid.uuid4()}/manifest", body)) == (422, "malformed")
    assert nothing_stored()


def _without(name: str) -> Any:
    return lambda document: document.pop(name)


def _with(name: str, value: Any) -> Any:
    return lambda document: document.__setitem__(name, value)


def test_a_manifest_that_lacks_or_adds_something_is_refused_with_its_field(
    cast: Cast, sender: Sender
) -> None:
    upload = recordings.upload(cast)
    whole = dict(upload.document)
    nested: Any = []
    for _ in range(400):
        nested = [nested]
    changes = {
        **{f"no {name}": _without(name) for name in whole},
        "more": _with("comment", "what was typed"),
        "schema": _with("schema", "mci-upload/2"),
        "no parts": _with("parts", []),
        "negative": _with("event_count", -1),
        "float": _with("captured_from", 1.5),
        "boolean": _with("release_number", True),
        "upper case": _with("session_id", str(upload.pk).upper()),
        "line feed": _with("device", str(cast.device.pk) + "\n"),
        "sentence": _with("report", {"labels": {"EMAIL": "ann.lee@example.com wrote"}}),
        "sentence as a key": _with("report", {"what was typed": 1}),
        "float in the report": _with("report", {"labels": 0.5}),
        "deep": _with("report", {"rules": nested}),
        "no object": _with("report", []),
        "no counts": _with("report", {"labels": [1]}),
        "tree": _with("report", {"rules": [{"rule": {"label": 1}}]}),
        "less than none": _with("report", {"dropped": {"no_entry": -1}}),
        "no number of drops": _with("report", {"dropped": {"no_entry": "some"}}),
        "huge number": _with("report", {"n": 2**60}),
        "many": _with("report", {"rules": [1] * 30_000}),
        "surrogate": _with("report", {"labels": "\ud800"}),
        "zero character": _with("place", "US\0TX"),
    }
    for name, change in changes.items():
        upload.document = json.loads(json.dumps(whole))
        change(upload.document)
        body = json.dumps({"manifest": upload.document, "signature": upload.signature}).encode()
        status, code = refusal(sender.call("PUT", f"{whole['session_id']}/manifest", body))
        assert (status, code in ("manifest_invalid", "bad_signature")) == (422, True), (name, code)
    assert nothing_stored()


def test_an_oversized_manifest_is_refused_before_it_is_read(cast: Cast, sender: Sender) -> None:
    body = b" " * (MAX_MANIFEST_BYTES + 1)
    response = sender.call("PUT", f"{uuid.uuid4()}/manifest", body)
    assert refusal(response) == (413, "body_too_large")
    assert response.json()["limit"] == MAX_MANIFEST_BYTES


def test_an_unsigned_request_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    for path, method in (("manifest", "PUT"), ("parts/0", "PUT"), ("complete", "POST")):
        response = sender.call(method, f"{upload.pk}/{path}", b"{}", token="-")
        assert refusal(response) == (401, "token_missing")
    assert nothing_stored()


def test_a_replayed_request_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    body = json.dumps({"manifest": upload.document, "signature": upload.signature}).encode()
    token = sender.token("PUT", f"/agent/v1/sessions/{upload.pk}/manifest", body)
    assert sender.call("PUT", f"{upload.pk}/manifest", body, token=token).status_code == 200
    assert refusal(sender.call("PUT", f"{upload.pk}/manifest", body, token=token)) == (401, "replayed")


def test_a_token_for_another_session_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    body = json.dumps({"manifest": upload.document, "signature": upload.signature}).encode()
    token = sender.token("PUT", f"/agent/v1/sessions/{uuid.uuid4()}/manifest", body)
    assert refusal(sender.call("PUT", f"{upload.pk}/manifest", body, token=token)) == (401, "token_mismatch")
    assert nothing_stored()


def test_a_manifest_without_a_fitting_signature_is_refused_and_logged(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    foreign = manifest.sign_manifest(upload.document, cast.other_device_key)
    for signature in (foreign, "", "AAAA", "é", upload.signature[:-2], upload.signature + "="):
        expected = 200 if signature == upload.signature + "=" else 422
        response = sender.manifest(upload, signature=signature)
        assert response.status_code == expected, signature
        if expected == 422:
            assert refusal(response) == (422, "bad_signature")
            assert nothing_stored()
    assert logged("agents.record_security_event") == [{"code": "bad_signature"}]


def test_a_manifest_that_was_changed_after_signing_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    whole = dict(upload.document)
    for name, value in {
        "place": "US-NY",
        "release_number": 1,
        "policy_digest": "0" * 64,
        "ruleset_digest": "0" * 64,
        "lease_id": str(uuid.uuid4()),
        "notice": "b" * 64,
        "captured_from": whole["captured_from"] - 1,
        "event_count": 8,
        "report": {},
        "parts": whole["parts"][:1],
    }.items():
        upload.document = {**whole, name: value}
        assert refusal(sender.manifest(upload)) == (422, "bad_signature"), name
    assert nothing_stored()


def test_the_manifest_of_another_device_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast, changes={"device": str(cast.other_device.pk)})
    assert refusal(sender.manifest(upload)) == (422, "manifest_mismatch")
    mine = recordings.upload(cast)
    assert refusal(other_sender(cast).manifest(mine)) == (422, "bad_signature")
    assert nothing_stored()


def test_the_manifest_of_another_session_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    body = json.dumps({"manifest": upload.document, "signature": upload.signature}).encode()
    assert refusal(sender.call("PUT", f"{uuid.uuid4()}/manifest", body)) == (422, "manifest_mismatch")
    assert nothing_stored()


def test_a_revoked_device_uploads_nothing(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    revoke_device(device=cast.device, reason=REASON, actor=cast.actor("admin"))
    assert refusal(sender.manifest(upload)) == (403, "device_revoked")
    assert nothing_stored()


def test_only_the_named_methods_are_answered(cast: Cast) -> None:
    pk = uuid.uuid4()
    for path in ("manifest", "parts/0", "complete"):
        response = Client().get(f"/agent/v1/sessions/{pk}/{path}")
        assert refusal(response) == (405, "method_not_allowed")
