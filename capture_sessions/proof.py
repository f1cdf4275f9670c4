"""Checks what an upload's manifest claims against what the server knows, before anything is stored.

A session carries its proof: the device's signature over a manifest that names the release, the rule set, the
leases' place and notice, and the digest of every part. One difference and it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from accounts.models import Subject
from agents.models import Device, Lease
from capture_policies import queries
from capture_sessions.models import CaptureSession
from mci_core import manifest as manifests
from mci_core.errors import Conflict, Invalid, NotFound, TooLarge, TooMany
from mci_core.policy_model import Policy
from mci_core.session import MAX_BYTES, MAX_FRAME_BYTES, MAX_FRAMES
from mci_core.session_fields import MAX_EVENTS

#: How far an agent's clock may run ahead of ours, and the slack at both ends of a lease.
CLOCK_SLACK = timedelta(seconds=120)
MAX_PART_BYTES = 8 * 1024 * 1024
MAX_PARTS = MAX_FRAMES + 256
REPORT_ITEMS = 5_000
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")


@dataclass(frozen=True)
class Proof:
    """A manifest whose every claim was found true."""

    document: Mapping[str, Any]
    signature: str
    canonical: bytes
    sha256: str
    lease: Lease
    policy: Policy
    captured_from: datetime
    captured_to: datetime


def check(*, device: Device, session_id: UUID, document: Mapping[str, Any], signature: str) -> Proof:
    """Verify a manifest; raises Invalid, Conflict, TooLarge or TooMany with a code that names the claim."""
    require_counts(document.get("report"))
    manifests.verify_manifest(document, signature, bytes(device.public_key))
    if document["device"] != str(device.pk) or document["session_id"] != str(session_id):
        raise Invalid("The manifest is for another device or session.", code="manifest_mismatch")
    start, end = (datetime.fromtimestamp(document[k], UTC) for k in ("captured_from", "captured_to"))
    if end < start or end > timezone.now() + CLOCK_SLACK or start < device.enrolled_at - CLOCK_SLACK:
        raise Invalid("The capture time is not possible for this device.", code="capture_time")
    require_not_erased(device.subject, start)
    _check_sizes(document)
    policy = _check_policy(document)
    lease = _check_leases(device, document, start, end)
    _check_budget(device, document, policy)
    canonical = manifests.canonical_bytes(document)
    return Proof(
        document, signature, canonical, manifests.session_digest(document), lease, policy, start, end
    )


def require_not_erased(subject: Subject, captured_from: datetime) -> None:
    """An approved deletion covers everything captured until it began, also what comes late."""
    if subject.erased_at is not None and captured_from <= subject.erased_at:
        raise Conflict("This session has been erased.", code="session_erased")


def require_counts(report: Any) -> None:
    """A report holds counts by code, and lists of codes with their counts; raises Invalid where a sentence, a
    float or a deep tree would fit.
    """
    if not isinstance(report, dict) or len(report) > REPORT_ITEMS:
        raise _wrong_report()
    for name, value in report.items():
        ok = value is None or _is_count(value) or _is_code(value) or _is_table(value)
        if not ok or not _is_code(name) or (name in ("labels", "dropped") and not _is_flat(value, _is_count)):
            raise _wrong_report()


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 2**53


def _is_flat(value: Any, inner: Callable[[Any], bool]) -> bool:
    """{code: inner, ...}"""
    if not isinstance(value, dict) or len(value) > REPORT_ITEMS:
        return False
    return all(_is_code(name) and inner(one) for name, one in value.items())


def _is_table(value: Any) -> bool:
    """{code: count} or a list of {code: code or count}."""
    if isinstance(value, list):
        return len(value) <= REPORT_ITEMS and all(
            _is_flat(row, lambda one: _is_count(one) or _is_code(one)) for row in value
        )
    return _is_flat(value, _is_count)


def _wrong_report() -> Invalid:
    return Invalid("The report holds more than counts and codes.", code="manifest_invalid", field="report")


def digest_of(device: Device, document: Mapping[str, Any], signature: str) -> str:
    """The digest of a manifest whose signature is this device's."""
    require_counts(document.get("report"))
    manifests.verify_manifest(document, signature, bytes(device.public_key))
    return manifests.session_digest(document)


def _check_sizes(document: Mapping[str, Any]) -> None:
    parts = document["parts"]
    frames = sum(part["kind"] == "frame" for part in parts)
    if document["event_count"] > MAX_EVENTS or frames > MAX_FRAMES or len(parts) > MAX_PARTS:
        raise TooLarge(
            "The session has more events or frames than the limits allow.", code="session_too_large"
        )
    if sum(part["bytes"] for part in parts if part["kind"] == "events") > MAX_BYTES:
        raise TooLarge("The events of the session are larger than the limit.", code="session_too_large")
    for part in parts:
        if part["bytes"] > (MAX_FRAME_BYTES if part["kind"] == "frame" else MAX_PART_BYTES):
            raise TooLarge("A part is larger than the limit.", code="part_too_large")
    if [part["index"] for part in parts] != list(range(len(parts))):
        raise Invalid("The parts are not numbered 0, 1, 2, ...", code="part_order", field="parts")


def _check_policy(document: Mapping[str, Any]) -> Policy:
    try:
        policy = queries.policy_by_release(document["release_number"])
    except NotFound as unknown:
        raise Invalid(
            "No such release was signed.", code="release_unknown", field="release_number"
        ) from unknown
    if policy.digest != document["policy_digest"]:
        raise Invalid("No such release was signed.", code="release_unknown", field="release_number")
    if policy.ruleset_digest != document["ruleset_digest"]:
        raise Invalid(
            "The rule set is not that of the release.", code="ruleset_mismatch", field="ruleset_digest"
        )
    return policy


def _check_leases(device: Device, document: Mapping[str, Any], start: datetime, end: datetime) -> Lease:
    """The named lease is ours and, with those before it, allowed capture for the whole time."""
    named = Lease.objects.filter(device=device, pk=document["lease_id"]).first()
    if named is None:
        raise Invalid("This device never held that lease.", code="lease_unknown", field="lease_id")
    if named.place != document["place"] or str(named.notice or "") != (document["notice"] or ""):
        raise Invalid("Place or notice differ from the lease.", code="lease_mismatch", field="place")
    covering = Lease.objects.filter(
        device=device,
        state="on",
        release_number=document["release_number"],
        policy_digest=document["policy_digest"],
        place=named.place,
        notice=named.notice,
        issued_at__lte=end + CLOCK_SLACK,
        expires_at__gte=start - CLOCK_SLACK,
    ).order_by("issued_at")
    same_terms = [row for row in covering if _terms(row) == _terms(named)]
    reached = _reached(same_terms, start)
    if named not in same_terms or reached is None or reached + CLOCK_SLACK < end:
        raise Invalid("No lease allowed capture at that time.", code="lease_gap", field="captured_from")
    return named


def _terms(lease: Lease) -> tuple[frozenset[str], ...]:
    """What decides about events beside the policy and has to be equal throughout a session."""
    return frozenset(lease.denied_signals), frozenset(lease.groups), frozenset(lease.tags)


def _reached(leases: Iterable[Lease], start: datetime) -> datetime | None:
    """Until when leases, in order of their begin, allow capture from `start` on; None when none does then."""
    reached = None
    for lease in leases:
        if lease.issued_at > (reached or start) + CLOCK_SLACK:
            break
        reached = max(reached or start, lease.expires_at)
    return reached


def _check_budget(device: Device, document: Mapping[str, Any], policy: Policy) -> None:
    since = timezone.now() - timedelta(days=1)
    used = device.sessions.filter(created_at__gte=since).exclude(pk=document["session_id"])
    spent = used.aggregate(total=Sum("byte_count"))["total"] or 0
    if spent + sum(part["bytes"] for part in document["parts"]) > policy.limits.upload_bytes_per_day:
        raise TooMany("This device has used its upload budget of the day.", code="daily_budget")


def same_or_conflict(session: CaptureSession, device: Device, sha256: str) -> None:
    """A repeated manifest must be the same bytes from the same device."""
    if session.device_id != device.pk or session.manifest_sha256 != sha256:
        raise Conflict("Another session has this id.", code="session_conflict")
    if session.erased_at is not None:
        raise Conflict("This session has been erased.", code="session_erased")
