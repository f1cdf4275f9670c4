"""A deterministic sample of the changes that `make bench-mutations` makes completely."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.pure.audit_support import proof_mutations
from tests.pure.audit_support.logs import Log
from tests.pure.audit_support.mutations import Change, Judge


@pytest.fixture(scope="module")
def log() -> Log:
    """Three bundles, the last of them not full."""
    return Log.of(600)


def test_every_small_change_of_an_export_is_named(log: Log) -> None:
    judge = Judge(log, spacing=1999)
    assert judge.whole(Change("none", {}, "")) is None
    seen, missed = Counter[str](), []
    for change in judge.changes():
        seen[change.kind] += 1
        often = change.kind.endswith(("bit", "truncated")) or change.kind.startswith("file")
        if often or seen[change.kind] % 23 == 1:
            found = (judge.judge(change), judge.whole(change))
            missed += [(change, str(bad)) for bad in found if not change.is_named(bad)]
    assert missed == []
    assert len(seen) == 23


def test_every_small_change_of_a_proof_is_refused(log: Log) -> None:
    missed = []
    for proof in proof_mutations.proofs_of(log, 301):
        assert proof.refused(proof.data) is None
        for number, (kind, data) in enumerate(proof.changes()):
            if number % 53 == 0 and proof.refused(data) is None:
                missed.append((proof.kind, kind, number))
    assert missed == []
