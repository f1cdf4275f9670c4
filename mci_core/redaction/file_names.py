"""Names of files in titles, buttons and addresses: words joined by underscores and hyphens are read as words.

`Contract_Maria_Lopez.pdf` names a person like the sentence does; the joined form says nothing to a detector.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mci_core.redaction.spans import Span

_FILE = re.compile(r"[\w()\[\].:-]*[^\W\d_][_-][\w()\[\].:-]*\.[A-Za-z][A-Za-z0-9]{1,4}(?![\w.])")
# A sign that joins words; not one inside of a placeholder.
_JOINT = re.compile(r"\[[A-Z][A-Z0-9_]*(?::[0-9a-f]{8})?\]|[_-]")
# What is found by its words. Numbers have their own hyphens.
_BY_WORDS = frozenset({"PERSON", "ADDRESS"})
LEAST = 0.6


def mask_file_names(text: str, find: Callable[[str], Sequence[Span]]) -> tuple[str, list[Span]]:
    """The text with people and places masked that stand in names of files."""
    reading = _FILE.sub(lambda name: _JOINT.sub(_apart, name[0]), text)
    if reading == text:
        return text, []
    spans = [
        span
        for span in find(reading)
        if span.label in _BY_WORDS and span.confidence >= LEAST and "[" not in text[span.start : span.end]
    ]
    for span in reversed(spans):
        text = f"{text[: span.start]}[{span.label}]{text[span.end :]}"
    return text, spans


def _apart(joint: re.Match[str]) -> str:
    return joint[0] if len(joint[0]) > 1 else " "
