"""How fast the log is taken in and read again, as a share of what hashing alone allows.

    python -m benchmarks._audit_reading take-in | limit | limit-processor | verify | export FOLDER

Runs inside the project against the database of its environment and prints one number, entries a second.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import django

SLICE = 100_000
TURNS = 20


def take_in() -> float:
    """The median over slices of 100,000 entries."""
    from audits import sequence

    rates = []
    while True:
        began, done = time.perf_counter(), 0
        while done < SLICE:
            got = sequence.advance()
            done += got
            if not got:
                break
        if done < SLICE // 2:
            return statistics.median(rates or [done / (time.perf_counter() - began)])
        rates.append(done / (time.perf_counter() - began))


def _leaves(count: int) -> Iterator[bytes]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT leaf FROM audits_auditentry LIMIT %s", [count])
        for (leaf,) in cursor.fetchall():
            yield leaf.encode()


def limit(clock: Callable[[], float] = time.perf_counter) -> float:
    """One leaf hash and one node hash for each entry, of leaves that lie in memory: nobody can be faster."""
    leaves = list(_leaves(SLICE))
    began = clock()
    before = bytes(32)
    # As long as the others take, so that a burst of a busy machine does not count.
    for _turn in range(TURNS):
        for leaf in leaves:
            before = sha256(b"\x01" + before + sha256(b"\x00" + leaf).digest()).digest()
    return TURNS * len(leaves) / (clock() - began)


def limit_processor() -> float:
    """The same by processor time, which other programs of a busy machine do not lengthen."""
    return limit(time.process_time)


def verify() -> float:
    from audits import sequence, verification

    last = sequence.latest()
    assert last is not None
    began = time.perf_counter()
    verification.verify(last)
    return last.size / (time.perf_counter() - began)


def export(target: Path) -> float:
    from audits import checkpoints, folder

    signed = checkpoints.sign() or checkpoints.newest()
    assert signed is not None
    began = time.perf_counter()
    folder.export(target, signed)
    return signed.size / (time.perf_counter() - began)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "mci_admin.settings"
    django.setup()
    verb = sys.argv[1]
    if verb == "export":
        print(export(Path(sys.argv[2])))
    else:
        verbs: dict[str, Callable[[], float]] = {
            "take-in": take_in,
            "limit": limit,
            "limit-processor": limit_processor,
            "verify": verify,
        }
        print(verbs[verb]())


if __name__ == "__main__":
    main()
