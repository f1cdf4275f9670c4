"""One pass over a session: what is left of each event, and why.

Redaction and the second scan are the same pass, so that a redacted session is clean by construction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mci_core.detectors import LABELS
from mci_core.policy_model import Policy
from mci_core.redaction.addresses import find_accounts, mask_accounts, mask_url
from mci_core.redaction.event_fields import FIELD_OF, kept_key, reduced_event, reduced_header
from mci_core.redaction.file_names import mask_file_names
from mci_core.redaction.following import FAILED, Following
from mci_core.redaction.frames import FrameOutcome, FrameRefused
from mci_core.redaction.marks import Marks
from mci_core.redaction.pointing import over_masked
from mci_core.redaction.report import SessionBlocked, explained
from mci_core.redaction.rules import ENGINE_RULE, PACK_PREFIX, placeholder, rules_for
from mci_core.redaction.spans import Span
from mci_core.redaction.texts import cached_mask, mask
from mci_core.redaction.timing import coarsened

Line = dict[str, Any]
Frames = Callable[[Mapping[str, Any]], FrameOutcome]
MASKED_KEY = "*"


@dataclass(slots=True)
class Outcome:
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

    def places(self) -> list[int]:
        """For each kept event its place in the input."""
        return [index for index, _ in self.kept]


class SessionPass:
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
        self._droppers = frozenset(rule.id for rule in policy.rules if rule.method == "drop_event")
        self._events: Sequence[Line] = ()
        self._marks = Marks(self._mask_typed)
        self._spans: list[Span] = []

    def run(self, header: Line, events: Sequence[Line]) -> Outcome:
        """The whole pass."""
        self._events = coarsened(events)
        Following(self._marks, header.get("platform", {}).get("os")).run(self._events)
        clean = reduced_header(header, lambda text, place: self._short(text, place, header, []))
        kept: list[tuple[int, Line]] = []
        for index, event in enumerate(self._events):
            if index in self._marks.dropped:
                continue
            left = self._left_or_nothing(index, event)
            if left is not None and index not in self._marks.dropped:
                kept.append((index, left))
        return Outcome(clean, kept, self._marks.dropped, self._marks, self._spans)

    # --- looking

    def _mask_typed(self, text: str, name: str, index: int) -> list[Span]:
        event = self._events[index]
        rules = self._rules(f"$.{name}", event)
        found = [_whole_link(span, text) for span in mask(text, rules, known=self._policy.rules)[1]]
        return [*found, *find_accounts(text)]

    def _rules(self, place: str, event: Mapping[str, Any]) -> Any:
        return rules_for(
            self._policy.rules,
            event.get("entry"),
            event.get("signal"),
            FIELD_OF.get(place, place),
            _role(event),
            place,
        )

    # --- writing

    def _left_or_nothing(self, index: int, event: Line) -> Line | None:
        try:
            return self._left(index, event)
        except SessionBlocked:
            raise
        except Exception:
            # Whatever breaks here must not let the event through.
            self._marks.dropped[index] = FAILED
            return None

    def _left(self, index: int, event: Line) -> Line | None:
        """What is left of an event; None where it is dropped."""
        masks: list[Line] = []
        left = reduced_event(
            event, lambda text, place: self._short(text, place, event, masks), self._entries, self._rule_ids
        )
        if any(one["rule"] in self._droppers for one in masks):
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
        if "x" in left and any(one["field"] == "target.name" for one in left.get("masks", ())):
            over_masked(event, left)
        return left

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
        if outcome.shown is not None:
            # Windows that were cut out of the frame are not named either.
            left["windows"] = [left["windows"][at] for at in outcome.shown]
        self._note("frame", outcome.spans, masks)
        return None

    def _note(self, name: str, spans: Iterable[Span], masks: list[Line]) -> None:
        for span in spans:
            self._spans.append(span)
            masks.append(explained(name, span))

    def _short(self, text: str, place: str, event: Mapping[str, Any], masks: list[Line]) -> str:
        """Mask a title, a name or an address."""
        rules = self._rules(place, event)

        def one(value: str) -> tuple[str, list[Span]]:
            masked, spans = cached_mask(value, rules, self._policy.rules, self._hash_key)
            masked, accounts = mask_accounts(masked)
            masked, named = mask_file_names(
                masked, lambda reading: cached_mask(reading, rules, self._policy.rules, self._hash_key)[1]
            )
            return masked, [*spans, *accounts, *named]

        name = FIELD_OF.get(place, place)
        masked, spans = mask_url(text, one) if name == "url" else one(text)
        for span in spans:
            if span.method == "block_session":
                self._marks.blocked = span.rule_id
        self._note(name, spans, masks)
        return masked


_LINK = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>)\],;]+")
_KEYS_OF_LINKS = frozenset({"SECRET", "JWT", "URL_CREDENTIAL", "PASSWORD"})


def _whole_link(span: Span, text: str) -> Span:
    """An address typed with a secret in it is the secret: who has it is let in."""
    links = _LINK.finditer(text) if span.label in _KEYS_OF_LINKS else ()
    around = next((link for link in links if link.start() <= span.start < link.end()), None)
    if around is None:
        return span
    return span._replace(start=around.start(), end=max(span.end, around.end()))


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
