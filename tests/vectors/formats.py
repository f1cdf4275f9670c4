"""Vectors of the formats: bytes, digests and signatures."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_core import canonical, lease, manifest, merkle, policy
from tests.pure.building import DEVICE, NOW, app, document, lease_for, parsed, rule, site

# A key for these vectors only: the numbers from 0 to 31.
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.urlsafe_b64encode(KEY.public_key().public_bytes_raw()).rstrip(b"=").decode()


def canonical_forms() -> dict[str, Any]:
    """JSON values and their canonical bytes."""
    values: list[Any] = [
        {"b": 1, "a": [True, None, "x"]},
        {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
        [0.05, 1e21, 1e-7, 100.0, -0.0, 333333333.33333329, 2**53 - 1],
        'quote " backslash \\ newline \n control \x01 delete \x7f',
        {"nested": {"z": {}, "a": []}},
    ]
    cases = [
        {"value": value, "canonical": canonical.dumps(value).decode(), "sha256": canonical.digest_obj(value)}
        for value in values
    ]
    return {"cases": cases}


def policies() -> dict[str, Any]:
    """Policy documents, their canonical bytes and both digests."""
    documents = [
        document(),
        document([site(), app(interval=30)], [rule()]),
        document([site(origin="https://m\u00fcnchen.example", subdomains=True)], lease_seconds=60),
    ]
    cases = [
        {
            "document": doc,
            "canonical": policy.canonical_bytes(doc).decode(),
            "policy_digest": policy.parse(doc).digest,
            "ruleset_digest": policy.parse(doc).ruleset_digest,
        }
        for doc in documents
    ]
    return {"engine": policy.ENGINE_VERSION, "cases": cases}


def leases() -> dict[str, Any]:
    """Leases and their signed tokens."""
    made = parsed()
    cases = [
        lease_for(made),
        lease_for(made, state="stopped", release_number=None, policy_digest="", place=None, notice=None),
        lease_for(made, denied_signals=("keystroke", "text"), excluded_entries=("jira",)),
    ]
    return {
        "public_key": PUBLIC,
        "cases": [
            {"lease": asdict(case), "kid": "k1", "token": lease.encode(case, KEY, "k1")} for case in cases
        ],
    }


def manifests() -> dict[str, Any]:
    """A manifest with its digest and signature."""
    doc = {
        "schema": manifest.SCHEMA,
        "session_id": "0b6d6d43-7a53-4e0b-8f36-1d2f0c1e9a11",
        "device": DEVICE,
        "captured_from": NOW,
        "captured_to": NOW + 300,
        "release_number": 7,
        "policy_digest": "a" * 64,
        "ruleset_digest": "b" * 64,
        "lease_id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "place": "US-NY",
        "notice": "c" * 64,
        "event_count": 12,
        "parts": [
            {"index": 0, "kind": "events", "name": "events-0000.zst", "sha256": "d" * 64, "bytes": 900}
        ],
        "report": {"masked": {"EMAIL": 1}},
    }
    case = {
        "manifest": doc,
        "sha256": manifest.session_digest(doc),
        "signature": manifest.sign_manifest(doc, KEY),
    }
    return {"public_key": PUBLIC, "cases": [case]}


def merkle_trees() -> dict[str, Any]:
    """Trees of one to nine leaves with all their proofs, as hexadecimal."""
    cases = []
    for size in range(1, 10):
        data = [f"entry {number}" for number in range(size)]
        leaves = [merkle.leaf_hash(item.encode()) for item in data]
        proofs = [merkle.inclusion_proof(leaves, index) for index in range(size)]
        older = [merkle.consistency_proof(leaves, old) for old in range(1, size + 1)]
        cases.append(
            {
                "leaves": data,
                "root": merkle.root(leaves).hex(),
                "inclusion": [[node.hex() for node in proof] for proof in proofs],
                "consistency_from_1": [[node.hex() for node in proof] for proof in older],
            }
        )
    return {"empty_root": merkle.EMPTY_ROOT.hex(), "cases": cases}
