"""Sessions for tests: small, redacted, with a frame, uploaded through the verified ingest, scanned."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone
from PIL import Image

from agents.models import Device, Lease
from capture_policies.actions.versions import approve_version
from capture_policies.models import PolicyVersion, Release
from capture_sessions import actions, ingest
from capture_sessions.models import CaptureSession
from mci_core import manifest, policy
from mci_core.policy_model import Policy
from mci_core.redaction.timing import coarsened
from tests.server.cast import REASON, Cast

PLACE = "US-TX"
NOTICE = "a" * 64
ENTRY: dict[str, Any] = {
    "id": "excel",
    "kind": "app",
    "label": "Excel",
    "match": {"windows": ["EXCEL.EXE"], "macos": [], "linux": [], "names": []},
    "signals": ["mouse_move", "click", "scroll", "keystroke", "text", "screenshot", "window_title"],
    "keystrokes": "class",
    "frame_interval_s": 0,
}


def policy_document() -> dict[str, Any]:
    """A policy with one app."""
    return {**policy.new_document("Recordings"), "entries": [ENTRY]}


def release(cast: Cast) -> tuple[Release, Policy]:
    """The release of that policy, made once a test."""
    document = policy_document()
    parsed = policy.parse(document)
    found = Release.objects.filter(digest=parsed.digest).first()
    if found is not None:
        return found, parsed
    version = PolicyVersion.objects.create(
        number=901,
        title="Recordings",
        body=policy.canonical_bytes(document),
        digest=parsed.digest,
        ruleset_digest=parsed.ruleset_digest,
        direction="wider",
        author=cast.admin,
    )
    for person in ("officer", "ml"):
        approve_version(version=version, digest=version.digest, reason=REASON, actor=cast.actor(person))
    now = timezone.now()
    made = Release.objects.create(
        number=901, version=version, digest=parsed.digest, signed_at=now, expires_at=now + timedelta(days=90)
    )
    return made, parsed


def lease(device: Device, signed: Release, *, minutes_ago: int = 10, **changes: Any) -> Lease:
    """A lease that allowed capture from then on, for half an hour."""
    start = timezone.now() - timedelta(minutes=minutes_ago)
    Device.objects.filter(pk=device.pk).update(enrolled_at=start - timedelta(days=1))
    device.refresh_from_db()
    fields = {
        "release_number": signed.number,
        "policy_digest": signed.digest,
        "state": "on",
        "place": PLACE,
        "notice": NOTICE,
        "issued_at": start,
        "expires_at": start + timedelta(minutes=30),
        **changes,
    }
    return Lease.objects.create(device=device, **fields)


def frame(width: int = 64, height: int = 36) -> bytes:
    """A still WebP without metadata."""
    target = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 160)).save(target, "WEBP", quality=70)
    return target.getvalue()


def header(count: int) -> dict[str, Any]:
    """What the agent leaves of a recording's header."""
    return {
        "type": "session",
        "schema": "interaction-events/1",
        "session_id": "session",
        "subject": "sub-00000000",
        "origin": "recorded",
        "actor": "human",
        "source": {},
        "licence": "",
        "platform": {"os": "windows", "version": None},
        "screen": {"width": 1280, "height": 720, "space": "screen"},
        "time_resolution_ms": 1,
        "duration_ms": 5000,
        "event_count": count,
        "channels": ["focus", "mouse_down", "mouse_move", "mouse_up", "screenshot", "text"],
    }


def events(shot: bytes) -> list[dict[str, Any]]:
    """A window, a path, a click, a masked text and a frame."""
    kept: list[dict[str, Any]] = [
        {"type": "focus", "app": {"name": "Excel", "exe": "EXCEL.EXE"}, "signal": "focus"},
        {"type": "mouse_move", "x": 10, "y": 12, "signal": "mouse_move"},
        {"type": "mouse_move", "x": 40, "y": 42, "signal": "mouse_move"},
        {"type": "mouse_down", "x": 40, "y": 42, "button": "left", "signal": "click"},
        {"type": "mouse_up", "x": 40, "y": 42, "button": "left", "signal": "click"},
        {"type": "text", "op": "insert", "text": "sent to [EMAIL] today", "signal": "text"},
        {
            "type": "screenshot",
            "file": "0001.webp",
            "sha256": hashlib.sha256(shot).hexdigest(),
            "width": 64,
            "height": 36,
            "region": [0, 0, 1280, 720],
            "reason": "periodic",
            "masked": [[1, 1, 8, 8]],
            "signal": "screenshot",
        },
    ]
    told = ({"seq": seq, "t": 700 * seq, "entry": "excel", **event} for seq, event in enumerate(kept))
    return coarsened(list(told))


@dataclass
class Upload:
    """A sealed session of a device; change `lines` or `document` to break it, then `sign` again."""

    device: Device
    key: Ed25519PrivateKey
    lease: Lease
    policy: Policy
    lines: list[dict[str, Any]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    signature: str = ""

    @property
    def pk(self) -> uuid.UUID:
        return uuid.UUID(self.document["session_id"])

    def seal(self, **changes: Any) -> Upload:
        """Parts, manifest and signature from the lines."""
        packed = [("events", f"events-{n}.zst", d) for n, d in enumerate(manifest.pack_lines(self.lines))]
        packed += [("frame", f"{n:04d}.webp", data) for n, data in enumerate(self.frames, start=1)]
        start = int(self.lease.issued_at.timestamp()) + 60
        self.parts = [data for _, _, data in packed]
        self.document = {
            "schema": "mci-upload/1",
            "session_id": self.document.get("session_id", str(uuid.uuid4())),
            "device": str(self.device.pk),
            "captured_from": start,
            "captured_to": start + 10,
            "release_number": self.lease.release_number,
            "policy_digest": self.lease.policy_digest,
            "ruleset_digest": self.policy.ruleset_digest,
            "lease_id": str(self.lease.pk),
            "place": self.lease.place,
            "notice": NOTICE,
            "event_count": len(self.lines) - 1,
            "parts": [_part(index, *one) for index, one in enumerate(packed)],
            "report": {"labels": {"EMAIL": 1}, "dropped": {"no_entry": 3}},
            **changes,
        }
        self.signature = manifest.sign_manifest(self.document, self.key)
        return self

    def send(self, cast: Cast, *, parts: Iterable[int] | None = None) -> CaptureSession:
        """Begin, send the missing parts, complete."""
        actor = cast.device_actor()
        missing = ingest.begin(
            device=self.device,
            session_id=self.pk,
            document=self.document,
            signature=self.signature,
            actor=actor,
        )
        for index in missing if parts is None else parts:
            actions.store_part(
                device=self.device, session_id=self.pk, index=index, data=self.parts[index], actor=actor
            )
        return ingest.complete(device=self.device, session_id=self.pk, actor=actor)[0]


def _part(index: int, kind: str, name: str, data: bytes) -> dict[str, Any]:
    return {
        "index": index,
        "kind": kind,
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
    }


def upload(cast: Cast, *, changes: Mapping[str, Any] | None = None, **lease_changes: Any) -> Upload:
    """A sealed upload of the employee's device that the server accepts."""
    signed, parsed = release(cast)
    shot = frame()
    kept = events(shot)
    made = Upload(
        device=cast.device,
        key=cast.device_key,
        lease=lease(cast.device, signed, **lease_changes),
        policy=parsed,
        lines=[header(len(kept)), *kept],
        frames=[shot],
    )
    return made.seal(**(changes or {}))


def received(cast: Cast) -> CaptureSession:
    """A session that waits for its second scan."""
    return upload(cast).send(cast)


def available(cast: Cast) -> CaptureSession:
    """A session of the employee that reviewers may be given leave to look at."""
    return actions.record_scan(session=received(cast), hits=[], actor=cast.system())


def quarantined(cast: Cast) -> CaptureSession:
    """A session in which the second scan found something."""
    hits = [{"seq": 5, "field": "text", "label": "EMAIL"}]
    return actions.record_scan(session=received(cast), hits=hits, actor=cast.system())
