"""What counts as a national identification number without a word that announces it: a form of its own and
right check digits.

Numbers that are only digits need a word before them; `identifiers` takes those. The forms stand in
`national_ids.txt`, the arithmetic of the check digits is python-stdnum's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import cache

from mci_core.detectors.matching import Detector, Hit, Pattern, is_digit, is_word
from mci_core.detectors.tables import rows

_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)


def pension_number(number: str) -> bool:
    """Whether the check digit of a German pension insurance number is right (VKVV annex to section 2).

    The letter counts as its place in the alphabet in two digits; products are weighed and cross-summed.
    """
    digits = number.replace(" ", "")
    letter = f"{ord(digits[8]) - 64:02d}"
    total = 0
    for weight, digit in zip(_WEIGHTS, digits[:8] + letter + digits[9:11], strict=True):
        total += sum(divmod(weight * int(digit), 10))
    month = int(digits[4:6])
    return total % 10 == int(digits[11]) and 1 <= month <= 12 and 1 <= int(digits[2:4]) % 50 <= 31


@cache
def _check(module: str) -> Callable[[str], bool]:
    if module == "-":
        return lambda _: True
    if module == "mci.rvnr":
        return pension_number
    # Loaded when a number of this form first turns up; few texts hold any.
    found: Callable[[str], bool] = importlib.import_module(module).is_valid
    return found


# (name, form, module that checks the digits)
ROWS = [(name, form, check) for name, form, check in rows("national_ids.txt")]
_FORMS = [(name, Pattern(form), check) for name, form, check in ROWS]


def _alone(data: bytes, start: int, end: int) -> bool:
    before, after = data[start - 1 : start], data[end : end + 1]
    joined = (before in (b"-", b".", b"/", b"+") and is_word(data, start - 2)) or (
        after in (b"-", b".", b"/") and (is_digit(data, end + 1) or is_word(data, end + 1))
    )
    return not joined and not is_word(data, start - 1) and not is_word(data, end)


def find(data: bytes, _: str) -> Iterator[Hit]:
    """National identification numbers that say by themselves what they are."""
    for name, pattern, check in _FORMS:
        for start, end in pattern.spans(data):
            if _alone(data, start, end) and _check(check)(data[start:end].decode("latin-1")):
                yield Hit(start, end, "OTHER", 0.9 if check != "-" else 0.7, name)


DETECTOR = Detector("NATIONAL_ID", tuple(form for _, form, _ in ROWS), find, labels=("OTHER",))
