"""Whether anything planted in recorded sessions survives redaction, and whether the rest stays as it was.

    python benchmarks/redaction_sessions.py [--sessions FOLDER] [--errors 20] [--ocr auto]

FOLDER holds recordings in the format ``interaction-events/1`` with ``<id>.truth.jsonl`` beside those in which
something is planted; without one, the project's own samples are judged. Prints, for each recording, how many
planted things there are, how many survive, and how many events outside of them are as they were.

What counts:

* A recording whose header names an allowlist passes the evaluator first, with those programs allowed for
  every signal; what the evaluator refuses is gone, and no event that redaction was to keep.
* A planted text survives when it can still be read in any text of the output or in the keys of the output
  put together, or when one of its words can in its own event. A range of keys survives when one of its keys
  still says its character. A box survives when its frame is kept and the box is not wholly painted over. Of
  a range that should not have been recorded (field for passwords, other program, withdrawn consent) nothing
  may be kept.
* Passwords of the login recordings are known from their task; they must be nowhere.
* An event outside all ranges is unchanged when every field that the format of an upload has is equal, times
  of typing compared on the grid. Screenshots are left out: without their text on record none is kept.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.device_pipeline import lease_for
from mci_core import policy, samples, session
from mci_core.errors import Invalid
from mci_core.evaluator import StreamEvaluator, apply
from mci_core.policy_model import SIGNALS, Policy
from mci_core.redaction import FrameRedactor, redact_session, scan_session
from mci_core.redaction.event_fields import reduced_event
from mci_core.redaction.frames_engines import CHOICES, FrameSettings, open_reader
from mci_core.redaction.timing import coarsened

Line = dict[str, Any]
_SPOKEN = re.compile(r"password ['\"]?(?P<value>[^\s'\"]+)", re.IGNORECASE)


@dataclass
class Recording:
    """What was recorded, what of it is planted, and the frames by file name."""

    name: str
    lines: list[Line]
    truth: list[Line]
    frames: Mapping[str, bytes] = field(default_factory=dict)
    rules: tuple[Line, ...] = ()


@dataclass
class Result:
    """What redaction made of one recording. `survivors` tell kinds and places, never values."""

    name: str
    planted: int = 0
    survivors: list[str] = field(default_factory=list)
    outside: int = 0
    unchanged: int = 0
    changed: list[str] = field(default_factory=list)
    hits: int = 0
    frames: int = 0
    millis: float = 0.0
    refused: str = ""
    lines: list[Line] = field(default_factory=list)


def allow(programs: Sequence[str], rules: Sequence[Line] = ()) -> Policy:
    """A policy under which these programs may be recorded in full; without programs, only rules."""
    document = samples.policy_document()
    document["rules"] = list(rules)
    document["entries"] = [
        {
            "id": f"app-{number}",
            "kind": "app",
            "label": name,
            "match": {"windows": [name], "names": [name]},
            "signals": list(SIGNALS),
            "keystrokes": "text",
            "frame_interval_s": 0,
        }
        for number, name in enumerate(programs)
    ]
    return policy.parse(document)


def evaluated(recording: Recording, parsed: Policy) -> tuple[list[Line], list[int]]:
    """The lines that the evaluator lets through, and the place in the recording of each event."""
    header, *events = recording.lines
    if not parsed.entries:
        return recording.lines, list(range(len(events)))
    evaluator, lease = StreamEvaluator(parsed, (header.get("platform") or {}).get("os")), lease_for(parsed)
    kept: list[Line] = []
    places: list[int] = []
    for index, event in enumerate(events):
        left = apply(event, evaluator.step(event, lease, 1))
        if left is not None:
            kept.append(dict(left))
            places.append(index)
    return [header, *kept], places


def judge(recording: Recording, frames: FrameSettings | None = None) -> Result:
    """Redact a recording and hold the outcome against what is planted."""
    result = Result(recording.name)
    parsed = allow((recording.lines[0].get("policy") or {}).get("allowlist") or (), recording.rules)
    given, places = evaluated(recording, parsed)
    started = time.perf_counter()
    redactor = FrameRedactor(recording.frames.get, parsed, frames or FrameSettings(), events=given[1:])
    lines, report = redact_session(given, parsed, frames=redactor)
    result.millis = (time.perf_counter() - started) * 1000
    result.frames = sum(1 for line in lines[1:] if line["type"] == "screenshot")
    result.lines, result.hits = lines, len(scan_session(lines, parsed))
    left = {places[at]: line for at, line in zip(report.places, lines[1:], strict=True)}
    truth = [*recording.truth, *_passwords(recording)]
    result.planted = len(truth)
    result.survivors = [told for one in truth for told in _survives(one, recording, left, lines)]
    _count_changes(result, recording, given, places, left)
    return result


def _passwords(recording: Recording) -> Iterator[Line]:
    found = _SPOKEN.search(str(recording.lines[0].get("task") or ""))
    if found:
        yield {"kind": "password", "everywhere": found["value"]}
        yield {"kind": "password", "role": "password"}


def _survives(one: Line, recording: Recording, left: Mapping[int, Line], lines: list[Line]) -> Iterator[str]:
    """What of a planted thing is still there, in words without the value."""
    seqs = _range(one)
    kept = {seq: left[seq] for seq in seqs if seq in left}
    events = recording.lines[1:]
    if "everywhere" in one or one.get("field"):
        told = _spoken(one, events, kept, lines)
    elif one.get("keys"):
        told = [f"key {at}" for at, line in kept.items() if _tells(line, events[at])]
    elif "box" in one:
        told = [f"box of {at}" for at, line in kept.items() if not _painted(one["box"], line.get("masked"))]
    elif "role" in one:
        told = [f"event {at}" for at, line in left.items() if _is_typed(line) and _into_password(events[at])]
    else:
        all_of_it = one["kind"] != "secure_field"
        told = [f"event {at}" for at, line in kept.items() if all_of_it or _is_typed(line)]
    if told:
        yield f"{one['kind']}: {told[0]}" + (f" and {len(told) - 1} more" if len(told) > 1 else "")


def _spoken(one: Line, events: Sequence[Line], kept: Mapping[int, Line], lines: list[Line]) -> list[str]:
    if "everywhere" in one:
        return ["somewhere"] if one["everywhere"].casefold() in _said(lines) else []
    value, original = _value(one, events), json.dumps(events[one["seq"]], ensure_ascii=False)
    words = [word for word in re.findall(r"\w{3,}", value) if original.count(word) == value.count(word)]
    if one["field"] == "url":
        # Of an address with a token in it only the token is secret.
        words = [word for word in words if any(sign.isdigit() for sign in word)]
    own = " ".join(_field(line, one["field"]) for line in kept.values())
    if value.casefold() in _said(lines) or any(word in own for word in words):
        return [f"text of event {one['seq']}"]
    return []


def _value(one: Line, events: Sequence[Line]) -> str:
    return _field(events[one["seq"]], one["field"])[one["start"] : one["end"]]


def _field(event: Line, path: str) -> str:
    told: Any = event
    for name in path.split("."):
        told = told.get(name, "")
    return str(told)


def _said(lines: Sequence[Line]) -> str:
    """Everything that can be read in an outcome: as a file, text events joined, keys joined."""
    texts = "".join(str(line.get("text") or "") for line in lines)
    keys = ["".join(_char(line, state) for line in lines) for state in ("down", "up")]
    file = json.dumps(lines, ensure_ascii=False)
    return "\n".join([file, texts, *keys]).casefold()


def _char(line: Line, state: str) -> str:
    told = line["type"] == "key" and line["state"] in (state, "press") and len(line["key"]) == 1
    return str(line["key"]) if told else ""


def _tells(line: Line, event: Line) -> bool:
    return line["type"] == "key" and len(line["key"]) == 1 and line["key"] == event["key"] != "*"


def _is_typed(line: Line) -> bool:
    return line["type"] in ("key", "text")


def _into_password(event: Line) -> bool:
    return "password" in str((event.get("target") or {}).get("role") or "")


def _painted(box: Sequence[float], rects: Iterable[Sequence[float]] | None) -> bool:
    return any(
        rect[0] <= box[0] and rect[1] <= box[1] and rect[2] >= box[2] and rect[3] >= box[3]
        for rect in rects or ()
    )


def _range(one: Line) -> range:
    first = int(one.get("seq", 0))
    return range(first, int(one.get("to_seq", first)) + 1)


def _ranges(truth: Iterable[Line]) -> set[int]:
    inside: set[int] = set()
    for one in truth:
        if "seq" in one:
            inside.update(_range(one))
    return inside


def _count_changes(
    result: Result, recording: Recording, given: list[Line], places: list[int], left: Mapping[int, Line]
) -> None:
    inside = _ranges(recording.truth)
    entries = frozenset(str(line["entry"]) for line in given[1:] if line.get("entry"))
    for seq, event in zip(places, coarsened(given[1:]), strict=True):
        if seq in inside or event["type"] == "screenshot" or _into_password(event):
            continue
        result.outside += 1
        if seq in left and _same(event, left[seq], entries):
            result.unchanged += 1
        else:
            result.changed.append(f"{seq} {event['type']}{'' if seq in left else ' dropped'}")


def _same(event: Line, line: Line, entries: frozenset[str]) -> bool:
    wanted = reduced_event(event, lambda text, _place: text, entries, frozenset())
    wanted.update({name: event[name] for name in ("key", "text") if name in event and name in line})
    return {**wanted, "seq": 0} == {**line, "seq": 0}


def recordings(folder: Path) -> Iterator[Recording | Result]:
    """What lies in a folder."""
    for path in sorted(folder.glob("*.jsonl")):
        if ".truth." not in path.name:
            yield read_recording(path)


def read_recording(path: Path) -> Recording | Result:
    """A recording with its truth and its frames; as a result where it has to be refused."""
    folder, truth_file = path.parent, path.with_suffix(".truth.jsonl")
    told = truth_file.read_text("utf-8").splitlines() if truth_file.exists() else []
    truth = [json.loads(line) for line in told]
    try:
        with path.open("rb") as file:
            header, events = session.parse_lines(file)
    except Invalid as refusal:
        return Result(path.stem, planted=len(truth), refused=refusal.code)
    files = {event["file"] for event in events if event["type"] == "screenshot"}
    frames = {name: (folder / name).read_bytes() for name in files if (folder / name).is_file()}
    return Recording(path.stem, [header, *events], truth, frames)


def own_samples(count: int = 3) -> Iterator[Recording]:
    """The project's own samples; their customers are a dictionary of the policy."""
    words = {"type": "dictionary", "words": list(samples.CUSTOMERS)}
    rule = {
        "id": "customers",
        "label": "Customer",
        "method": "mask",
        "match": words,
        "selector": {"entries": [], "signals": [], "fields": []},
        "examples": {"redact": [], "keep": []},
    }
    for index in range(count):
        sample = samples.generate("proof", people_index=index, minutes=1.0, frames=False)
        truth = [one for one in sample.truth if one.get("field") and "seq" in one]
        yield Recording(sample.session_id, sample.lines, truth, sample.frames, (rule,))


def _print(result: Result, errors: int) -> None:
    if result.refused:
        print(f"{result.name:36} refused ({result.refused})")
        return
    share = 100 * result.unchanged / result.outside if result.outside else 100.0
    print(
        f"{result.name:36} planted {result.planted:3}  survive {len(result.survivors):3}  "
        f"unchanged {share:6.2f} % of {result.outside:6}  second scan {result.hits:2}  "
        f"frames kept {result.frames:2}  "
        f"{result.millis:7.0f} ms"
    )
    for told in [*result.survivors, *result.changed][:errors]:
        print(f"    {told}")


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=Path)
    parser.add_argument("--errors", type=int, default=0, help="name so many survivors and changes of each")
    parser.add_argument(
        "--ocr", choices=CHOICES, default="off", help="read screenshots; else they are dropped"
    )
    options = parser.parse_args(given)
    frames = FrameSettings(reader=open_reader(options.ocr))
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "sessions"
    folder = options.sessions or (beside if beside.is_dir() else None)
    results = []
    for one in recordings(folder) if folder else own_samples():
        results.append(one if isinstance(one, Result) else judge(one, frames))
        _print(results[-1], options.errors)
    read = [result for result in results if not result.refused]
    survive, outside = sum(len(r.survivors) for r in read), sum(r.outside for r in read)
    shares = [r.unchanged / r.outside for r in read if r.outside]
    print(
        f"{len(read)} recordings, {len(results) - len(read)} refused: {survive} of "
        f"{sum(r.planted for r in read)} planted survive; unchanged "
        f"{100 * sum(r.unchanged for r in read) / max(outside, 1):.2f} % of {outside} events "
        f"(worst recording {100 * min(shares, default=1):.2f} %, "
        f"median {100 * statistics.median(shares):.2f} %)"
    )
    return 1 if survive or any(r.hits for r in read) else 0


if __name__ == "__main__":
    sys.exit(main())
