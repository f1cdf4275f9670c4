"""What counts as a password in texts of other scripts: the value after a word such as "пароль" or "密码".

Folding makes every letter beyond ASCII the same byte, so the word itself is read in the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import values
from mci_core.detectors.matching import Detector, Hit, Pattern
from mci_core.detectors.tables import rows

_AFTER = Pattern(r"(\xe9{2,14}(?: \xe9{2,12})?)[\"')]{0,2}[ ]{0,2}[:=-]?[ ]{0,2}[\"']?([!-~]{4,64})")
_ENDS = b".,;:!?)]}\"'"
_WORDS = tuple(columns[0] for columns in rows("foreign_words.txt"))


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Passwords announced in Cyrillic, Greek, Arabic, Hebrew, Indic and East Asian scripts."""
    for groups in _AFTER.groups(data):
        (first, last), (start, end) = groups[1], groups[2]
        said = text[first:last].casefold()
        while end > start and data[end - 1] in _ENDS:
            end -= 1
        value = data[start:end]
        if any(word in said for word in _WORDS) and values.is_password(value, plain=True):
            yield Hit(start, end, "PASSWORD", 0.8)


DETECTOR = Detector(
    "FOREIGN_PASSWORD",
    (r"\xe9{2} ?[\"')]{0,2}[ ]{0,2}[:=-]?[ ]{0,2}[\"']?[!-~]{4}",),
    find,
    labels=("PASSWORD",),
)
