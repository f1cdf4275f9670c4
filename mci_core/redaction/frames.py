"""Masks a frame (screenshot): which boxes of its text are painted over, and when a frame is refused.

Fails closed: without the text of the screen there is nothing to judge by, so the frame is refused; so it
is when a window that is not allowed shows, and when anything about the image is not as it should be. A box
with a hit is painted over as a whole. The result is a new image: nothing of the old file (thumbnail,
metadata) is carried over.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mci_core.errors import Invalid
from mci_core.policy_model import Policy, Rule
from mci_core.redaction.report import SessionBlocked
from mci_core.redaction.rules import rules_for
from mci_core.redaction.spans import Span
from mci_core.redaction.texts import mask
from mci_core.session import MAX_FRAME_BYTES

FILL = (38, 43, 51)
PADDING = 2
MAX_SIDE = 8_192
QUALITY = 80
Box = Mapping[str, Any]
Rect = list[int]


class FrameRefused(Invalid):
    """A frame that must not be kept; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code, field="frame")


@dataclass(frozen=True, slots=True)
class FrameOutcome:
    """A redacted frame as its event will describe it."""

    sha256: str
    width: int
    height: int
    masked: list[Rect]
    spans: list[Span]


def _rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Boxes by line of the screen, each from left to right."""
    rows: list[list[int]] = []
    for index in sorted(range(len(boxes)), key=lambda one: (boxes[one]["rect"][1], boxes[one]["rect"][0])):
        top, bottom = boxes[index]["rect"][1], boxes[index]["rect"][3]
        if rows:
            last = boxes[rows[-1][0]]["rect"]
            if (top + bottom) / 2 < last[3] and top < last[3]:
                rows[-1].append(index)
                continue
        rows.append([index])
    return [sorted(row, key=lambda one: boxes[one]["rect"][0]) for row in rows]


def _readings(boxes: Sequence[Box]) -> list[tuple[list[int], str]]:
    """Orders in which neighbouring boxes may be read as one text, with the sign between them."""
    rows = _rows(boxes)
    inside = [(row, " ") for row in rows if len(row) > 1]
    pairs = [([left, right], ": ") for row in rows for left, right in pairwise(row)]
    down = [index for row in rows for index in row]
    return [*inside, *pairs, (list(range(len(boxes))), " "), (down, " ")]


def judge_boxes(boxes: Sequence[Box], rules: Sequence[Rule]) -> tuple[list[int], list[Span]]:
    """Indexes of the boxes to paint over, and what was found in them."""
    found: list[Span] = []
    bad: set[int] = set()
    for index, box in enumerate(boxes):
        spans = mask(box["text"], rules)[1]
        if spans:
            bad.add(index)
            found.extend(spans)
    for order, sign in _readings(boxes):
        text = sign.join(boxes[index]["text"] for index in order)
        spans = mask(text, rules)[1]
        at = 0
        for index in order:
            end = at + len(boxes[index]["text"])
            touching = [span for span in spans if span.start < end and span.end > at]
            if touching and index not in bad:
                bad.add(index)
                found.extend(touching)
            at = end + len(sign)
    return sorted(bad), found


def judge_regions(
    boxes: Sequence[Box], rules: Sequence[Rule], size: tuple[int, int] | None
) -> tuple[list[int], list[Span]]:
    """The same where some rules look in a part of the screen. Without its size they look everywhere."""
    bad, found = judge_boxes(boxes, [rule for rule in rules if rule.selector.region is None])
    for rule in rules:
        if rule.selector.region is not None:
            inside = [at for at, box in enumerate(boxes) if _touches(box["rect"], rule.selector.region, size)]
            hit, spans = judge_boxes([boxes[at] for at in inside], [rule])
            own = [span for span in spans if span.rule_id == rule.id]
            # The default pack has looked at every box already.
            bad += [inside[at] for at in hit] if own else []
            found += own
    return sorted(set(bad)), found


def _touches(rect: Sequence[float], region: Sequence[int], size: tuple[int, int] | None) -> bool:
    if size is None:
        return True
    (left, top, right, bottom), (width, height) = region, size
    across = rect[0] * 100 < right * width and rect[2] * 100 > left * width
    return across and rect[1] * 100 < bottom * height and rect[3] * 100 > top * height


def _obey(spans: Sequence[Span]) -> None:
    for span in spans:
        if span.method == "block_session":
            raise SessionBlocked(span.rule_id)
    if any(span.method in ("drop_event", "drop_frame") for span in spans):
        raise FrameRefused("rule", "A rule drops frames that show this.")


def _clip(rect: Sequence[float], width: int, height: int) -> Rect:
    left, top, right, bottom = rect
    return [
        max(0, int(min(left, right)) - PADDING),
        max(0, int(min(top, bottom)) - PADDING),
        min(width, int(max(left, right) + 0.999) + PADDING),
        min(height, int(max(top, bottom) + 0.999) + PADDING),
    ]


def redact_frame(
    webp: bytes,
    boxes: Sequence[Box] | None,
    rules: Sequence[Rule],
    *,
    regions: Sequence[Sequence[float]] = (),
    size: tuple[int, int] | None = None,
) -> tuple[bytes, list[Rect]]:
    """A new WebP without what rules and default pack find, and the places painted over (image pixels).

    `boxes`: the text on the screen, [{"rect": [l, t, r, b], "text": str}]; `regions`: more places to paint;
    `size`: width and height in which the boxes are told.
    """
    frame, masked, _ = _redact(webp, boxes, rules, regions, size)
    return frame, masked


def _redact(
    webp: bytes,
    boxes: Sequence[Box] | None,
    rules: Sequence[Rule],
    regions: Sequence[Sequence[float]],
    size: tuple[int, int] | None,
) -> tuple[bytes, list[Rect], list[Span]]:
    if not boxes:
        raise FrameRefused("frame_text_unknown", "The text on the screen is not known.")
    if len(webp) > MAX_FRAME_BYTES:
        raise FrameRefused("frame_too_large", f"A frame has at most {MAX_FRAME_BYTES} bytes.")
    bad, spans = judge_regions(boxes, rules, size)
    _obey(spans)
    frame, masked = _paint(webp, [*(boxes[index]["rect"] for index in bad), *regions])
    return frame, masked, spans


def _paint(webp: bytes, rects: Sequence[Sequence[float]]) -> tuple[bytes, list[Rect]]:
    # Imported here: the server and other programs use this package without images.
    from PIL import Image, ImageDraw

    try:
        with Image.open(io.BytesIO(webp), formats=["WEBP"]) as opened:
            width, height = opened.size
            if width > MAX_SIDE or height > MAX_SIDE or getattr(opened, "n_frames", 1) != 1:
                raise FrameRefused("frame_format", "A frame is one still picture of usual size.")
            picture = opened.convert("RGB")
    except FrameRefused:
        raise
    except Exception:
        raise FrameRefused("frame_format", "The frame cannot be read as WebP.") from None
    canvas = Image.new("RGB", (width, height))
    canvas.paste(picture)
    draw = ImageDraw.Draw(canvas)
    masked = [
        rect
        for rect in (_clip(one, width, height) for one in rects)
        if rect[0] < rect[2] and rect[1] < rect[3]
    ]
    for left, top, right, bottom in masked:
        draw.rectangle([left, top, right - 1, bottom - 1], fill=FILL)
    out = io.BytesIO()
    canvas.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue(), masked


class FrameRedactor:
    """Redacts the frames of one session: give it to `redact_session`; the new files are in `frames`.

    `read` gives the bytes of a frame by the name in its event, or None where there is none.
    """

    def __init__(self, read: Callable[[str], bytes | None], policy: Policy) -> None:
        self._read = read
        self._policy = policy
        self.frames: dict[str, bytes] = {}

    def __call__(self, event: Mapping[str, Any]) -> FrameOutcome:
        """The outcome for one screenshot event; raises `FrameRefused` or `SessionBlocked`."""
        windows = event.get("windows") or ()
        if any(not window.get("allowed") for window in windows):
            raise FrameRefused("window_not_allowed", "A window shows that is not allowed.")
        if not event.get("boxes"):
            raise FrameRefused("frame_text_unknown", "The text on the screen is not known.")
        webp = self._read(event["file"])
        if webp is None:
            raise FrameRefused("frame_missing", "The file of the frame is not there.")
        if hashlib.sha256(webp).hexdigest() != event["sha256"]:
            raise FrameRefused("frame_digest", "The file of the frame is not the one that was recorded.")
        rules = rules_for(self._policy.rules, event.get("entry"), event.get("signal"), "frame")
        size = int(event["width"]), int(event["height"])
        frame, masked, spans = _redact(webp, event["boxes"], rules, (), size)
        self.frames[event["file"]] = frame
        return FrameOutcome(
            hashlib.sha256(frame).hexdigest(), int(event["width"]), int(event["height"]), masked, spans
        )
