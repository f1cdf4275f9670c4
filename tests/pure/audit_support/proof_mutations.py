"""Every small change of a proof, a consistency step or a receipt, and whether the verifier refuses it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from mci_agent import verify
from mci_core import canonical
from tests.pure.audit_support import logs
from tests.pure.audit_support.logs import Log
from tests.pure.audit_support.mutations import cut_short, flipped

PLACE = "file"
DASH = "\u2014".encode()
TRUST = verify.Trust(
    (verify.parse_key(logs.VKEY, "log"),), (verify.parse_key(logs.WITNESS_VKEY, "witness"),), 1
)


@dataclass(frozen=True)
class Proof:
    """A file that proves something, and how it is judged."""

    kind: str
    data: bytes
    check: Callable[[bytes], None]

    def refused(self, data: bytes) -> verify.Bad | None:
        try:
            self.check(data)
        except verify.Bad as bad:
            return bad
        return None

    def changes(self) -> Iterator[tuple[str, bytes]]:
        yield from (("bit", data) for _, data in flipped(self.data))
        yield from (("truncated", data) for _, data in cut_short(self.data))
        lines = self.data.splitlines(keepends=True)
        for i in range(len(lines)):
            yield "line deleted", b"".join(lines[:i] + lines[i + 1 :])
            yield "line inserted", b"".join([*lines[:i], lines[i], *lines[i:]])
        for i, (left, right) in enumerate(pairwise(lines)):
            # In which order signatures stand means nothing.
            if left != right and not (left.startswith(DASH) and right.startswith(DASH)):
                yield "lines reordered", b"".join([*lines[:i], right, left, *lines[i + 2 :]])


def inclusion(log: Log, index: int) -> Proof:
    leaf = verify.leaf_hash(log.entries[index])

    def check(data: bytes) -> None:
        proof = verify.parse_proof(data, PLACE)
        TRUST.check(proof.checkpoint)
        if not verify.is_included(leaf, proof.at, proof.checkpoint, proof.path):
            raise verify.Bad("does not lead to the root", PLACE)

    return Proof("proof", log.inclusion(index).dumps().encode(), check)


def step(log: Log, old: int) -> Proof:
    older = verify.parse_checkpoint(log.note(old).dumps().encode(), "older")

    def check(data: bytes) -> None:
        size, path, newer = verify.parse_step(data, PLACE)
        TRUST.check(newer)
        if size != older.size or not verify.is_continued(older, newer, path):
            raise verify.Bad("does not go on", PLACE)

    return Proof("step", log.step(old).dumps().encode(), check)


CERTIFICATE = {"schema": "mci-erasure-receipt/2", "objects": 3, "derived": {"exports": 1}, "scope": "all"}


def erasure_entry() -> bytes:
    """The entry that states the hash of the certificate."""
    facts = {"certificate": canonical.digest_obj(CERTIFICATE)}
    entry = {**json.loads(logs.entry(0)), "action": "privacy_requests.advance_erasure", "facts": facts}
    return canonical.dumps(entry)


def receipt_of(log: Log, index: int) -> bytes:
    """A receipt as it is handed out, without the server's own signature."""
    proof = log.inclusion(index).dumps()
    return canonical.dumps({**CERTIFICATE, "entry": log.entries[index].decode(), "proof": proof})


def receipt(log: Log, index: int) -> Proof:
    def check(data: bytes) -> None:
        found = verify.parse_receipt(data, PLACE)
        proof = found.proof
        TRUST.check(proof.checkpoint)
        if not verify.is_included(verify.leaf_hash(found.leaf), proof.at, proof.checkpoint, proof.path):
            raise verify.Bad("does not lead to the root", PLACE)
        assert found.certificate == CERTIFICATE

    return Proof("receipt", receipt_of(log, index), check)


def proofs_of(log: Log, every: int) -> Iterator[Proof]:
    """Proofs of each `every`-th entry, steps from as many sizes, and a receipt."""
    for index in range(0, len(log.entries), every):
        yield inclusion(log, index)
        yield step(log, index + 1)
    yield receipt(Log([*log.entries[:100], erasure_entry(), *log.entries[100:]]), 100)
