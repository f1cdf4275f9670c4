"""Names in small letters: after a cue, or where lists leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mci_core.detectors.gazetteer import Known, look_up, plain, words
from mci_core.detectors.matching import Hit, Pattern
from mci_core.detectors.names_words import NEVER

_NAME = r"[^\W\d_A-Z]+(?:['\u2019-][^\W\d_A-Z]+)*"
_CUE = re.compile(
    rf"(?:\b(?:(?:[Mm]y|[Hh]is|[Hh]er|[Tt]he) (?:full )?name(?:'s| is| was)|[Nn]ame is|hey its|hi its|"
    rf"it's me|"
    rf"[Mm]e llamo|[Mm]i chiamo|[Ii]ch hei(?:ss|\u00df)e|[Jj]e m'appelle|[Mm]eu nome (?:\u00e9|e)|"
    rf"[Hh]i|[Hh]ey|[Hh]ello|[Dd]ear|[Mm]rs?\.?|[Mm]s\.?|[Dd]r\.?|[Hh]err|[Ff]rau|cc|ping)(?: |$)|@)"
    rf"({_NAME}(?: {_NAME}){{0,2}})"
)
# The same for folded bytes: whether the expression above is worth trying.
_CUE_WORDS = Pattern(
    r"\b(?:(?i:name(?:'s| is| was)|hey its|hi its|it's me|me llamo|mi chiamo|hei(?:ss|\xe9)e|m'appelle|meu nome) |"
    r"(?:[Hh]i|[Hh]ey|[Hh]ello|[Dd]ear|[Mm]rs?\.?|[Mm]s\.?|[Dd]r\.?|[Hh]err|[Ff]rau|cc|ping) )[a-z\xe9]|@[a-z\xe9]"
)
_SURE_CUES = ("name", "llamo", "chiamo", "hei", "appelle", "mr", "ms", "dr", "herr", "frau")
_SMALL = re.compile(r"[^\W\d_A-Z]{3,}")


@cache
def _unmistakable() -> frozenset[str]:
    """Words in small letters that are names and hardly anything else."""
    return frozenset(
        word
        for word, known in words().items()
        if known.first >= 5 and known.common <= 1 and not known.place and len(word) >= 4 and word not in NEVER
    )


def _likely(known: Known, sure: bool) -> bool:
    if known.first or known.last:
        return known.common <= (6 if sure else 3) or (known.first >= 8 and known.common <= 6)
    return sure and known.common == 0


def _cued(text: str) -> Iterator[Hit]:
    for match in _CUE.finditer(text):
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


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Names in small letters."""
    if _CUE_WORDS.found_in(data):
        yield from _cued(text)
    if _unmistakable().isdisjoint(text.split()):
        return
    for match in _SMALL.finditer(text):
        start, end = match.span()
        if (
            match[0] in _unmistakable()
            and text[start - 1 : start] in ("", " ", "\n")
            and text[end : end + 1] in ("", " ", ",", "'", "\u2019", "\n", "!", "?")
        ):
            yield Hit(start, end, "PERSON", 0.5)
