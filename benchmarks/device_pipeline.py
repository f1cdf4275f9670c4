"""How long a session takes on the device: parse, evaluate, redact, scan; each as a multiple of decoding its
JSON.

    python benchmarks/device_pipeline.py --sessions 4 --rounds 5

The reference, measured in the same run and interleaved, is ``json.loads`` of every line: what any program
that reads
the recording must do at least.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import Any

from mci_core import policy, samples, session
from mci_core.evaluator import StreamEvaluator, apply
from mci_core.lease import Lease
from mci_core.policy_model import Policy
from mci_core.redaction import redact_session, scan_session

Lines = list[dict[str, Any]]


def lease_for(parsed: Policy) -> Lease:
    """A lease that allows everything that the policy does, for as long as anybody measures."""
    return Lease(
        jti="bench",
        device="bench",
        issuer="bench",
        release_number=1,
        policy_digest=parsed.digest,
        state="on",
        place="US-TX",
        jurisdiction_reason="allowed",
        denied_signals=(),
        notice="bench",
        excluded_entries=(),
        issued_at=0,
        expires_at=10_000_000_000,
    )


def _evaluate(lines: Lines, parsed: Policy, lease: Lease) -> Lines:
    evaluator = StreamEvaluator(parsed, "windows")
    kept = (apply(event, evaluator.step(event, lease, 1)) for event in lines[1:])
    return [lines[0], *(event for event in kept if event is not None)]


def _stages(raw: Sequence[bytes], parsed: Policy) -> Iterator[tuple[str, Callable[[], object]]]:
    header, events = session.parse_lines(raw)
    lines = [header, *events]
    kept = _evaluate(lines, parsed, lease_for(parsed))
    redacted, _ = redact_session(kept, parsed)
    yield "decode JSON (reference)", lambda: [json.loads(line) for line in raw]
    yield "parse and check", lambda: session.parse_lines(raw)
    yield "evaluate", lambda: _evaluate(lines, parsed, lease_for(parsed))
    yield "redact", lambda: redact_session(kept, parsed)
    yield "scan again", lambda: scan_session(redacted, parsed)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sessions", type=int, default=4)
    options.add_argument("--minutes", type=float, default=3.0)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    parsed = policy.parse(samples.policy_document())
    made = [
        samples.generate(f"bench-{n}", minutes=given.minutes, frames=False) for n in range(given.sessions)
    ]
    raws = [sample.data().splitlines(keepends=True) for sample in made]
    events, size = sum(len(raw) - 1 for raw in raws), sum(len(line) for raw in raws for line in raw)
    print(f"{given.sessions} sessions, {events} events, {size / 1e6:.2f} MB, {given.rounds} rounds")
    print(f"Python {platform.python_version()}, google-re2 {version('google-re2')}, {platform.machine()}")
    times: dict[str, list[float]] = {}
    for _ in range(given.rounds):
        spent: dict[str, float] = {}
        for raw in raws:
            for name, run in _stages(raw, parsed):
                began = time.perf_counter()
                run()
                spent[name] = spent.get(name, 0.0) + time.perf_counter() - began
        for name, seconds in spent.items():
            times.setdefault(name, []).append(seconds)
    reference = statistics.median(next(iter(times.values())))
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"{name:<26}{median * 1000:9.1f} ms {size / 1e6 / median:8.2f} MB/s "
            f"{events / median:10.0f} events/s {median / reference:8.1f} x reference"
        )


if __name__ == "__main__":
    main()
