"""How much redaction leaks, how often it is wrong and how fast it is, beside what others offer.

    python benchmarks/redaction.py [--corpus FILE] [--rounds 5] [--others/--no-others] [--model NAME]

FILE holds labelled texts, one JSON object a line (see docs/redaction.md); without one, the texts of the
project's own samples. The others are installed from the package index into an environment that is thrown
away afterwards (`--environment FOLDER` keeps it). `--model` names a package with a spaCy model, for the
measurement with names; without it only Presidio's patterns are measured. All engines look at the same texts
in turns, in one process each, and the ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks._redaction_score import Found, Record, Score, score
from mci_core.detectors import LABELS
from mci_core.redaction import find_spans, find_spans_many, quality
from mci_core.redaction.spans import BLANKED

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent.parent / "shared" / "data" / "redaction" / "dev.jsonl"
PACKAGES = {
    "presidio": "presidio-analyzer==2.2.366",
    "relay": "sentry-relay==0.10.1",
    "scrubadub": "scrubadub==2.0.1",
    "datafog": "datafog==4.9.0",
    "detect-secrets": "detect-secrets==1.5.0",
}
#: What others call the same, and what nobody labelled in the texts.
NAMES = {
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "IBAN_CODE": "IBAN",
    "SSN": "US_SSN",
    "SOCIAL_SECURITY_NUMBER": "US_SSN",
    "IP_ADDRESS": "IP",
    "NAME": "PERSON",
    "LOCATION": "ADDRESS",
    "CREDENTIAL": "PASSWORD",
}
UNLABELLED = frozenset({"URL", "DATE_TIME", "NRP", "DATE", "ZIP_CODE", "ORGANIZATION"})


@dataclass
class Runner:
    """One engine and the seconds of its passes."""

    name: str
    once: Callable[[], float]
    spans: Callable[[], list[list[Found]]]
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def labelled(path: Path | None) -> list[Record]:
    """Records with `text`, `spans` and `source`."""
    if path is None:
        return [
            {
                "text": one.text,
                "source": "samples",
                "spans": [
                    {"start": p.start, "end": p.end, "label": p.label.upper()} for p in one.places or ()
                ],
            }
            for one in quality.samples("benchmark", 12)
        ]
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def ours(texts: Sequence[str]) -> Iterator[Runner]:
    """The default pack: all of it, what has a form only, and all texts in one call."""

    def timed(find: Callable[[str], object]) -> float:
        started = time.perf_counter()
        for text in texts:
            find(text)
        return time.perf_counter() - started

    def together() -> float:
        started = time.perf_counter()
        find_spans_many(texts)
        return time.perf_counter() - started

    structured = partial(find_spans, pack="structured")
    yield Runner("mci full pack", partial(timed, find_spans), lambda: [find_spans(text) for text in texts])
    yield Runner("mci structured only", partial(timed, structured), lambda: [structured(t) for t in texts])
    yield Runner("mci full, many at once", together, lambda: find_spans_many(texts))


def environment(folder: Path) -> Path:
    """The interpreter of an environment with the packages of the others."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, *PACKAGES.values()], check=True, stderr=subprocess.DEVNULL)
    return python


def others(python: Path, file: Path, model: str, stack: ExitStack) -> Iterator[Runner]:
    """One process for each engine; it loads once and answers pass by pass."""
    asked = [(name, [name]) for name in PACKAGES]
    if model:
        asked.insert(1, ("presidio+ner", ["presidio", model]))
    for name, words in asked:
        process = subprocess.Popen(
            [str(python), str(HERE / "_redaction_engines.py"), str(file), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        stack.callback(process.wait)
        assert process.stdin is not None
        assert process.stdout is not None
        stack.callback(process.stdin.close)
        if process.stdout.readline().strip() != "ready":
            sys.stdout.write(f"{name}: could not be loaded\n")
            continue
        ask = partial(_ask, process)
        yield Runner(name, partial(ask, "pass"), lambda ask=ask: _renamed(ask("spans")))


def _ask(process: subprocess.Popen[str], word: str) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def _renamed(found: list[list[list[Any]]]) -> list[list[Found]]:
    return [
        [(start, end, NAMES.get(label, label)) for start, end, label in spans if label not in UNLABELLED]
        for spans in found
    ]


def _print_accuracy(records: Sequence[Record], runners: Sequence[Runner]) -> None:
    outside = [not record["source"].startswith("constructed") for record in records]
    third = any(outside) and not all(outside)
    sys.stdout.write(f"\n{'engine':<24}{'F2':>7}{'leak %':>8}{'structured':>12}{'clean hit %':>13}\n")
    for runner in runners:
        spans = runner.spans()
        if any(label == BLANKED for found in spans for _start, _end, label in found):
            # A text that could not be searched is masked as a whole: that would pass for a very good engine.
            raise SystemExit(f"{runner.name} blanked a text: something in it is broken")
        rows = [("", score(records, spans))]
        if third:
            chosen = [(r, s) for r, s, out in zip(records, spans, outside, strict=True) if out]
            rows.append((" (third-party)", score([r for r, _ in chosen], [s for _, s in chosen])))
        for words, found in rows:
            sys.stdout.write(
                f"{(words or runner.name):<24}{found.f2:>7.1f}{found.leak():>8.1f}"
                f"{found.structured_leak:>12.1f}{found.hit:>13.1f}\n"
            )
        if runner is runners[0]:
            _print_labels(rows[0][1])


def _print_labels(found: Score) -> None:
    for label in [*LABELS, *sorted(found.places.keys() - set(LABELS))]:
        if found.places[label]:
            line = f"  {label:<22}{found.places[label]:>7} places{found.leak([label]):>8.1f} % leak\n"
            sys.stdout.write(line)


def _print_speed(size: int, runners: Sequence[Runner]) -> None:
    reference = next((one.median for one in runners if one.name == "presidio"), None)
    sys.stdout.write(f"\n{'engine':<24}{'MB/s':>9}{'worst':>9}{'best':>9}{'x Presidio patterns':>22}\n")
    for one in runners:
        low, high = size / max(one.seconds) / 1e6, size / min(one.seconds) / 1e6
        ratio = f"{reference / one.median:>22.1f}" if reference else ""
        line = f"{one.name:<24}{size / one.median / 1e6:>9.3f}{low:>9.3f}{high:>9.3f}{ratio}\n"
        sys.stdout.write(line)


def measure(given: argparse.Namespace, records: list[Record], stack: ExitStack) -> list[Runner]:
    """Passes in turns: no engine has the machine in a better hour than another."""
    texts = [record["text"] for record in records]
    runners = list(ours(texts))
    if given.others:
        folder = given.environment or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "engines"
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "texts.json"
        file.write_text(json.dumps(texts), encoding="utf-8")
        runners += others(environment(folder), file, given.model, stack)
    for runner in runners[:3]:
        runner.once()
    for _ in range(given.rounds):
        for runner in runners:
            runner.seconds.append(runner.once())
    return runners


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--corpus", type=Path, default=CORPUS if CORPUS.is_file() else None)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--others", action=argparse.BooleanOptionalAction, default=True)
    options.add_argument("--environment", type=Path)
    options.add_argument("--model", default="")
    given = options.parse_args()
    records = labelled(given.corpus)
    size = sum(len(record["text"].encode()) for record in records)
    kinds = Counter(one["label"] for record in records for one in record["spans"])
    sys.stdout.write(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"hyperscan {version('hyperscan')}, google-re2 {version('google-re2')}\n"
        f"{len(records)} texts, {size / 1e6:.2f} MB, {sum(kinds.values())} labelled places"
        f" ({'a corpus' if given.corpus else 'own samples'}), {given.rounds} rounds in turns\n"
    )
    if given.others:
        sys.stdout.write(
            ", ".join(PACKAGES.values()) + (f", model {given.model}" if given.model else "") + "\n"
        )
    with ExitStack() as stack:
        runners = measure(given, records, stack)
        _print_accuracy(records, runners)
        _print_speed(size, runners)


if __name__ == "__main__":
    main()
