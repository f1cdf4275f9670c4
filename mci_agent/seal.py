"""From a captured segment to what may touch the disk: redacted, scanned again, packed and signed.

Redaction comes first and works on the whole segment. What comes out is scanned with the server's own scan;
one hit and the session is thrown away here. Only then the header is reduced, events are numbered anew, and
the manifest says under which release, lease, place and notice all this was captured.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent.segment import Segment
from mci_core import manifest as manifests
from mci_core import redaction
from mci_core.redaction.frames_engines import FrameSettings
from mci_core.redaction.timing import on_grid

_FRAMES = FrameSettings()


class Withheld(Exception):
    """A segment of which nothing may be kept; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Sealed:
    """A session ready for the spool."""

    session: str
    manifest: Mapping[str, Any]
    signature: str
    parts: list[bytes]


def seal(segment: Segment, *, device: str, key: Ed25519PrivateKey, frames: FrameSettings = _FRAMES) -> Sealed:
    """Redact, scan, pack and sign; Withheld when nothing of it may be kept."""
    policy, lease = segment.applied.policy, segment.lease
    redactor = redaction.FrameRedactor(segment.frames.get, policy, frames, events=segment.events)
    given = [dict(segment.header), *segment.events]
    redacted, report = redaction.redact_session(given, policy, frames=redactor, hash_key=hash_key())
    if len(redacted) < 2:
        raise Withheld("nothing_left")
    lines, pictures = numbered(redacted, redactor.frames)
    if redaction.scan_session(lines, policy):
        raise Withheld("scan_hit")
    packed = [("events", f"events-{n}.zst", data) for n, data in enumerate(manifests.pack_lines(lines))]
    packed += [("frame", name, data) for name, data in pictures]
    session = str(uuid.uuid4())
    manifest = {
        "schema": manifests.SCHEMA,
        "session_id": session,
        "device": device,
        "captured_from": segment.begun,
        "captured_to": segment.ended,
        "release_number": segment.applied.number,
        "policy_digest": policy.digest,
        "ruleset_digest": policy.ruleset_digest,
        "lease_id": lease.jti,
        "place": lease.place,
        "notice": lease.notice,
        "event_count": len(lines) - 1,
        "parts": [_part(index, *one) for index, one in enumerate(packed)],
        "report": report.as_dict(),
    }
    return Sealed(session, manifest, manifests.sign_manifest(manifest, key), [data for _, _, data in packed])


def numbered(
    lines: list[dict[str, Any]], frames: Mapping[str, bytes]
) -> tuple[list[dict[str, Any]], list[tuple[str, bytes]]]:
    """Lines with `seq` and `t` from about 0 and a header that fits; frames in the order of their events.

    Times of typing lie on a grid and have to stay on it.

    The recording's own id, numbers and time of day would allow matching it with others, so they go.
    """
    header, *events = lines
    start = on_grid(events[0]["t"])
    ordered: list[tuple[str, bytes]] = []
    fresh = []
    for seq, event in enumerate(events):
        changed = {**event, "seq": seq, "t": event["t"] - start}
        if event["type"] == "screenshot":
            name = f"{len(ordered) + 1:04d}.webp"
            ordered.append((name, frames[event["file"]]))
            changed["file"] = name
        fresh.append(changed)
    fitting = {
        **header,
        "session_id": "session",
        "event_count": len(fresh),
        "duration_ms": fresh[-1]["t"],
        "channels": sorted({event["type"] for event in fresh}),
    }
    fitting.pop("started_at", None)
    return [fitting, *fresh], ordered


def hash_key() -> bytes:
    """A key for one session: equal values look equal in it and nowhere else. Nobody keeps it."""
    return secrets.token_bytes(32)


def _part(index: int, kind: str, name: str, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"index": index, "kind": kind, "name": name, "sha256": digest, "bytes": len(data)}
