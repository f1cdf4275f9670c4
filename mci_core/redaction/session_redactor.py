"""Redacts a recorded session, and tells whether anything in one is left to redact.

Both are the same pass over the events: `redact_session` returns what the pass makes of them,
`scan_session` names what the pass would still change. A session is redacted until the pass changes nothing
more, so a redacted session is clean by construction; typing that does not settle is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mci_core.detectors import LABELS
from mci_core.evaluator_keys import is_secure
from mci_core.policy_model import Policy
from mci_core.redaction.addresses import mask_url
from mci_core.redaction.event_fields import kept_key, reduced_event, reduced_header
from mci_core.redaction.frames import FrameOutcome, FrameRefused
from mci_core.redaction.marks import Marks, Strip, origin
from mci_core.redaction.report import Hit, Report, SessionBlocked
from mci_core.redaction.rules import ENGINE_RULE, PACK_PREFIX, placeholder, rules_for
from mci_core.redaction.spans import BLANKED, Span
from mci_core.redaction.texts import cached_mask, mask
from mci_core.redaction.typing_desk import KeyDesk, TextDesk, target_key

Line = dict[str, Any]
Frames = Callable[[Mapping[str, Any]], FrameOutcome]
MAX_ROUNDS = 4
MASKED_KEY = "*"
# A text shorter than this can only be part of something; it is judged with its neighbours.
ALONE = 3


@dataclass(slots=True)
class _Outcome:
    """What one pass made: the header, and for each kept event its place in the input."""

    header: Line
    kept: list[tuple[int, Line]]
    dropped: dict[int, str]
    marks: Marks
    spans: list[Span] = field(default_factory=list)

    def lines(self) -> list[Line]:
        """Header and events, numbered anew."""
        events = [{**event, "seq": seq} for seq, (_, event) in enumerate(self.kept)]
        header = {
            **self.header,
            "event_count": len(events),
            "channels": sorted({event["type"] for event in events}),
        }
        return [header, *events]


class _Pass:
    """One pass over a session. `scanning`: frames are not redacted, only looked at whether they were."""

    def __init__(
        self, policy: Policy, frames: Frames | None, hash_key: bytes | None, *, scanning: bool
    ) -> None:
        self._policy = policy
        self._frames = frames
        self._hash_key = hash_key
        self._scanning = scanning
        self._entries = frozenset(entry.id for entry in policy.entries)
        pack = {PACK_PREFIX + label for label in LABELS}
        self._rule_ids = frozenset({ENGINE_RULE, *pack, *(rule.id for rule in policy.rules)})
        self._events: Sequence[Line] = ()
        self._marks = Marks(self._mask_typed)
        self._spans: list[Span] = []

    # --- looking

    def run(self, header: Line, events: Sequence[Line]) -> _Outcome:
        """The whole pass."""
        self._events = events
        self._follow(header.get("platform", {}).get("os"))
        clean = reduced_header(header, lambda text, name: self._short(text, name, header, []))
        kept: list[tuple[int, Line]] = []
        for index, event in enumerate(events):
            if index in self._marks.dropped:
                continue
            left = self._left(index, event)
            if left is not None and index not in self._marks.dropped:
                kept.append((index, left))
        return _Outcome(clean, kept, self._marks.dropped, self._marks, self._spans)

    def _follow(self, platform: str | None) -> None:
        """Follow what is typed and collect the marks."""
        marks = self._marks
        texts, keys = TextDesk(marks), KeyDesk(marks, platform)
        secure = False
        for index, event in enumerate(self._events):
            kind = event["type"]
            if kind == "focus":
                secure = False
                texts.focus((event["app"].get("name"), event["app"].get("exe"), event.get("entry")))
                keys.focus()
            elif kind == "mouse_down":
                secure = is_secure(event.get("target"))
                texts.click(target_key(event.get("target")))
                keys.click()
            elif kind in ("key", "text"):
                if event.get("target") is not None:
                    secure = is_secure(event["target"])
                if secure or event.get("secure"):
                    marks.dropped[index] = "secure_field"
                elif kind == "key":
                    self._key(index, event, texts, keys)
                else:
                    self._text(index, event, texts, keys)
        texts.end()
        keys.end()
        marks.spread()
        self._mask_ups(keys)

    def _key(self, index: int, event: Line, texts: TextDesk, keys: KeyDesk) -> None:
        keys.key(index, event)
        if event["key"] == "Enter" and event["state"] != "up":
            texts.enter()

    def _text(self, index: int, event: Line, texts: TextDesk, keys: KeyDesk) -> None:
        text = event.get("text") or ""
        if len(text) >= ALONE:
            self._marks.judge_text(Strip(list(text), [origin(index, at) for at in range(len(text))]))
        if event.get("note") != "paste":
            keys.link(index, event)
        if not texts.text(index, event):
            self._marks.dropped[index] = "position_unknown"

    def _mask_ups(self, keys: KeyDesk) -> None:
        """The release of a masked key would tell it; a release without its press is masked to be sure."""
        unknown = Span(0, 1, BLANKED, ENGINE_RULE)
        for index, down in keys.ups.items():
            if down is None:
                self._marks.keys.setdefault(index, unknown)
            elif down in self._marks.dropped:
                self._marks.dropped.setdefault(index, self._marks.dropped[down])
            elif down in self._marks.keys:
                self._marks.keys[index] = self._marks.keys[down]

    def _mask_typed(self, text: str, name: str, index: int) -> list[Span]:
        event = self._events[index]
        rules = rules_for(self._policy.rules, event.get("entry"), event.get("signal"), name, _role(event))
        return mask(text, rules, known=self._policy.rules)[1]

    # --- writing

    def _left(self, index: int, event: Line) -> Line | None:
        """What is left of an event; None where it is dropped."""
        masks: list[Line] = []
        left = reduced_event(
            event, lambda text, name: self._short(text, name, event, masks), self._entries, self._rule_ids
        )
        if any(one["rule"] in self._droppers() for one in masks):
            self._marks.dropped[index] = "rule"
            return None
        if event["type"] == "key":
            left["key"] = self._kept_key(index, event, masks)
        elif event["type"] == "text" and event.get("text") is not None and event["op"] != "unknown":
            left["text"] = self._kept_text(index, event, masks)
        elif event["type"] == "screenshot" and not self._frame(index, event, left, masks):
            return None
        if masks:
            left["masks"] = [*left.get("masks", []), *masks]
        return left

    def _droppers(self) -> set[str]:
        return {rule.id for rule in self._policy.rules if rule.method == "drop_event"}

    def _kept_key(self, index: int, event: Line, masks: list[Line]) -> str:
        key = kept_key(event["key"])
        self._note("key", self._marks.begins.get(index, []), masks)
        return MASKED_KEY if index in self._marks.keys and len(key) == 1 else key

    def _kept_text(self, index: int, event: Line, masks: list[Line]) -> str:
        whole = sorted(self._marks.whole.get(index, []), key=lambda span: span.start)
        self._note("text", [*whole, *self._marks.begins.get(index, [])], masks)
        return self._marks.render(
            index,
            event["text"],
            keep_length=event["op"] != "insert",
            name=lambda span, value: placeholder(span, value, self._hash_key),
        )

    def _frame(self, index: int, event: Line, left: Line, masks: list[Line]) -> bool:
        reason = _frame_fault(event) if self._scanning else self._redact_frame(event, left, masks)
        if reason is not None:
            self._marks.dropped[index] = reason
        return reason is None

    def _redact_frame(self, event: Line, left: Line, masks: list[Line]) -> str | None:
        if self._frames is None:
            return "frame_not_redacted"
        try:
            outcome = self._frames(event)
        except FrameRefused as refused:
            return refused.code
        left.update(sha256=outcome.sha256, width=outcome.width, height=outcome.height, masked=outcome.masked)
        self._note("frame", outcome.spans, masks)
        return None

    def _note(self, name: str, spans: Iterable[Span], masks: list[Line]) -> None:
        for span in spans:
            self._spans.append(span)
            masks.append({"field": name, "label": span.label, "rule": span.rule_id})

    def _short(self, text: str, name: str, event: Mapping[str, Any], masks: list[Line]) -> str:
        """Mask a title, a name or an address."""
        rules = rules_for(self._policy.rules, event.get("entry"), event.get("signal"), name, _role(event))

        def one(value: str) -> tuple[str, list[Span]]:
            masked, spans = cached_mask(value, rules, self._policy.rules, self._hash_key)
            return masked, list(spans)

        masked, spans = mask_url(text, one) if name == "url" else one(text)
        for span in spans:
            if span.method == "block_session":
                self._marks.blocked = span.rule_id
        self._note(name, spans, masks)
        return masked


def _role(event: Mapping[str, Any]) -> object:
    """The kind of field or button that the event is about, where it says so."""
    return (event.get("target") or {}).get("role")


def _frame_fault(event: Line) -> str | None:
    """Why a frame in an uploaded session cannot have been redacted."""
    if event.get("boxes") is not None or event.get("masked") is None:
        return "frame_not_redacted"
    if any(not window.get("allowed") for window in event.get("windows") or ()):
        return "window_not_allowed"
    return None


def _size(lines: Iterable[Mapping[str, Any]]) -> int:
    return sum(len(json.dumps(line, ensure_ascii=False, separators=(",", ":"))) + 1 for line in lines)


def _scan(lines: Sequence[Line], policy: Policy, hash_key: bytes | None) -> _Outcome:
    return _Pass(policy, None, hash_key, scanning=True).run(lines[0], lines[1:])


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
    report = Report(events_in=len(given) - 1, bytes_in=_size(given))
    try:
        outcome = _Pass(policy, frames, hash_key, scanning=False).run(given[0], given[1:])
        _count(report, outcome)
        settled = _settle(outcome, policy, hash_key, report)
    except SessionBlocked as blocked:
        report.blocked_by = blocked.rule_id
        settled = [{**reduced_header(given[0], lambda text, _: "session"), "event_count": 0, "channels": []}]
    report.events_out, report.bytes_out = len(settled) - 1, _size(settled)
    report.frames_masked = sum(1 for event in settled[1:] if event.get("masked"))
    return settled, report


def _count(report: Report, outcome: _Outcome) -> None:
    if outcome.marks.blocked is not None:
        raise SessionBlocked(outcome.marks.blocked)
    for span in outcome.spans:
        report.masked[span.rule_id, span.label] += 1
        report.blanked += span.label == BLANKED
    report.dropped.update(outcome.dropped.values())


def _settle(outcome: _Outcome, policy: Policy, hash_key: bytes | None, report: Report) -> list[Line]:
    """Repeat until nothing changes. Typing that never settles goes."""
    lines = outcome.lines()
    for left_out in ((), ("key", "text"), ("focus", "url", "marker", "mouse_down", "mouse_up")):
        before = len(lines)
        lines = [lines[0], *(event for event in lines[1:] if event["type"] not in left_out)]
        if before != len(lines):
            report.dropped["unsettled"] += before - len(lines)
        for _ in range(MAX_ROUNDS):
            again = _scan(lines, policy, hash_key)
            _count(report, again)
            new = again.lines()
            if new == lines:
                return lines
            lines = new
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
