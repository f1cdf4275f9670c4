"""Whether the verifier finds every small change of an exported log and names its place.

    python benchmarks/audit_mutations.py --every 1

Changes: each bit turned and each byte cut off in every bundle of entries, tile, index file, checkpoint and
key; each entry, hash and row deleted, inserted and reordered; each file deleted, inserted and swapped; each
bit, cut and line of proofs, consistency steps and a receipt. `--every 100` judges each hundredth of a kind;
`--every 1` judges all 9,628,714 of 2,000 entries, which takes ten minutes of one core. Ends with an error
when one is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.pure.audit_support import proof_mutations
from tests.pure.audit_support.logs import Log
from tests.pure.audit_support.mutations import Change, Judge

# So many changes that were judged from the state before their place are judged from the beginning as well.
AGAIN = 400


def exports(size: int, every: int, part: int, parts: int) -> tuple[Counter[str], list[str]]:
    """The changes of an export that fall to this process: how many by kind, and those that were missed."""
    judge = Judge(Log.of(size))
    assert judge.whole(Change("none", {}, "")) is None
    seen, judged, missed = Counter[str](), Counter[str](), list[str]()
    for change in judge.changes():
        number = seen[change.kind]
        seen[change.kind] += 1
        if number % (every * parts) != every * part:
            continue
        judged[change.kind] += 1
        if not change.is_named(judge.judge(change)):
            missed.append(f"{change.kind}: {change.place} {change.where}")
        if change.bundle is not None and judged[change.kind] % AGAIN == 1:
            judged["of these, judged from the beginning too"] += 1
            if not change.is_named(judge.whole(change)):
                missed.append(f"from the beginning: {change.kind}: {change.place} {change.where}")
    return judged, missed


def proofs(size: int, every: int, part: int, parts: int) -> tuple[Counter[str], list[str]]:
    """The same for proofs, steps and a receipt: each change has to be refused."""
    judged, missed = Counter[str](), list[str]()
    for place, proof in enumerate(proof_mutations.proofs_of(Log.of(size), max(1, size // 20))):
        assert proof.refused(proof.data) is None
        for number, (kind, data) in enumerate(proof.changes()):
            if number % (every * parts) != every * part:
                continue
            judged[f"{proof.kind}: {kind}"] += 1
            bad = proof.refused(data)
            if bad is None or bad.place != proof_mutations.PLACE:
                missed.append(f"{proof.kind} {place}: {kind} {number}")
    return judged, missed


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=2_000)
    parser.add_argument("--every", type=int, default=100, metavar="N", help="judge each N-th of a kind")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    started = time.monotonic()
    judged, missed = Counter[str](), list[str]()
    with ProcessPoolExecutor(options.jobs) as pool:
        parts = range(options.jobs)
        waits = [
            pool.submit(kind, options.entries, options.every, part, options.jobs)
            for kind in (exports, proofs)
            for part in parts
        ]
        for wait in waits:
            counts, fails = wait.result()
            judged, missed = judged + counts, missed + fails
    print(f"{options.entries} entries, each {options.every}. change of a kind, {options.jobs} processes")
    for kind, count in sorted(judged.items()):
        print(f"{count:>10,}  {kind}")
    total = sum(count for kind, count in judged.items() if not kind.startswith("of these"))
    print(f"{total:>10,}  altogether, {len(missed)} missed, {time.monotonic() - started:.0f} s")
    for line in missed[:20]:
        print("missed:", line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
