"""What counts as a payment card number: a known issuer range, a length that it uses, and a right check
digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern, digits_of, is_word

_CANDIDATE = Pattern(r"\d(?:[ .-]{0,2}\d){11,}", scanned=False)
# Right after one of these even a number with a wrong check digit is meant as a card's.
_WORDS = Pattern(
    r"(?i)(?:credit card|debit card|card number|card no|\bcard|kreditkart\w+|\bvisa|mastercard|"
    r"amex)(?: (?:is|was|number|no|nr|num))?[:#.]?[ ]{0,2}$"
)
# Without one of these none of them.
_ANY_WORD = re.compile(rb"(?i)car[dt]|visa|amex|kart")
_REACH = 32
# (first prefix, last prefix, lengths); ISO/IEC 7812 ranges as the card networks publish them
_RANGES: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14, 16)),
    ("3095", "3095", (14, 16)),
    ("36", "36", (14, 16)),
    ("38", "39", (14, 16)),
    ("6011", "6011", (16, 19)),
    ("644", "649", (16, 19)),
    ("65", "65", (16, 19)),
    ("3528", "3589", (16, 17, 18, 19)),
    ("2131", "2131", (15,)),
    ("1800", "1800", (15,)),
    ("62", "62", (16, 17, 18, 19)),
    ("50", "50", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("56", "58", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("60", "60", (16,)),
    ("63", "63", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("67", "69", (12, 13, 14, 15, 16, 17, 18, 19)),
)
# Digits as they count in the sum: those at every other place, and the rest.
_PLAIN = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def luhn(digits: str) -> bool:
    """Whether the last digit is right (ISO/IEC 7812-1 annex B)."""
    reverse = digits.encode("ascii")[::-1]
    return (sum(reverse[::2].translate(_PLAIN)) + sum(reverse[1::2].translate(_DOUBLED))) % 10 == 0


def known_issuer(digits: str) -> bool:
    """Whether a card network uses this beginning at this length."""
    return any(low <= digits[: len(low)] <= high for low, high, lengths in _RANGES if len(digits) in lengths)


def _ends(data: bytes, start: int, end: int) -> Iterator[int]:
    """Ends of candidates inside a run of digits, the longest first: a number may be followed by another."""
    # Nineteen digits with at most two signs between them are never longer than this.
    near = range(start, min(end, start + 60))
    stops = [index + 1 for index in near if 48 <= data[index] <= 57]
    for count in range(min(19, len(stops)), 11, -1):
        stop = stops[count - 1]
        # A number does not end in the middle of a group of digits.
        if stop == end or not 48 <= data[stop] <= 57:
            yield stop


def _starts(data: bytes, start: int, end: int) -> Iterator[int]:
    """The beginning of each group of digits in a run."""
    for index in range(start, end):
        if 48 <= data[index] <= 57 and (index == start or not 48 <= data[index - 1] <= 57):
            yield index


def _is_card(digits: str, announced: bool) -> bool:
    if len(set(digits)) == 1:
        return False
    return (announced and len(digits) >= 13) or (luhn(digits) and known_issuer(digits))


def _one(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    for begin in _starts(data, start, end):
        before = data[max(0, begin - _REACH) : begin]
        announced = _ANY_WORD.search(before) is not None and _WORDS.found_in(before)
        for stop in _ends(data, begin, end):
            if _is_card(digits_of(data[begin:stop]), announced):
                return begin, stop
    return None


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Payment card numbers."""
    for start, end in _CANDIDATE.spans(data):
        if is_word(data, end) and data[end] != 95:
            continue
        found = _one(data, start, end)
        while found is not None:
            # One that words announce is taken without its check digit.
            checked = "luhn" if luhn(digits_of(data[found[0] : found[1]])) else ""
            yield Hit(found[0], found[1], "CREDIT_CARD", 0.9, checked)
            found = _one(data, found[1], end)


DETECTOR = Detector("CREDIT_CARD", (r"\d(?:[ .-]{0,2}\d){11}",), find)
