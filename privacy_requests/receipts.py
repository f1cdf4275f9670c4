"""Signed erasure receipts, which a person can check without asking us again.

A receipt is the certificate of what was done, the entry of the log that commits to it (``entry``, the exact
text of the leaf, whose fact ``certificate`` is the SHA-256 of the RFC 8785 bytes of the certificate), the
signature, and besides it the ``proof`` that the entry stands in the log (C2SP tlog-proof).

The signature is Ed25519 over ``mci-erasure-receipt``, a line feed and the RFC 8785 bytes of the receipt
without its members ``signature`` and ``proof``; the key is one that signs or signed leases, named by ``kid``;
a revoked one proves nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agents.lease_keys import b64url, receipt_public_keys, signing_key
from audits.proofs import inclusion_proof
from mci_core import canonical
from mci_core.errors import ActionError, Invalid
from privacy_requests.models import Erasure

SCHEMA = "mci-erasure-receipt/2"
#: Members beside the signed body.
BESIDE = ("signature", "proof")


def certificate(erasure: Erasure) -> dict[str, Any]:
    """What was done, in numbers, digests and times."""
    request = erasure.request
    return {
        "schema": SCHEMA,
        "request": request.number,
        "scope": request.scope,
        "received_at": request.received_at.isoformat(),
        "finished_at": _time(erasure.finished_at),
        "sessions": erasure.sessions_erased,
        "objects": erasure.objects_erased,
        "derived": erasure.derived,
        "devices": erasure.devices,
        "manifest_root": erasure.manifest_root,
        "person_key_epoch_destroyed": erasure.key_epoch,
        "key_epochs": erasure.key_epochs,
        "backups_unreadable_from": _time(erasure.backups_unreadable_from),
        "backups_uncovered_before": _time(erasure.uncovered_before),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def add_proof(erasure: Erasure) -> bool:
    """Keep the proof of inclusion; False while no signed checkpoint covers the entry."""
    try:
        proof = inclusion_proof(erasure.entry_id or 0)
    except ActionError:
        return False
    # A proof adds nothing to what was decided or done, so it is no verb of its own.
    Erasure.objects.filter(pk=erasure.pk).update(proof=proof)
    return bool(proof)


def document(erasure: Erasure) -> dict[str, Any] | None:
    """The receipt as it is handed out, with its proof as soon as there is one."""
    if erasure.receipt is None:
        return None
    found: dict[str, Any] = erasure.receipt
    return {**found, "proof": erasure.proof} if erasure.proof else found


def sign_receipt(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the ids of the key and the signature."""
    kid, key = signing_key()
    body = {**document, "kid": kid}
    return {**body, "signature": b64url(key.sign(_signed_bytes(body)))}


def _signed_bytes(body: Mapping[str, Any]) -> bytes:
    return b"mci-erasure-receipt\n" + canonical.dumps(dict(body))


def verify_receipt(receipt: Mapping[str, Any]) -> bool:
    """Whether the receipt is unchanged and signed by a key of this server."""
    body = {name: value for name, value in receipt.items() if name not in BESIDE}
    public = receipt_public_keys().get(str(body.get("kid")))
    if public is None:
        return False
    try:
        raw = base64.urlsafe_b64decode(public + "=" * (-len(public) % 4))
        signature = str(receipt.get("signature", ""))
        Ed25519PublicKey.from_public_bytes(raw).verify(
            base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)), _signed_bytes(body)
        )
    except (InvalidSignature, Invalid, ValueError):
        return False
    return True
