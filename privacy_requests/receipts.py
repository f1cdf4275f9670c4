"""Signed erasure receipts, which a person can check without asking us again.

The signature is Ed25519 over ``mci-erasure-receipt``, a line feed and the RFC 8785 bytes of the receipt
without its ``signature`` member; the key is one that signs or signed leases, named by ``kid``; a revoked one
proves nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agents.lease_keys import b64url, receipt_public_keys, signing_key
from mci_core import canonical
from mci_core.errors import Invalid


def sign_receipt(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the ids of the key and the signature."""
    kid, key = signing_key()
    body = {**document, "kid": kid}
    return {**body, "signature": b64url(key.sign(_signed_bytes(body)))}


def _signed_bytes(body: Mapping[str, Any]) -> bytes:
    return b"mci-erasure-receipt\n" + canonical.dumps(dict(body))


def verify_receipt(receipt: Mapping[str, Any]) -> bool:
    """Whether the receipt is unchanged and signed by a key of this server."""
    body = {name: value for name, value in receipt.items() if name != "signature"}
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
