"""Names in small letters: after a cue, or where lists leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

from mci_core.detectors.gazetteer import UNKNOWN, Known, look_up, plain, words
from mci_core.detectors.matching import Hit, Pattern
from mci_core.detectors.names_words import AMBIGUOUS, NEVER

_NAME = r"[^\W\d_A-Z]+(?:['\u2019-][^\W\d_A-Z]+)*"
_NAMES = rf"({_NAME}(?: {_NAME}){{0,2}})"
_CUE = re.compile(
    rf"(?:\b(?:(?:[Mm]y|[Hh]is|[Hh]er|[Tt]he) (?:full )?name(?:'s| is| was)|[Nn]ame is|hey its|hi its|"
    rf"it's me|"
    rf"[Mm]e llamo|[Mm]i chiamo|[Ii]ch hei(?:ss|\u00df)e|[Jj]e m'appelle|[Mm]eu nome (?:\u00e9|e)|"
    rf"[Hh]i|[Hh]ey|[Hh]ello|[Dd]ear|[Mm]rs?\.?|[Mm]s\.?|[Dd]r\.?|[Hh]err|[Ff]rau|cc|ping)(?: |$)|@)"
    rf"{_NAMES}"
)
# The same for folded bytes: whether the expression above is worth trying.
_CUE_WORDS = Pattern(
    r"\b(?:(?i:name(?:'s| is| was)|hey its|hi its|it's me|me llamo|mi chiamo|hei(?:ss|\xe9)e|m'appelle|"
    r"meu nome) |(?:[Hh]i|[Hh]ey|[Hh]ello|[Dd]ear|[Mm]rs?\.?|[Mm]s\.?|[Dd]r\.?|[Hh]err|[Ff]rau|cc|"
    r"ping) )[a-z\xe9]"
)
# The sign that is most often all there is, in addresses of e-mail, and is found much faster.
_AT = re.compile(rf"@{_NAMES}")
_AT_WORD = Pattern(r"@[a-z\xe9]")
_SURE_CUES = ("name", "llamo", "chiamo", "hei", "appelle", "mr", "ms", "dr", "herr", "frau")
_NEXT = re.compile(r" ((?:[a-z]\.? )?[^\W\d_A-Z]{3,})(?![\w@])")
_SMALL = re.compile(r"[^\W\d_A-Z]{3,}")


@cache
def _unmistakable() -> frozenset[str]:
    """Words in small letters that are names and hardly anything else."""
    return frozenset(
        word
        for word, known in words().items()
        if (known.first >= 3 or (known.first and known.last >= 6))
        and known.common <= (1 if known.first >= 6 else 0)
        and not known.place
        and len(word) >= 4
        and word not in NEVER
        and word not in AMBIGUOUS
    )


def _likely(known: Known, sure: bool) -> bool:
    if known.first or known.last:
        return known.common <= (6 if sure else 3) or (known.first >= 8 and known.common <= 6)
    return sure and known.common == 0


def _cued(text: str, cues: re.Pattern[str]) -> Iterator[Hit]:
    for match in cues.finditer(text):
        start, end = match.span(1)
        cue = match[0][: start - match.start()].lower()
        sure = any(word in cue for word in _SURE_CUES)
        stop = start
        for piece in re.finditer(_NAME, text[start:end]):
            if plain(piece[0]) in NEVER or not _likely(look_up(piece[0]), sure):
                break
            stop = start + piece.end()
        if stop > start:
            yield Hit(start, stop, "PERSON", 0.7)


_APART_BEFORE = frozenset(("", " ", "\n", '"', "("))
_APART_AFTER = frozenset(("", " ", ",", "'", "\u2019", "\n", "!", "?", ")", '"'))


def _family(text: str, end: int, all_small: bool) -> int:
    """Where a name ends whose first word ended at `end`: with the next word, if that can be a family name."""
    match = _NEXT.match(text, end)
    if match is None or match[1] in NEVER:
        return end
    known = look_up(match[1])
    if (known.last or known.first) and known.common <= 4:
        return match.end(1)
    return match.end(1) if all_small and known is UNKNOWN else end


def _plain_ones(text: str) -> Iterator[Hit]:
    names, until, all_small, whole = _unmistakable(), 0, text.islower(), text.strip()
    for match in _SMALL.finditer(text):
        start, end = match.span()
        # A small word that is all there is may as well be the name of an account.
        if start < until or match[0] not in names or match[0] == whole:
            continue
        if (not start or text[start - 1] in _APART_BEFORE) and text[end : end + 1] in _APART_AFTER:
            until = _family(text, end, all_small)
            yield Hit(start, until, "PERSON", 0.5)


def find(data: bytes, text: str) -> Iterable[Hit]:
    """Names in small letters."""
    cued: Iterable[Hit] = ()
    if _CUE_WORDS.found_in(data):
        cued = _cued(text, _CUE)
    elif "@" in text and _AT_WORD.found_in(data):
        cued = _cued(text, _AT)
    if _unmistakable().isdisjoint(text.split()):
        return cued
    return chain(cued, _plain_ones(text))
