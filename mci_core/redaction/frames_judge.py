"""Which texts on a screen are painted over: each judged alone, and with those beside and below it.

A box with a hit goes as a whole. What was read from pixels is judged more severely than what a recorder
tells: one digit read wrongly breaks a check sum, so there the shape of a value is enough, and what could not
be read well goes unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from mci_core.policy_model import Rule
from mci_core.redaction.rules import ENGINE_RULE
from mci_core.redaction.spans import Span
from mci_core.redaction.texts import mask

Box = Mapping[str, Any]
UNREAD = "UNREAD"
SHAPE = "OTHER"
# Letters that are taken for digits, and digits for letters.
_LIKE_DIGITS = str.maketrans("OoQDIl|iZzSsBgq", "000011112255899")
_TOKEN = re.compile(r"\S+")
_SHAPES = (
    # Nine digits or more with the signs that people put between: cards, accounts, telephones, ids.
    re.compile(r"\d(?:[ .,:;()/\\\u2013\u2014-]{0,3}\d){8}"),
    # Letters or digits on both sides of an at-sign, as read.
    re.compile(r"[^\s@©®]@ ?[^\s@]|\w[©®]\w+[.,]\w"),
    re.compile(r"(?:\d{1,3} ?[.,] ?){3}\d{1,3}"),
    # Accounts that begin with a country.
    re.compile(r"\b[A-Z]{2} ?[\dOIlSB]{2}(?: ?[\dA-Z]{4}){3}"),
    # Beginnings of well-known tokens, where the space before them was not seen.
    re.compile(r"(?:AKIA|ASIA|gh[pousr]_|xox[abprs]-|eyJ[\w-]{4}|AIza|sk_live_)[\w.-]{8}|[A-Z0-9]{16}"),
    re.compile(r"(?i)begin.{0,20}(?:private|pr[il1]vate).{0,3}key"),
)
_LONG_TOKEN = 16
# Boxes are drawn generously: neighbours may share some pixels.
SHARED = 6
# Many digits that say nothing about anybody.
_TIMES = re.compile(
    r"(?<![\d./-])(?:\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./](?:19|20)?\d\d|\d\d?:\d\d(?::\d\d)?)"
    r"(?![./-]?\d)"
)


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
    pairs = [(list(pair), ": ") for pair in dict.fromkeys((*_in_rows(rows), *_labelled(boxes)))]
    down = [index for row in rows for index in row]
    return [*inside, *pairs, (list(range(len(boxes))), " "), (down, " ")]


def _in_rows(rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    for row in rows:
        yield from pairwise(row)


def _labelled(boxes: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """Each box with the nearest to its left and the nearest above it: one of them may say what it is."""
    for index, box in enumerate(boxes):
        for along, across in ((0, 1), (1, 0)):
            before = [
                (other["rect"][along + 2], at)
                for at, other in enumerate(boxes)
                if other["rect"][along + 2] <= box["rect"][along] + SHARED
                and at != index
                and _side_by_side(other["rect"], box["rect"], across)
            ]
            if before:
                yield max(before)[1], index


def _side_by_side(one: Sequence[float], other: Sequence[float], across: int) -> bool:
    """Whether two rectangles share half of the smaller one's extent in a direction."""
    shared = min(one[across + 2], other[across + 2]) - max(one[across], other[across])
    return shared * 2 >= min(one[across + 2] - one[across], other[across + 2] - other[across])


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


def judge_read(
    boxes: Sequence[Box], rules: Sequence[Rule], size: tuple[int, int] | None, *, confidence: float
) -> tuple[list[int], list[Span]]:
    """The same for boxes read from pixels: {"rect", "text", "also": (other readings), "confidence"}.

    Boxes that are not read well enough are all marked; their text is judged with the others' even so.
    """
    bad, found = judge_regions(boxes, rules, size)
    marked = set(bad)
    for index, box in enumerate(boxes):
        if index not in marked:
            spans = _other_readings(box, rules)
            found += spans
            marked |= {index} if spans else set()
    unread = {at for at, box in enumerate(boxes) if box["confidence"] < confidence or not box["text"].strip()}
    if unread - marked:
        found.append(Span(0, 1, UNREAD, ENGINE_RULE))
    return sorted(marked | unread), found


def _other_readings(box: Box, rules: Sequence[Rule]) -> list[Span]:
    texts = dict.fromkeys((box["text"], *box["also"]))
    texts |= dict.fromkeys(as_digits(text) for text in tuple(texts))
    for text in texts:
        spans = mask(text, rules)[1] or shapes(text)
        if spans:
            return spans
    return []


def as_digits(text: str) -> str:
    """The text where letters that look like digits are digits, in words that are digits for the most part."""

    def one(match: re.Match[str]) -> str:
        token = match.group()
        changed = token.translate(_LIKE_DIGITS)
        digits = sum(char.isdigit() for char in changed)
        own = sum(char.isdigit() for char in token)
        return changed if own >= 2 and digits * 10 >= 7 * len(token) else token

    return _TOKEN.sub(one, text)


def shapes(text: str) -> list[Span]:
    """What looks like a value that a detector would find, had it been read without a fault."""
    text = _TIMES.sub(lambda match: "~" * len(match.group()), text)
    found = [match.span() for shape in _SHAPES for match in shape.finditer(text)]
    found += [match.span() for match in _TOKEN.finditer(text) if _looks_secret(match.group())]
    return [Span(start, end, SHAPE, ENGINE_RULE, "mask", 0.5) for start, end in found]


def _looks_secret(token: str) -> bool:
    digits = sum(char.isdigit() for char in token)
    letters = sum(char.isalpha() for char in token)
    return len(token) >= _LONG_TOKEN and digits >= 3 and letters >= 3
