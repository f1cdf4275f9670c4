"""Each claim of a manifest is held against what the server knows: release, rules, lease, place, time."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actions import mark_erased_before
from agents.models import Lease
from capture_sessions.models import CaptureSession
from capture_sessions.proof import MAX_PART_BYTES, MAX_PARTS
from mci_core.session import MAX_BYTES, MAX_FRAME_BYTES, MAX_FRAMES
from mci_core.session_fields import MAX_EVENTS
from tests.server import recordings
from tests.server.capture_sessions.support import Sender, logged, nothing_stored, refusal
from tests.server.cast import Cast
from tests.server.recordings import Upload

MINUTE = 60


def verdict(sender: Sender, upload: Upload, **changes: Any) -> str:
    """``missing`` when the manifest is believed, else the code of the refusal."""
    response = sender.manifest(upload.seal(**changes))
    if response.status_code == 200:
        CaptureSession.objects.get(pk=upload.pk).delete()
        return "missing"
    return refusal(response)[1]


def lease(upload: Upload, begins: int, minutes: int = 5, **changes: Any) -> Lease:
    """A lease that begins so many seconds after the one of the upload."""
    start = upload.lease.issued_at + timedelta(seconds=begins)
    fields = {
        name: getattr(upload.lease, name)
        for name in ("release_number", "policy_digest", "state", "place", "notice", "denied_signals")
    }
    return Lease.objects.create(
        device=upload.device,
        issued_at=start,
        expires_at=start + timedelta(minutes=minutes),
        **{**fields, **changes},
    )


def test_release_policy_and_rule_set_must_be_those_that_were_signed(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    assert verdict(sender, upload, release_number=902) == "release_unknown"
    assert verdict(sender, upload, policy_digest="0" * 64) == "release_unknown"
    assert verdict(sender, upload, ruleset_digest="0" * 64) == "ruleset_mismatch"
    assert nothing_stored()
    seen = [facts["code"] for facts in logged("agents.record_security_event")]
    assert seen == ["release_unknown", "ruleset_mismatch"]
    assert verdict(sender, upload) == "missing"


def test_the_lease_must_be_one_of_this_device(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    theirs = lease(upload, 0)
    Lease.objects.filter(pk=theirs.pk).update(device=cast.other_device)
    assert verdict(sender, upload, lease_id=str(theirs.pk)) == "lease_unknown"
    assert verdict(sender, upload, lease_id=str(uuid.uuid4())) == "lease_unknown"
    assert nothing_stored()


def test_place_and_notice_must_be_those_of_the_lease(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    assert verdict(sender, upload, place="US-NY") == "lease_mismatch"
    assert verdict(sender, upload, notice="b" * 64) == "lease_mismatch"
    assert verdict(sender, upload, notice=None) == "lease_mismatch"
    assert nothing_stored()


@pytest.mark.parametrize("state", ["paused", "stopped"])
def test_a_lease_that_allowed_no_capture_covers_nothing(cast: Cast, sender: Sender, state: str) -> None:
    assert verdict(sender, recordings.upload(cast, state=state)) == "lease_gap"
    assert nothing_stored()


def test_leases_must_cover_the_whole_time(cast: Cast, sender: Sender) -> None:
    """The one lease began an hour ago and lasted half an hour; clocks may differ by two minutes."""
    upload = recordings.upload(cast, minutes_ago=60)
    for begins, lasts, answer in (
        (0, 20, "missing"),
        (-1, 0, "missing"),
        (-10, 10, "lease_gap"),
        (-10, 1, "lease_gap"),
        (-3, 2, "lease_gap"),
        (25, 4, "missing"),
        (25, 20, "lease_gap"),
        (40, 0, "lease_gap"),
    ):
        start = int(upload.lease.issued_at.timestamp()) + begins * MINUTE
        found = verdict(sender, upload, captured_from=start, captured_to=start + lasts * MINUTE)
        assert found == answer, (begins, lasts)


def test_leases_that_follow_each_other_cover_together(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast, minutes_ago=90)
    start = int(upload.lease.issued_at.timestamp())
    long = {"captured_from": start, "captured_to": start + 44 * MINUTE}
    assert verdict(sender, upload, **long) == "lease_gap"
    lease(upload, 36 * MINUTE, 10)
    assert verdict(sender, upload, **long) == "lease_gap"
    upload.lease = lease(upload, 29 * MINUTE, 10)
    assert verdict(sender, upload, **long) == "missing"


def test_a_lease_on_other_terms_does_not_continue_a_session(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast, minutes_ago=60)
    start = int(upload.lease.issued_at.timestamp())
    for other in (
        {"place": "US-NY"},
        {"notice": "b" * 64},
        {"state": "paused"},
        {"release_number": 1},
        {"denied_signals": ["keystroke"]},
        {"tags": ["lab"]},
        {"groups": ["0c9b1e6a-3b51-4a52-9d0e-0c1f6a1b2c3d"]},
        {},
    ):
        made = lease(upload, 29 * MINUTE, 20, **other)
        found = verdict(sender, upload, captured_from=start, captured_to=start + 40 * MINUTE)
        assert found == ("lease_gap" if other else "missing"), other
        made.delete()


def test_a_lease_of_another_time_cannot_be_named_for_its_milder_law(cast: Cast, sender: Sender) -> None:
    """Otherwise an old lease without denied signals would let in what the law has taken away since."""
    upload = recordings.upload(cast, minutes_ago=300)
    milder = upload.lease
    lease(upload, 280 * MINUTE, 20, denied_signals=["text"])
    start = int(milder.issued_at.timestamp()) + 281 * MINUTE
    assert verdict(sender, upload, captured_from=start, captured_to=start + 60) == "lease_gap"
    assert nothing_stored()


def test_impossible_times_are_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    now = int(timezone.now().timestamp())
    enrolled = int(cast.device.enrolled_at.timestamp())
    for start, end in (
        (now, now - 1),
        (now, now + 600),
        (0, 1),
        (enrolled - 600, enrolled),
        (253402300799, 253402300799),
    ):
        code = verdict(sender, upload, captured_from=start, captured_to=end)
        assert code == "capture_time", (start, end)
    assert nothing_stored()


def test_what_was_captured_before_an_erasure_never_comes_in(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    captured_from = datetime.fromtimestamp(upload.document["captured_from"], UTC)
    for seconds, answer in ((-1, "missing"), (0, "session_erased"), (60, "session_erased")):
        moment = captured_from + timedelta(seconds=seconds)
        mark_erased_before(subject=cast.subject(), moment=moment, actor=cast.system())
        assert verdict(sender, upload) == answer, seconds


def _part(index: int, kind: str = "events", size: int = 1) -> dict[str, Any]:
    return {"index": index, "kind": kind, "name": f"p{index}", "sha256": "0" * 64, "bytes": size}


def test_a_manifest_beyond_the_limits_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    for code, changes in (
        ("session_too_large", {"event_count": MAX_EVENTS + 1}),
        ("session_too_large", {"parts": [_part(n, "frame") for n in range(MAX_FRAMES + 1)]}),
        ("session_too_large", {"parts": [_part(n) for n in range(MAX_PARTS + 1)]}),
        ("session_too_large", {"parts": [_part(n, "events", MAX_BYTES // 8) for n in range(9)]}),
        ("part_too_large", {"parts": [_part(0, "events", MAX_PART_BYTES + 1)]}),
        ("part_too_large", {"parts": [_part(0, "frame", MAX_FRAME_BYTES + 1)]}),
        ("part_order", {"parts": [_part(1)]}),
        ("part_order", {"parts": [_part(0), _part(0)]}),
        ("part_order", {"parts": [_part(1), _part(0)]}),
        ("daily_budget", {"parts": [_part(n, "frame", MAX_FRAME_BYTES) for n in range(500)]}),
    ):
        assert verdict(sender, upload, **changes) == code
    assert nothing_stored()


def test_the_budget_of_a_day_counts_what_was_uploaded_before(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    budget = upload.policy.limits.upload_bytes_per_day
    assert sender.manifest(upload).status_code == 200
    CaptureSession.objects.update(byte_count=budget)
    second = recordings.upload(cast)
    response = sender.manifest(second)
    assert refusal(response) == (429, "daily_budget")
    CaptureSession.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert sender.manifest(second).status_code == 200
