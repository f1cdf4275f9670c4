"""What counts as an address: a street with a house number, a post office box, a military post, or what a word
such as "lives at" announces; then its flat, postcode, city and country as one span.

The street is found by words of fifteen languages, before the name (rue, via, ul.), after it (Road, utca) or
as the end of a word (-strasse, -gatan). From there the span grows over what belongs to it, also across lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mci_core.detectors.addresses_forms import CORES, CUE, CUED, NO_CITY, NO_STREET, TAIL
from mci_core.detectors.matching import Detector, Hit, Pattern, is_word

# How far an address may go on after its street, for each of its parts.
_REACH = 120
_PARTS = 4


# No part of an address begins with one of these: it has ended, mostly with a sentence.
_ENDS = frozenset(b".;:!?()\"'/|<>&=@*")


def _grow(data: bytes, end: int) -> int:
    """The end with flat, postcode, city and country, where they follow."""
    for _ in range(_PARTS):
        if end == len(data) or data[end] in _ENDS:
            break
        rest = data[end : end + _REACH]
        longest = 0
        for pattern in TAIL:
            # They match at the beginning only, so that there is no second match to look for.
            for _, length in islice(pattern.spans(rest), 1):
                if length > longest and not NO_CITY.found_in(rest[:length].lstrip(b" ,\n")):
                    longest = length
        if not longest:
            break
        end += longest
    return end


def _found(plain: bytes, pattern: Pattern, group: int, confidence: float) -> Iterator[Hit]:
    for start, end in pattern.spans(plain, group):
        # Bounds of words in the expressions are those of ASCII letters.
        while is_word(plain, start - 1):
            start -= 1
        if not NO_STREET.found_in(plain[start:end]):
            end = _grow(plain, end)
            yield Hit(start, end - (plain[end - 1 : end] == b"."), "ADDRESS", confidence)


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Postal addresses."""
    plain = bytes(data)
    for trigger, core in CORES:
        if trigger.found_in(data):
            yield from _found(plain, core, 0, 0.8)
    if CUE.found_in(data):
        yield from _found(plain, CUED, 1, 0.6)


DETECTOR = Detector(
    "ADDRESS",
    (*(trigger.expression for trigger, _ in CORES), CUE.expression),
    find,
    structured=False,
)
