"""The upload manifest `mci-upload/1`: what a session claims about itself, signed by its device.

Release, rule set, lease, place, notice and the digest of every part are named in it; one change and the
signature does not fit. The signature covers the canonical bytes, so that the spelling of the JSON does not
matter.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from mci_core import canonical, envelope
from mci_core.errors import Invalid

SCHEMA = "mci-upload/1"
# Raw bytes of one part of events: it stays below 1 MiB also where the lines cannot be compressed.
MAX_RAW_PART = 1_000_000

_DIGEST = {"type": "string", "pattern": r"^[0-9a-f]{64}$(?!\n)"}
_UUID = {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$(?!\n)"}
_TIME = {"type": "integer", "minimum": 0, "maximum": 253402300799}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_PART: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["index", "kind", "name", "sha256", "bytes"],
    "properties": {
        "index": _COUNT,
        "kind": {"enum": ["events", "frame"]},
        "name": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$(?!\n)"},
        "sha256": _DIGEST,
        "bytes": _COUNT,
    },
}
_FIELDS: dict[str, Any] = {
    "schema": {"const": SCHEMA},
    "session_id": _UUID,
    "device": _UUID,
    "captured_from": _TIME,
    "captured_to": _TIME,
    "release_number": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    "policy_digest": _DIGEST,
    "ruleset_digest": _DIGEST,
    "lease_id": _UUID,
    "place": {"type": "string", "minLength": 1, "maxLength": 20},
    "notice": {"type": ["string", "null"], "maxLength": 100},
    "event_count": _COUNT,
    "parts": {"type": "array", "minItems": 1, "maxItems": 5000, "items": _PART},
    "report": {"type": "object"},
}


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(
        {"type": "object", "additionalProperties": False, "required": list(_FIELDS), "properties": _FIELDS}
    )


def check_manifest(doc: Mapping[str, Any]) -> None:
    """Raise `Invalid` (`manifest_invalid`, its field a JSON path) unless this is a whole manifest."""
    error = best_match(_validator().iter_errors(dict(doc)))
    if error is not None:
        path = error.json_path.removeprefix("$").removeprefix(".") or "manifest"
        raise Invalid(f"The manifest is wrong at {path}.", code="manifest_invalid", field=path)


def canonical_bytes(doc: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and kept as proof."""
    return canonical.dumps(dict(doc))


def session_digest(doc: Mapping[str, Any]) -> str:
    """Digest of the canonical manifest: equal exactly for equal uploads."""
    return canonical.digest(canonical_bytes(doc))


def sign_manifest(doc: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """Ed25519 signature, base64url without padding. Refuses to sign what would be refused."""
    check_manifest(doc)
    return base64.urlsafe_b64encode(key.sign(canonical_bytes(doc))).rstrip(b"=").decode("ascii")


def verify_manifest(doc: Mapping[str, Any], signature: str, public_key: Ed25519PublicKey | bytes) -> None:
    """Raise `Invalid` unless the manifest is whole and signed by this key (else `bad_signature`)."""
    check_manifest(doc)
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key) if isinstance(public_key, bytes) else public_key
        key.verify(_decoded(signature), canonical_bytes(doc))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        message = "The signature of the manifest does not fit."
        raise Invalid(message, code="bad_signature", field="signature") from error


def _decoded(signature: str) -> bytes:
    data = signature.encode("ascii")
    return base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True)


def pack_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Header and events as the bytes of the `events` parts: JSON Lines in zstd, each part below 1 MiB."""
    buffer = bytearray()
    for line in lines:
        raw = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
        if buffer and len(buffer) + len(raw) > MAX_RAW_PART:
            yield envelope.pack(bytes(buffer))
            buffer.clear()
        buffer += raw
    if buffer:
        yield envelope.pack(bytes(buffer))
