"""What an employee can ask for in the browser, and what comes back when something is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agents.models import Device, DeviceCommand
from audits import checkpoints
from audits.models import SignedCheckpoint
from mci_core import notes
from mci_core.proofs import Inclusion
from privacy_requests.actions import approve_request, submit_request
from privacy_requests.models import Erasure, Kind, PrivacyRequest
from tests.server.cast import REASON, Cast
from tests.server.recordings import available

pytestmark = pytest.mark.django_db
FORM = {"kind": "delete", "message": "please"}


def test_deletion_of_everything_is_asked_for(cast: Cast) -> None:
    answer = cast.client("employee").post(
        reverse("privacy_requests_me:request_new"), {**FORM, "scope": "all"}
    )
    assert answer.status_code == 302
    request = PrivacyRequest.objects.get()
    assert (request.kind, request.scope, request.sessions) == ("delete", "all", [])


def test_deletion_of_some_sessions_names_them(cast: Cast) -> None:
    session = available(cast)
    address = reverse("privacy_requests_me:request_new")
    answer = cast.client("employee").post(
        address, {**FORM, "scope": "sessions", "sessions": [str(session.pk)]}
    )
    assert answer.status_code == 302
    assert PrivacyRequest.objects.get().sessions == [str(session.pk)]


def test_some_sessions_without_any_is_refused_beside_the_field(cast: Cast) -> None:
    address = reverse("privacy_requests_me:request_new")
    answer = cast.client("employee").post(address, {**FORM, "scope": "sessions"})
    assert answer.status_code == 422
    assert b"please" in answer.content
    assert not PrivacyRequest.objects.exists()


def test_a_computer_whose_lease_has_ended_is_not_called_recording(cast: Cast) -> None:
    for minutes, stopped in ((5, False), (-1, True)):
        ends = timezone.now() + timedelta(minutes=minutes)
        Device.objects.filter(pk=cast.device.pk).update(capture_state="on", lease_expires_at=ends)
        shown = cast.client("employee").get("/me/").content.decode()
        assert ("stopped by itself" in shown) is stopped
        assert ("Recording what the list below allows" in shown) is not stopped


def test_a_finished_erasure_says_how_to_check_it_and_which_computers_follow(cast: Cast) -> None:
    session = available(cast)
    asked = submit_request(
        subject=cast.subject(),
        kind=Kind.DELETE,
        scope="sessions",
        sessions=[session.pk],
        message="",
        actor=cast.actor("employee"),
    )
    approve_request(request=asked, reason=REASON, actor=cast.actor("officer"))
    erasure = Erasure.objects.get(request=asked)
    DeviceCommand.objects.create(device=cast.device, kind="purge", payload={})
    key = checkpoints.signing_key()
    note = notes.signed_checkpoint(notes.Checkpoint("log.example", 1, bytes(32)), key)
    vkey = notes.Vkey.of("log.example", key).text()
    SignedCheckpoint.objects.create(
        origin="log.example", size=1, root=bytes(32).hex(), note=note.dumps(), vkey=vkey
    )
    proof = Inclusion(0, (), note).dumps()
    Erasure.objects.filter(pk=erasure.pk).update(receipt={"signed": True}, proof=proof)
    shown = cast.client("employee").get(f"/me/requests/{asked.pk}/").content.decode()
    assert "Check the receipt on another computer" in shown
    assert vkey in shown
    assert cast.device.name in shown
    assert "not yet" in shown
