"""What was found in texts that several events made together, told back to each event.

A strip is such a text with, for every character, the event that brought it. A hit inside one event's own
text is masked there with a placeholder; a hit across events is covered sign by sign, so that positions
stay what they were. Keys that belong to a hit are masked, and so are the ones typed and deleted in
between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mci_core.redaction.spans import FILLER, Span

_SHIFT = 17
UNKNOWN = -1
Mask = Callable[[str, str, int], Iterable[Span]]


def origin(event: int, offset: int = 0) -> int:
    """Event and offset in one number; a line is shorter than 2**17 characters."""
    return event << _SHIFT | offset


@dataclass(slots=True)
class Strip:
    """A text and where each of its characters came from (UNKNOWN: from before the recording)."""

    chars: list[str] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)

    def add(self, char: str, where: int) -> None:
        """One more character at the end."""
        self.chars.append(char)
        self.origins.append(where)

    def cut(self, start: int, end: int) -> Strip:
        """A part of it."""
        start = max(0, start)
        return Strip(self.chars[start:end], self.origins[start:end])

    def events(self) -> set[int]:
        """The events that brought something."""
        return {where >> _SHIFT for where in self.origins if where >= 0}


@dataclass(slots=True)
class Marks:
    """Everything to mask, by event."""

    mask: Mask
    whole: dict[int, list[Span]] = field(default_factory=dict)
    parts: dict[int, dict[int, Span]] = field(default_factory=dict)
    keys: dict[int, Span] = field(default_factory=dict)
    begins: dict[int, list[Span]] = field(default_factory=dict)
    dropped: dict[int, str] = field(default_factory=dict)
    blocked: str | None = None
    # typed keys in order, and the text characters that repeat them
    typed: list[int] = field(default_factory=list)
    key_of: dict[int, int] = field(default_factory=dict)
    texts_of: dict[int, list[int]] = field(default_factory=dict)
    # text events that stand among keys because they say what was pasted
    texts: set[int] = field(default_factory=set)
    # compositions: the text event, its length, and the keys that spelled it
    groups: list[tuple[int, int, list[int]]] = field(default_factory=list)

    def group(self, event: int, length: int, keys: list[int]) -> None:
        """These keys spelled the text of this event, sign by sign of another script."""
        self.groups.append((event, length, keys))

    def link(self, text_origin: int, key: int) -> None:
        """The character of a text event was typed by this key."""
        self.key_of[text_origin] = key
        self.texts_of.setdefault(key, []).append(text_origin)

    def judge_text(self, strip: Strip) -> None:
        """Look for hits in text that text events brought."""
        for span, origins in self._hits(strip, "text"):
            self._take(span, origins)

    def judge_keys(self, strip: Strip) -> None:
        """Look for hits in text that keys typed."""
        for span, origins in self._hits(strip, "key"):
            keys = [where >> _SHIFT for where in origins if where >> _SHIFT not in self.texts]
            if len(keys) < len(origins):
                self._take(span, [where for where in origins if where >> _SHIFT in self.texts])
            if keys:
                self._take_keys(span, keys)

    def _hits(self, strip: Strip, name: str) -> Iterable[tuple[Span, list[int]]]:
        last = next((where for where in reversed(strip.origins) if where >= 0), None)
        if last is None:
            return
        for span in self.mask("".join(strip.chars), name, last >> _SHIFT):
            origins = [where for where in strip.origins[span.start : span.end] if where >= 0]
            if origins:
                yield span, origins

    def strict(self, span: Span, events: Iterable[int]) -> None:
        """The methods that take more away than the span."""
        if span.method == "drop_event":
            for event in events:
                self.dropped[event] = "rule"
        elif span.method == "block_session":
            self.blocked = span.rule_id

    def _take(self, span: Span, origins: list[int]) -> None:
        events = sorted({where >> _SHIFT for where in origins})
        self.strict(span, events)
        offsets = [where & ((1 << _SHIFT) - 1) for where in origins]
        if len(events) == 1 and offsets[-1] - offsets[0] == len(offsets) - 1 == span.end - span.start - 1:
            found = Span(offsets[0], offsets[-1] + 1, span.label, span.rule_id, span.method, span.confidence)
            if found not in self.whole.setdefault(events[0], []):
                self.whole[events[0]].append(found)
            return
        fresh = False
        for where in origins:
            covered = self.parts.setdefault(where >> _SHIFT, {})
            fresh = fresh or where & ((1 << _SHIFT) - 1) not in covered
            covered.setdefault(where & ((1 << _SHIFT) - 1), span)
        if fresh:
            self.begins.setdefault(events[0], []).append(span)

    def _take_keys(self, span: Span, keys: list[int]) -> None:
        first, last = min(keys), max(keys)
        self.strict(span, set(keys))
        between = self.typed[bisect_left(self.typed, first) : bisect_right(self.typed, last)]
        if len(between) <= 3 * len(keys) + 16:
            keys = between
        if any(key not in self.keys for key in keys):
            self.begins.setdefault(first, []).append(span)
        for key in keys:
            self.keys.setdefault(key, span)

    def spread(self) -> None:
        """Mask keys whose text is masked, and text whose keys are masked."""
        for event, spans in list(self.whole.items()):
            for span in spans:
                for offset in range(span.start, span.end):
                    self._to_key(origin(event, offset), span)
        for event, parts in list(self.parts.items()):
            for offset, span in parts.items():
                self._to_key(origin(event, offset), span)
        for key, span in self.keys.items():
            for where in self.texts_of.get(key, ()):
                event, offset = where >> _SHIFT, where & ((1 << _SHIFT) - 1)
                inside = any(one.start <= offset < one.end for one in self.whole.get(event, ()))
                if not inside:
                    self.parts.setdefault(event, {}).setdefault(offset, span)
        for event, length, keys in self.groups:
            self._spread_group(event, length, keys)

    def _spread_group(self, event: int, length: int, keys: list[int]) -> None:
        told = [*self.whole.get(event, ()), *self.parts.get(event, {}).values()]
        told += [self.keys[key] for key in keys if key in self.keys]
        if not told:
            return
        for key in keys:
            self.keys.setdefault(key, told[0])
        if not self.whole.get(event):
            parts = self.parts.setdefault(event, {})
            for offset in range(length):
                parts.setdefault(offset, told[0])

    def _to_key(self, where: int, span: Span) -> None:
        key = self.key_of.get(where)
        if key is not None:
            self.keys.setdefault(key, span)

    def render(self, event: int, text: str, *, keep_length: bool, name: Callable[[Span, str], str]) -> str:
        """The text of an event with its hits masked."""
        parts = self.parts.get(event, {})
        out: list[str] = []
        at = 0
        for span in _merged(self.whole.get(event, [])):
            out.append(_covered(text, at, span.start, parts))
            value = text[span.start : span.end]
            out.append(FILLER * len(value) if keep_length else name(span, value))
            at = span.end
        out.append(_covered(text, at, len(text), parts))
        return "".join(out)


def _covered(text: str, start: int, end: int, parts: dict[int, Span]) -> str:
    if not parts:
        return text[start:end]
    return "".join(FILLER if at in parts else text[at] for at in range(start, end))


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        last = merged[-1] if merged else None
        if last is None or span.start >= last.end:
            merged.append(span)
        elif span.end > last.end:
            merged[-1] = Span(last.start, span.end, last.label, last.rule_id, last.method, last.confidence)
    return merged
