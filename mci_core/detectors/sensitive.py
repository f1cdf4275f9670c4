"""What counts as a word of a special category of personal data: health, beliefs, origin, sexuality, unions.

Dictionaries in English, German, French and Spanish. They are not part of the default pack: they are
ordinary words, and masking them everywhere would leave many texts useless. A rule of a policy asks for them
where they matter: in the fields of a clinic's or a personnel system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from mci_core.detectors.gazetteer import plain
from mci_core.detectors.matching import Detector, Hit, Pattern, is_word

_FILE = Path(__file__).with_name("sensitive_words.txt")
# Letters that carry accents in these languages: in folded bytes each may be 0xE9.
_ACCENTED = frozenset("aceinouy")
_SIGNS = {"*": r"[A-Za-z\xe9]*", " ": r"[ \n-]{1,2}"}


def _folded(word: str) -> str:
    """A word of the file as an expression for folded bytes."""
    return "".join(
        rf"[{char}\xe9]" if char in _ACCENTED else _SIGNS.get(char) or re.escape(char) for char in word
    )


def _exact(word: str) -> str:
    """The same for a text without accents."""
    return re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", r"[\s-]{1,2}")


def read() -> dict[str, list[str]]:
    """The words of each category, as they stand in the file."""
    categories: dict[str, list[str]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = categories.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.extend(word.strip() for word in line.split(","))
    return categories


@cache
def _matchers(label: str) -> tuple[Pattern, re.Pattern[str]]:
    words = read()[label]
    folded = Pattern("(?i)(?:" + "|".join(map(_folded, words)) + ")", scanned=False)
    # The folded bytes do not say which letter had an accent; the text does.
    return folded, re.compile("|".join(map(_exact, words)))


def _find(label: str, data: bytes, text: str) -> Iterator[Hit]:
    folded, exact = _matchers(label)
    for start, end in folded.spans(bytes(data)):
        while is_word(data, end):
            end += 1
        if not is_word(data, start - 1) and exact.fullmatch(plain(text[start:end])):
            yield Hit(start, end, label, 0.6)


HEALTH, SPECIAL_CATEGORY = (
    Detector(label, (r"[A-Za-z\xe9]{3}",), partial(_find, label), structured=False, on_request=True)
    for label in ("HEALTH", "SPECIAL_CATEGORY")
)
