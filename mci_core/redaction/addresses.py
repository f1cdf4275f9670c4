"""Masks an address (URL): also what stands percent-encoded in its parts, and a user name before the host."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote_plus

from mci_core.redaction.rules import ENGINE_RULE
from mci_core.redaction.spans import Span

Masker = Callable[[str], tuple[str, list[Span]]]
# The parts of an address: what stands between its signs.
_PARTS = re.compile(r"([/?&#;=,])")
_USER = re.compile(r"(?i)^([a-z][a-z0-9+.-]*://)[^/?#@\s]*@")
MAX_DECODE = 3
USER = "USER"


def mask_url(url: str, mask: Masker) -> tuple[str, list[Span]]:
    """The address with everything masked that `mask` finds in it, plain or encoded."""
    bare = _USER.sub(r"\1", url)
    masked, spans = mask(bare)
    if "%" not in masked and "+" not in masked:
        return masked, spans
    parts = _PARTS.split(masked)
    for index, part in enumerate(parts):
        hidden = _hidden(part, mask)
        if hidden:
            parts[index] = f"[{hidden[0].label}]"
            spans = [*spans, *hidden]
    return "".join(parts), spans


def _hidden(part: str, mask: Masker) -> list[Span]:
    """What is found in a part once it is decoded."""
    for _ in range(MAX_DECODE):
        decoded = unquote_plus(part)
        if decoded == part:
            return []
        spans = mask(decoded)[1]
        if spans:
            return spans
        part = decoded
    return []


def explain_url(url: str, mask: Masker) -> list[Span]:
    """Where `mask_url` takes something away, in the places of the address as it was given."""
    user = _USER.match(url)
    spans = mask(url)[1]
    if user:
        spans = [*spans, Span(len(user[1]), user.end() - 1, USER, ENGINE_RULE)]
    start = 0
    for part in _PARTS.split(url):
        hidden = _hidden(part, mask)
        if hidden:
            spans = [*spans, replace(hidden[0], start=start, end=start + len(part))]
        start += len(part)
    return spans
