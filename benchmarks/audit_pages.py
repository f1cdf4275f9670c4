"""Server time of the pages of the log with a million entries.

    python benchmarks/audit_pages.py [--entries 1000000] [--rounds 15]

Fills a PostgreSQL of its own, lets the sequencer take everything in, then asks for each page through the test
client: URL to last byte, templates and database included, without network. The first round warms up and does
not count; from about the tenth on PostgreSQL may use plans that it kept. The reference, in the same run, is
the same pages with 1,000 entries.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import _audit_database as databases

CLIENT = Path(__file__).resolve().parent / "_audit_pages_client.py"
WANTED_MS = 100

# A busy log is signed each second; here each fifth size was. Their ids come before those of real checkpoints.
_SIGNED = """
INSERT INTO audits_signedcheckpoint (id, origin, size, root, note, vkey, at)
SELECT number - signed.size, origin, number, root, note, vkey, at - (signed.size - number) * interval '0.2 s'
FROM (SELECT * FROM audits_signedcheckpoint ORDER BY id DESC LIMIT 1) AS signed,
    generate_series(5, signed.size - 5, 5) AS number
ON CONFLICT DO NOTHING
"""


def measure(bench: databases.Bench, rounds: int) -> dict[str, Any]:
    """Milliseconds by page."""
    bench.run("manage.py", "sequencer", "--once")
    with psycopg.connect(bench.owner_url, autocommit=True) as owner:
        owner.execute(_SIGNED)
        owner.execute("ANALYZE audits_signedcheckpoint")
    found: dict[str, Any] = json.loads(bench.run(str(CLIENT), str(rounds)).splitlines()[-1])
    return found


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=15)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="mci-pages-") as name:
        folder = Path(name)
        with databases.server(folder) as pair:
            small = measure(databases.made(pair, folder, "small", 1_000), given.rounds)
            large = measure(databases.made(pair, folder, "large", given.entries), given.rounds)
    sys.stdout.write(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
        f"{large['entries']:,} entries beside {small['entries']:,}, median of {given.rounds} rounds, ms\n\n"
        f"{'page':<28}{'1,000':>9}{'large':>9}{'worst':>9}{'ratio':>8}\n"
    )
    late = []
    for page, took in large["ms"].items():
        median, before = statistics.median(took), statistics.median(small["ms"][page])
        line = f"{page:<28}{before:>9.1f}{median:>9.1f}{max(took):>9.1f}{median / before:>8.2f}"
        wrong = "" if large["codes"][page] == 200 else f"  answered {large['codes'][page]}"
        sys.stdout.write(line + wrong + "\n")
        if median > WANTED_MS:
            late.append(page)
    sys.stdout.write(f"\nover {WANTED_MS} ms: {', '.join(late) or 'none'}\n")


if __name__ == "__main__":
    main()
