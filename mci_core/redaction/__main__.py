"""`python -m mci_core.redaction FILE...`: what redaction finds in text files and in recorded sessions.

Prints kinds and places, never values. A file is read as a session when its name ends in `.jsonl` and its
first line is a session header; a policy document (`--policy`) adds its rules. Exit status 1 when a session is
refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mci_core import policy
from mci_core.policy_model import Policy
from mci_core.redaction import FrameRedactor, explain_spans, redact_session
from mci_core.session import SessionError, parse_lines


def _is_session(path: Path) -> bool:
    if path.suffix != ".jsonl":
        return False
    with path.open("rb") as file:
        return b'"session"' in file.readline(65_536)


def _session(path: Path, chosen: Policy) -> str:
    with path.open("rb") as file:
        header, events = parse_lines(file)

    def read(name: str) -> bytes | None:
        frame = path.parent / name
        return frame.read_bytes() if frame.is_file() else None

    _, report = redact_session([header, *events], chosen, frames=FrameRedactor(read, chosen))
    return json.dumps(report.as_dict(), indent=1)


def _text(path: Path, chosen: Policy) -> str:
    text = path.read_text("utf-8", errors="replace")
    rows = [
        f"{span.start}-{span.end} {span.label} {span.rule_id} {span.confidence:.2f}"
        for span in explain_spans(text, chosen.rules)
    ]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m mci_core.redaction", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--policy", type=Path, help="a policy document whose rules apply as well")
    given = parser.parse_args(arguments)
    document = given.policy.read_bytes() if given.policy else policy.new_document("Default pack")
    chosen = policy.parse(document)
    status = 0
    for path in given.files:
        sys.stdout.write(f"== {path}\n")
        try:
            sys.stdout.write((_session if _is_session(path) else _text)(path, chosen) + "\n")
        except SessionError as error:
            sys.stdout.write(f"refused: {error.message}\n")
            status = 1
    return status


if __name__ == "__main__":
    raise SystemExit(main())
