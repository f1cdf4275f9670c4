"""Makes sample sessions: believable office work with planted personal data, and the truth about it.

The same seed gives the same bytes, frames included. `python -m mci_core.samples --out DIR --seed S --count N`
writes files in the format `interaction-events/1`, with `<id>.truth.jsonl` beside each.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mci_core import policy
from mci_core.samples_recorder import HEIGHT, WIDTH, Recorder
from mci_core.samples_tasks import TASKS, Desk, answer_ticket, sign_in, stray
from mci_core.samples_values import Values
from mci_core.samples_words import APPS, CUSTOMERS, WORK
from mci_core.session import SCHEMA, encode_lines

__all__ = ["APPS", "CUSTOMERS", "Sample", "generate", "main", "policy_document"]

Line = dict[str, Any]
STARTED_AT = "2026-03-02T08:00:00+00:00"
#: "office": allowed programs and one outside; "allowed": only allowed ones; "secure": begins with a sign-in
KINDS = ("office", "allowed", "secure")


@dataclass(frozen=True, slots=True)
class Sample:
    """A session, what is planted in it, and its frames by file name."""

    lines: list[Line]
    truth: list[Line]
    frames: dict[str, bytes] = field(repr=False)

    @property
    def session_id(self) -> str:
        """The id in the header."""
        return str(self.lines[0]["session_id"])

    def data(self) -> bytes:
        """The bytes of the file."""
        return encode_lines(self.lines)


def generate(
    seed: str,
    *,
    kind: str = "office",
    minutes: float = 3.0,
    apps: Sequence[str] | None = None,
    frames: bool = True,
    people_index: int = 0,
) -> Sample:
    """A session of about this many minutes of one person. `apps`: keys of `APPS` to work in, all by default.

    Truth lines: {"seq", "field", "start", "end", "kind", "value"} for a place in a text, title or address;
    {"seq", "to_seq", "kind", "keys" | "edits", "value"} for keys or edits; {"seq", "file", "box", "kind",
    "value"} for frames; {"seq", "to_seq", "kind": "secure_field" | "blocked_app"}.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    name = hashlib.sha256(f"{seed}/{kind}/{people_index}".encode()).hexdigest()
    rnd = random.Random(name)  # noqa: S311 - made to be repeated, protects nothing
    recorder = Recorder(f"sample-{kind}-{name[:10]}", rnd)
    desk = Desk(recorder, Values(rnd), rnd, frames)
    _work(desk, kind, minutes, tuple(apps or WORK))
    header = _header(recorder, people_index)
    return Sample([header, *recorder.events], recorder.truth, recorder.frames)


def _work(desk: Desk, kind: str, minutes: float, apps: tuple[str, ...]) -> None:
    if kind == "secure":
        sign_in(desk)
    if "desk" in apps:
        answer_ticket(desk)
    outside = kind == "office"
    while True:
        for app in desk.rnd.sample(apps, len(apps)):
            desk.rnd.choice(TASKS[app])(desk)
            desk.recorder.wait(800, 5000)
            if outside and desk.recorder.t > minutes * 20_000:
                stray(desk)
                outside = False
            if desk.recorder.t > minutes * 60_000 and not outside:
                return


def _header(recorder: Recorder, people_index: int) -> Line:
    subject = hashlib.sha256(f"person {people_index}".encode()).hexdigest()[:8]
    return {
        "type": "session",
        "schema": SCHEMA,
        "session_id": recorder.session_id,
        "subject": f"sub-{subject}",
        "origin": "constructed",
        "actor": "script",
        "source": {"generator": "mci_core.samples"},
        "licence": "CC0-1.0",
        "platform": {"os": "windows", "version": "11"},
        "screen": {"width": WIDTH, "height": HEIGHT, "space": "screen"},
        "time_resolution_ms": 1,
        "started_at": STARTED_AT,
        "duration_ms": recorder.events[-1]["t"],
        "event_count": len(recorder.events),
        "channels": sorted({event["type"] for event in recorder.events}),
        "task": "office work",
        "notes": ["constructed, not recorded from a person"],
    }


def policy_document(name: str = "Office work") -> Line:
    """A policy that fits the samples: their programs, and the customers' names as a dictionary rule."""
    pointer = ["mouse_move", "click", "scroll"]
    typing = [*pointer, "shortcut", "keystroke", "text", "clipboard", "window_title", "screenshot"]
    entries: list[Line] = [
        {
            "id": "desk",
            "kind": "site",
            "label": "Service Desk",
            "match": {"origin": "https://desk.example.com", "path_prefix": "/", "subdomains": False},
            "signals": [*typing, "url"],
            "keystrokes": "text",
            "frame_interval_s": 0,
        }
    ]
    for key, label in (("sheet", "Excel"), ("editor", "Visual Studio Code"), ("mail", "Outlook")):
        app = APPS[key]
        entries.append(
            {
                "id": key,
                "kind": "app",
                "label": label,
                "match": {"windows": [app.exe], "macos": [], "linux": [], "names": []},
                "signals": list(typing),
                "keystrokes": "text",
                "frame_interval_s": 0,
            }
        )
    rule = {
        "id": "customers",
        "label": "Customer names",
        "method": "mask",
        "match": {"type": "dictionary", "words": list(CUSTOMERS)},
        "selector": {"entries": [], "signals": [], "fields": []},
        "examples": {"redact": [f"sent to {CUSTOMERS[0]}"], "keep": ["sent to support"]},
    }
    return {**policy.new_document(name), "entries": entries, "rules": [rule]}


def write(sample: Sample, folder: Path) -> Path:
    """Write a sample and its truth into a folder; returns the file of the session."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sample.session_id}.jsonl"
    path.write_bytes(sample.data())
    (folder / f"{sample.session_id}.truth.jsonl").write_bytes(encode_lines(sample.truth))
    for name, data in sample.frames.items():
        frame = folder / name
        frame.parent.mkdir(parents=True, exist_ok=True)
        frame.write_bytes(data)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m mci_core.samples", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", required=True)
    parser.add_argument("--count", type=int, default=1, help="how many sessions, each of another person")
    parser.add_argument("--kind", choices=KINDS, default="office")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--no-frames", action="store_true")
    chosen = parser.parse_args(arguments)
    for index in range(chosen.count):
        sample = generate(
            chosen.seed,
            kind=chosen.kind,
            minutes=chosen.minutes,
            frames=not chosen.no_frames,
            people_index=index,
        )
        print(write(sample, chosen.out))  # noqa: T201 - a command line prints
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
