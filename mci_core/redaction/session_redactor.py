"""Redacts a recorded session, and tells whether anything in one is left to redact.

Both are the same pass over the events: `redact_session` returns what the pass makes of them,
`scan_session` names what the pass would still change. A session is redacted until the pass changes nothing
more, so a redacted session is clean by construction; typing that does not settle is dropped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mci_core.policy_model import Policy
from mci_core.redaction.event_fields import reduced_header
from mci_core.redaction.following import FAILED
from mci_core.redaction.report import Hit, Report, SessionBlocked
from mci_core.redaction.session_pass import Frames, Line, Outcome, SessionPass

MAX_ROUNDS = 4


def _size(lines: Iterable[Mapping[str, Any]]) -> int:
    return sum(len(json.dumps(line, ensure_ascii=False, separators=(",", ":"))) + 1 for line in lines)


def _scan(lines: Sequence[Line], policy: Policy, hash_key: bytes | None) -> Outcome:
    return SessionPass(policy, None, hash_key, scanning=True).run(lines[0], lines[1:])


def redact_session(
    lines: Iterable[Line],
    policy: Policy,
    *,
    frames: Frames | None = None,
    hash_key: bytes | None = None,
) -> tuple[list[Line], Report]:
    """Header and events without what the default pack and the policy's rules find, and what was done.

    `lines`: header and events as `session.parse_lines` reads them, in which the agent's evaluator has already
    named `entry` and `signal`. `frames`: a `FrameRedactor`; without one, screenshots are dropped.
    A rule of method "block_session" leaves a header without events.
    """
    given = list(lines)
    started = time.perf_counter()
    report = Report(events_in=len(given) - 1, bytes_in=_size(given), places=list(range(len(given) - 1)))
    try:
        outcome = SessionPass(policy, frames, hash_key, scanning=False).run(given[0], given[1:])
        _count(report, outcome)
        settled = _settle(outcome, policy, hash_key, report)
    except SessionBlocked as blocked:
        report.blocked_by = blocked.rule_id
        settled = [{**reduced_header(given[0], lambda text, _: "session"), "event_count": 0, "channels": []}]
        report.places = []
    report.events_out, report.bytes_out = len(settled) - 1, _size(settled)
    report.frames_masked = sum(1 for event in settled[1:] if event.get("masked"))
    report.millis = round((time.perf_counter() - started) * 1000)
    return settled, report


def _count(report: Report, outcome: Outcome) -> None:
    if outcome.marks.blocked is not None:
        raise SessionBlocked(outcome.marks.blocked)
    for span in outcome.spans:
        report.count(span)
    report.dropped.update(outcome.dropped.values())
    report.blanked += sum(1 for reason in outcome.dropped.values() if reason == FAILED)
    report.places = [report.places[index] for index in outcome.places()]


def _settle(outcome: Outcome, policy: Policy, hash_key: bytes | None, report: Report) -> list[Line]:
    """Repeat until nothing changes. Typing that never settles goes."""
    lines = outcome.lines()
    for left_out in ((), ("key", "text"), ("focus", "url", "marker", "mouse_down", "mouse_up")):
        before = len(lines)
        kept = [at for at, event in enumerate(lines[1:]) if event["type"] not in left_out]
        lines = [lines[0], *(lines[at + 1] for at in kept)]
        report.places = [report.places[at] for at in kept]
        if before != len(lines):
            report.dropped["unsettled"] += before - len(lines)
        for _ in range(MAX_ROUNDS):
            again = _scan(lines, policy, hash_key)
            _count(report, again)
            new = again.lines()
            if new == lines:
                return lines
            lines = new
    report.places = []
    return [lines[0]]


def scan_session(lines: Iterable[Line], policy: Policy) -> list[Hit]:
    """Everything in a session that redaction would still change: none for one that was redacted."""
    given = list(lines)
    header, events = given[0], given[1:]
    outcome = _scan(given, policy, None)
    hits = [Hit(-1, name, "STRUCTURE") for name, value in outcome.header.items() if header.get(name) != value]
    hits += [
        Hit(-1, name, "STRUCTURE") for name in header if name not in outcome.header and name not in _COUNTED
    ]
    hits += [Hit(events[index]["seq"], "event", reason.upper()) for index, reason in outcome.dropped.items()]
    for index, event in outcome.kept:
        hits.extend(_changes(events[index], event))
    return sorted(hits, key=lambda hit: (hit.seq, hit.field, hit.label))


_COUNTED = ("event_count", "channels")


def _changes(event: Line, left: Line) -> Iterable[Hit]:
    old, new = event.get("masks") or [], left.get("masks") or []
    fresh = new[len(old) :] if new[: len(old)] == old else new
    for one in fresh:
        yield Hit(event["seq"], one["field"], one["label"])
    named = {one["field"].split(".")[0] for one in fresh}
    for name in sorted({*event, *left} - {"masks", "seq"}):
        if event.get(name) != left.get(name) and name not in named:
            yield Hit(event["seq"], name, "STRUCTURE")
