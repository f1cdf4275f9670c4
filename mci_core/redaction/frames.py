"""Masks a frame (screenshot): which places of it are painted over, and when it is refused.

The order is geometry, text, pixels. First windows that are not allowed and password fields are painted
over. Then the text is judged: what the recorder tells of it, and what an engine reads from the pixels that
are left. Fails closed: without the one and the other there is nothing to judge by, so the frame is refused;
so it is when anything about windows, text or image is not as it should be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mci_core.policy_model import Policy, Rule
from mci_core.redaction.frames_engines import FrameSettings
from mci_core.redaction.frames_judge import Box, judge_boxes, judge_read, judge_regions
from mci_core.redaction.frames_picture import FILL, FrameRefused, encoded, inside, opened, paint
from mci_core.redaction.frames_text import Line, ScreenReader
from mci_core.redaction.frames_windows import cuts, secret_fields, secret_places
from mci_core.redaction.report import SessionBlocked
from mci_core.redaction.rules import rules_for
from mci_core.redaction.spans import Span

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

__all__ = [
    "FILL",
    "Desk",
    "FrameOutcome",
    "FrameRedactor",
    "FrameRefused",
    "FrameSettings",
    "judge_boxes",
    "judge_regions",
    "redact_frame",
]
Rect = list[int]
# A line found in pixels is painted a little larger, in parts of its height: detectors cut letters close.
WIDER, HIGHER = 0.3, 0.16
_DEFAULT = FrameSettings()


@dataclass(frozen=True, slots=True)
class FrameOutcome:
    """A redacted frame as its event will describe it; `shown`: which of its windows are left on it."""

    sha256: str
    width: int
    height: int
    masked: list[Rect]
    spans: list[Span]
    shown: tuple[int, ...] | None = None


def _obey(spans: Iterable[Span]) -> None:
    for span in spans:
        if span.method == "block_session":
            raise SessionBlocked(span.rule_id)
    if any(span.method in ("drop_event", "drop_frame") for span in spans):
        raise FrameRefused("rule", "A rule drops frames that show this.")


def redact_frame(
    webp: bytes,
    boxes: Sequence[Box] | None,
    rules: Sequence[Rule],
    *,
    regions: Sequence[Sequence[float]] = (),
    size: tuple[int, int] | None = None,
    settings: FrameSettings = _DEFAULT,
) -> tuple[bytes, list[Rect]]:
    """A new WebP without what rules and default pack find, and the places painted over (image pixels).

    `boxes`: the text on the screen, [{"rect": [l, t, r, b], "text": str}]; `regions`: more places to paint;
    `size`: width and height in which the boxes are told, those of the picture; `settings`: how, and with
    which engine.
    """
    frame, masked, _ = Desk(settings).redact(webp, boxes, rules, regions, size)
    return frame, masked


@dataclass(slots=True)
class Desk:
    """Where frames are worked on, one after the other; remembers what was read on the last ones."""

    settings: FrameSettings
    screen: ScreenReader | None = field(init=False)

    def __post_init__(self) -> None:
        reader = self.settings.reader
        self.screen = None if reader is None else ScreenReader(reader, seconds=self.settings.seconds)

    def redact(
        self,
        webp: bytes,
        boxes: Sequence[Box] | None,
        rules: Sequence[Rule],
        regions: Sequence[Sequence[float]],
        size: tuple[int, int] | None,
    ) -> tuple[bytes, list[Rect], list[Span]]:
        """The new file, what was painted over, and why."""
        if not boxes and self.screen is None and self.settings.mode != "blank":
            raise FrameRefused("frame_text_unknown", "The text on the screen is not known.")
        picture = opened(webp)
        if size is not None and picture.size != size:
            raise FrameRefused("frame_size", "The frame has another size than its places are told in.")
        if self.settings.mode == "blank":
            return self._finish(picture, [], [(0, 0, *picture.size)], [])
        cut = paint(picture, regions)
        told = [box for box in boxes or () if not any(inside(box["rect"], one) for one in cut)]
        read = [] if self.screen is None else self._lines(picture)
        if self.settings.mode == "all":
            places = [box["rect"] for box in told] + [_larger(one.rect) for one in read]
            return self._finish(picture, cut, places, [])
        bad, spans = judge_regions(told, rules, size)
        seen = [_as_box(one) for one in read]
        worse, more = judge_read(seen, rules, picture.size, confidence=self.settings.confidence)
        _obey([*spans, *more])
        places = [told[at]["rect"] for at in bad] + [_larger(read[at].rect) for at in worse]
        return self._finish(picture, cut, places, [*spans, *more])

    def _lines(self, picture: Picture) -> list[Line]:
        assert self.screen is not None
        return self.screen.lines(picture, read=self.settings.mode == "hits")

    def _finish(
        self, picture: Picture, cut: list[Rect], places: Sequence[Sequence[float]], spans: list[Span]
    ) -> tuple[bytes, list[Rect], list[Span]]:
        masked = [*cut, *paint(picture, places)]
        return encoded(picture), masked, spans


def _larger(rect: Sequence[int]) -> tuple[float, float, float, float]:
    height = rect[3] - rect[1]
    beside, above = height * WIDER, height * HIGHER
    return (rect[0] - beside, rect[1] - above, rect[2] + beside, rect[3] + above)


def _as_box(line: Line) -> Box:
    reading = line.reading
    if reading is None:  # pragma: no cover - with mode "hits" every line was read
        return {"rect": line.rect, "text": "", "also": (), "confidence": 0.0}
    return {
        "rect": line.rect,
        "text": reading.text,
        "also": reading.also,
        "confidence": reading.confidence,
    }


class FrameRedactor:
    """Redacts the frames of one session: give it to `redact_session`; the new files are in `frames`.

    `read` gives the bytes of a frame by the name in its event, or None where there is none. `events`: those
    of the session, for the places of its password fields.
    """

    def __init__(
        self,
        read: Callable[[str], bytes | None],
        policy: Policy,
        settings: FrameSettings = _DEFAULT,
        *,
        events: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self._read = read
        self._policy = policy
        self._desk = Desk(settings)
        self._settings = settings
        self._fields = secret_places(events)
        self.frames: dict[str, bytes] = {}

    @property
    def screen(self) -> ScreenReader | None:
        """What reads the frames, where an engine does; it knows what that cost."""
        return self._desk.screen

    def __call__(self, event: Mapping[str, Any]) -> FrameOutcome:
        """The outcome for one screenshot event; raises `FrameRefused` or `SessionBlocked`."""
        painted: list[Any] = []
        if self._settings.mode != "blank":
            painted += cuts(event)
            if not event.get("boxes") and self._desk.screen is None:
                raise FrameRefused("frame_text_unknown", "The text on the screen is not known.")
            painted += secret_fields(event, self._fields.get(str(event["file"]), ()))
        webp = self._read(event["file"])
        if webp is None:
            raise FrameRefused("frame_missing", "The file of the frame is not there.")
        if hashlib.sha256(webp).hexdigest() != event["sha256"]:
            raise FrameRefused("frame_digest", "The file of the frame is not the one that was recorded.")
        rules = rules_for(self._policy.rules, event.get("entry"), event.get("signal"), "frame")
        size = int(event["width"]), int(event["height"])
        frame, masked, spans = self._desk.redact(webp, event.get("boxes"), rules, painted, size)
        self.frames[event["file"]] = frame
        digest = hashlib.sha256(frame).hexdigest()
        return FrameOutcome(digest, *size, masked, spans, _shown(event))


def _shown(event: Mapping[str, Any]) -> tuple[int, ...] | None:
    windows = event.get("windows")
    if windows is None:
        return None
    return tuple(at for at, window in enumerate(windows) if window.get("allowed"))
