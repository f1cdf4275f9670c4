"""What counts as a US social security number: 3-2-4 digits outside the ranges that were never issued.

Without hyphens only where the words before say so: nine digits are too often something else.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern, digits_of, is_digit, is_word

_HYPHENS = Pattern(r"\d{3}-\d{2}-\d{4}", scanned=False)
_OTHER = Pattern(r"\d{3}[ ./-]?\d{2}[ ./-]?\d{4}")
# The same sign in both places says that the groups belong together.
_GROUPS = Pattern(r"^\d{3}(?: \d{2} |\.\d{2}\.)\d{4}$")
_NOT = Pattern(
    r"(?i)(?:order|invoice|ref\w*|tracking|serial|article|item|sku|lot|meeting|part|room|ticket|no|nr|id|code|phone|tel|fax|"
    r"call|mobile|cell|version|[#$+])[ :#.]{0,3}$"
)
_WORDS = Pattern(
    r"(?i)\b(?:ssn|ss#|social security|social sec|soc sec|social insurance|itin|tax ?payer id)\b",
    scanned=False,
)
_REACH = 40


def _issued(digits: str) -> bool:
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _alone(data: bytes, start: int, end: int) -> bool:
    if is_word(data, start - 1) or is_word(data, end):
        return False
    before, after = data[start - 1 : start], data[end : end + 1]
    joined_before = before in (b"-", b".") and is_digit(data, start - 2)
    joined_after = after in (b"-", b".") and is_digit(data, end + 1)
    return not joined_before and not joined_after


def find(data: bytes, text: str) -> Iterator[Hit]:
    """US social security numbers."""
    for start, end in _OTHER.spans(data):
        digits = digits_of(data[start:end])
        if not _alone(data, start, end) or not _issued(digits):
            continue
        if _WORDS.found_in(data[max(0, start - _REACH) : start]):
            yield Hit(start, end, "US_SSN", 0.95, "area")
        elif _HYPHENS.found_in(data[start:end]):
            yield Hit(start, end, "US_SSN", 0.85, "area")
        elif _GROUPS.found_in(data[start:end]) and not _NOT.found_in(data[max(0, start - 16) : start]):
            yield Hit(start, end, "US_SSN", 0.6, "area")


DETECTOR = Detector("US_SSN", (r"\d{3}[ ./-]?\d{2}[ ./-]?\d{4}",), find)
