"""What counts as an address: a street with a house number, a post office box, a military post, or what a word
such as "lives at" announces; then its flat, postcode, city and country as one span.

The street is found by words of fifteen languages, before the name (rue, via, ul.), after it (Road, utca) or
as the end of a word (-stra\xdfe, -gatan). From there the span grows over what belongs to
it, also across lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import addresses_words as w
from mci_core.detectors.countries import COUNTRY
from mci_core.detectors.matching import Detector, Hit, Pattern

_UNIT_FIRST = rf"(?:(?i:{w.UNIT})[ ,]{{1,2}})?"
_NUM = rf"(?:{w.NUMBER},? ){{1,2}}"
_LINKS = r"(?:[a-z]{1,5}['. ]{1,2}){0,3}"
_OWN = rf"(?:,? ?(?:(?i:n[ro\xb7\xe9]?\.?) ?)?{w.NUMBER})"
# What tells cheaply that an expression below may match, and the expression that finds the core of an address.
_CORES = tuple(
    (Pattern(trigger), Pattern(core, scanned=False))
    for trigger, core in (
        (
            r"\d[A-Za-z]?,? (?:[NSEW]{1,2}\.? )?[A-Z\xe9][A-Za-z\xe9'.-]",
            rf"\b{_UNIT_FIRST}{_NUM}(?:[NSEW]{{1,2}}\.? )?{w.NAME} {w.AFTER_NAME}\b\.?(?: [NSEW]{{1,2}}\b)?",
        ),
        (
            rf"\b{w.BEFORE_NAME} [A-Za-z\xe9]",
            (
                rf"\b{_UNIT_FIRST}(?:(?:{_NUM})?{w.BEFORE_NAME} {_LINKS}{w.NAME}{_OWN}|"
                rf"{_NUM}(?:bis,? |ter,? )?{w.BEFORE_NAME} {_LINKS}{w.NAME})\b"
            ),
        ),
        (
            rf"{w.ENDINGS} \d",
            (
                rf"\b{_UNIT_FIRST}(?:{_NUM})?(?:[A-Z\xe9][A-Za-z\xe9.-]* ){{0,2}}"
                rf"[A-Z\xe9][A-Za-z\xe9-]{{1,30}}{w.ENDINGS} {w.NUMBER}\b"
            ),
        ),
        (
            rf"(?i)[A-Z\xe9] {w.SECOND_WORDS},? ?(?:n[ro\xb7\xe9]?\.? ?)?\d",
            rf"(?i)\b{_UNIT_FIRST}(?:{_NUM})?(?:[A-Z\xe9][A-Z\xe9.-]+ ){{1,3}}{w.SECOND_WORDS}{_OWN}\b",
        ),
        (
            r"\b(?:Apt|Suite)\b\.? \d",
            (
                rf"\b(?:{_NUM}(?:[A-Z\xe9][A-Za-z\xe9'.-]* |(?:de|la|"
                rf"of) ){{1,6}}(?:{w.NUMBER} )?\s{{0,3}}(?:Apt|Suite)\b\.? \d{{1,5}}|"
                rf"(?:Apt|Suite)\.? \d{{1,5}},? {_NUM}(?:[A-Z\xe9][A-Za-z\xe9'.-]* ){{1,5}}{w.NUMBER})\b"
            ),
        ),
        (rf"(?i){w.BOX}", rf"(?i)\b(?:{_NUM})?{w.BOX}\b"),
        (
            r"(?i)\b[afd]po,? a[aep] \d{5}",
            (
                r"(?i)\b(?:(?:psc|unit|cmr) \d{1,5},? box \d{1,5}|(?:uss|usns|usnv|usnr|uscgc|"
                r"usv) [A-Z]{2,20}),?\s{1,3}"
                r"[afd]po,? a[aep] \d{5}(?:-\d{4})?\b"
            ),
        ),
        (
            r"(?i)\bcorner of ",
            (
                rf"(?i)\b(?:the )?corner of (?:\d{{1,6}} )?{w.NAME}(?: \d{{1,5}})?"
                rf" and (?:\d{{1,6}} )?{w.NAME}(?: \d{{1,5}})?\b"
            ),
        ),
        (
            rf"\d[a-z]?,\s{{1,3}}{w.POSTCODE} [A-Z\xe9]",
            rf"\b{w.NAME} {w.NUMBER},\s{{1,3}}{w.POSTCODE} {w.WORD}",
        ),
    )
)
_CUE = rf"(?i){w.CUES}[ :=\"']"
_CUE_WORDS = Pattern(_CUE)
_CUED = Pattern(
    rf"(?i:{w.CUES})[ :=\"']{{1,10}}\n?(?:(?i:the|is|it|to|at|my|in) ){{0,2}}"
    rf"((?:{_NUM}{w.NAME}(?:{_OWN}\b)?|{w.NAME}(?: {w.NUMBER}\b|,? {w.POSTCODE}\b)))",
    scanned=False,
)
_BREAK = r"(?:\s{0,2},?\s{0,6}|,? ?\\n ?|\s{0,2}\[Enter\])"
_GAP = r"(?:,|\s|\[Enter\]|\\n){1,8}"
_CITY = (
    rf"{w.WORD}(?:[ /-](?:(?:de|la|el|les|am|an der|im|upon|sur|di|do|da|of|den|sub) ){{0,2}}{w.WORD}){{0,4}}"
)
_TAIL = (
    Pattern(rf"(?i)^{_BREAK}{w.UNIT}"),
    Pattern(rf"^{_GAP}{w.POSTCODE}\b{_GAP}{_CITY}(?:{_GAP}{COUNTRY}\b)?"),
    Pattern(rf"^{_GAP}{_CITY},? (?:[A-Z]{{2,3}}|nan),? ?{w.POSTCODE}\b"),
    Pattern(rf"^{_GAP}{_CITY}{_GAP}(?:{_CITY}{_GAP})?{w.POSTCODE}\b"),
    Pattern(rf"^{_GAP}{_CITY},? [A-Z]{{2}}\b"),
    Pattern(rf"^{_GAP}(?:{_CITY}{_GAP}){{0,2}}{COUNTRY}\b(?:\s{{1,2}}{w.POSTCODE}\b)?"),
    Pattern(rf"^,\s?{_CITY}"),
)
_NO_CITY = Pattern(w.NO_CITY)
_REACH = 120


def _grow(data: bytes, end: int) -> int:
    """The end with flat, postcode, city and country, where they follow."""
    for _ in range(4):
        rest = bytes(data[end : end + _REACH])
        longest = 0
        for pattern in _TAIL:
            for _, length in pattern.spans(rest):
                if length > longest and not _NO_CITY.found_in(rest[:length].lstrip(b" ,\n")):
                    longest = length
        if not longest:
            break
        end += longest
    return end


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Postal addresses."""
    plain = bytes(data)
    for trigger, core in _CORES:
        if trigger.found_in(data):
            for start, end in core.spans(plain):
                yield Hit(start, _grow(plain, end), "ADDRESS", 0.8)
    if _CUE_WORDS.found_in(data):
        for start, end in _CUED.spans(plain, 1):
            yield Hit(start, _grow(plain, end), "ADDRESS", 0.6)


DETECTOR = Detector("ADDRESS", (*(trigger.expression for trigger, _ in _CORES), _CUE), find, structured=False)
