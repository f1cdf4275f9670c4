"""The forms of addresses, as expressions: streets and boxes by what announces them, and what may follow."""

from __future__ import annotations

from mci_core.detectors import addresses_words as w
from mci_core.detectors.countries import COUNTRY
from mci_core.detectors.matching import Pattern

_UNIT_FIRST = rf"(?:(?i:{w.UNIT})[,\s]{{1,2}})?"
_NUM = rf"(?:{w.NUMBER}(?:,? |,?\n)){{1,2}}"
_OWN = rf"(?:,? ?(?:(?i:n[ro\xb7\xe9]?\.?) ?)?{w.NUMBER})"
_LINKS = r"(?:[a-z]{1,5}['. ]{1,2}){0,3}"
_BREAK = r"(?:\s{0,2},?\s{0,6}|,? ?\\n ?|\s{0,2}\[Enter\])"
_GAP = r"(?:,|\s|\[Enter\]|\\n){1,8}"
_SMALL = (
    r"(?:de|del|dei|di|du|des|la|le|les|los|las|el|am|an der|im|upon|on|sur|sous|do|da|of|den|sub|bei|"
    r"ob|op|aan|"
    r"pod|nad|na|y|in|vorm|lui|cel|los|mesto|altos|bajos|a\.d\.)"
)
_CITY = (
    rf"{w.WORD}(?:[ /-](?:{_SMALL} ){{0,2}}{w.WORD}){{0,4}}(?: (?:mesto|(?:los )?(?:altos|bajos)))?"
    r"(?: ?/ ?[A-Z]{2}\b| \([A-Z]{2}\))?"
)
_ANY_WORDS = r"(?:[a-z\xe9][a-z\xe9'.-]* )"
_UK = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"

_AFTER = (
    r"\d[A-Za-z]?,? (?:[NSEW]{1,2}\.? )?[A-Z\xe9][A-Za-z\xe9'.-]",
    rf"\b{_UNIT_FIRST}{_NUM}(?:[NSEW]{{1,2}}\.? )?{w.NAME} {w.AFTER_NAME}\b\.?(?: [NSEW]{{1,2}}\b)?",
)
_BEFORE = (
    rf"\b{w.BEFORE_NAME} [A-Za-z\xe9]",
    (
        rf"\b{_UNIT_FIRST}(?:{_NUM}(?:bis,? |ter,? )?{w.BEFORE_NAME} {_LINKS}{w.NAME}"
        r"(?: \d{1,4}[A-Za-z]?\b)?|"
        rf"{w.BEFORE_NAME} {_LINKS}{w.NAME}(?:, |\n){w.POSTCODE} {_CITY}|"
        rf"{w.BEFORE_NAME} {_LINKS}{w.NAME}{_OWN}|"
        rf"{w.BEFORE_NAME} {_LINKS}{w.NAME}[,\n] ?{_CITY}, \d{{4,6}})"
    ),
)
_ENDING = (
    rf"{w.ENDINGS} \d",
    (
        rf"\b{_UNIT_FIRST}(?:{_NUM})?(?:[A-Z\xe9][A-Za-z\xe9.-]* ){{0,2}}[A-Z\xe9][A-Za-z\xe9-]{{1,30}}"
        rf"{w.ENDINGS} "
        rf"{w.NUMBER}\b"
    ),
)
_SECOND = (
    rf"(?i)[A-Z\xe9] {w.SECOND_WORDS},? ?(?:n[ro\xb7\xe9]?\.? ?)?\d",
    rf"(?i)\b{_UNIT_FIRST}(?:{_NUM})?(?:[A-Z\xe9][A-Z\xe9.-]+ ){{1,3}}{w.SECOND_WORDS}{_OWN}\b\.?",
)
_FLAT = (
    r"(?i)\b(?:apt|suite)\b\.? \d",
    (
        rf"\b(?i:{_NUM}{_ANY_WORDS}{{1,6}}(?:\d{{1,5}}[a-z]?\.?(?: \d{{1,4}})?)?\s{{0,3}}(?:apt|"
        rf"suite)\b\.? \d{{1,5}}|"
        rf"(?:apt|suite)\.? \d{{1,5}},? {_NUM}{_ANY_WORDS}{{1,5}}{w.NUMBER})\b(?: {_CITY})?"
    ),
)
_BOX = (rf"(?i){w.BOX}", rf"(?i)\b(?:{_NUM})?{w.BOX}\b")
_MILITARY = (
    r"(?i)\b[afd]po,? a[aep] \d{5}",
    (
        r"(?i)\b(?:(?:psc|unit|cmr) \d{1,5},? box \d{1,5}|(?:uss|usns|usnv|usnr|uscgc|usv) "
        r"[A-Z]{2,20}),?\s{1,3}"
        r"[afd]po,? a[aep] \d{5}(?:-\d{4})?\b"
    ),
)
_CORNER = (
    r"(?i)\bcorner of ",
    (
        rf"(?i)\b(?:the )?corner of (?:\d{{1,6}} )?{w.NAME}(?: \d{{1,5}})?(?: St\.?)? and "
        rf"(?:\d{{1,6}} )?{w.NAME}"
        r"(?: \d{1,5})?\b"
    ),
)
_BRITISH = (
    rf"\b{_UK}\b",
    (
        rf"\b(?:(?:Flat|Studio|Unit) )?\d{{1,4}}[A-Za-z]?(?:[,\s]{{1,2}}"
        r"(?:[A-Z][A-Za-z'.-]+ ?){1,4}){1,4}[,\s]{1,2}"
        rf"{_UK}\b"
    ),
)
_WITH_CITY = (
    rf"\d[a-z]?(?:,\s{{1,3}}|\n){w.POSTCODE}[ \n][A-Z\xe9]",
    rf"\b{w.NAME},? {w.NUMBER}(?:,\s{{1,3}}|\n){w.POSTCODE}[ \n]{_CITY}",
)
_GRID = (
    r"# ?\d{1,3}[A-Z]? ?- ?\d",
    (
        r"\b[A-Z][a-z]{1,11}\.? \d{1,3}[A-Z]?(?: [Bb]is)?(?: [A-Z])? # ?\d{1,3}[A-Z]? ?- ?\d{1,3}"
        r"(?: (?:Sur|Este|Norte|Oeste))?"
    ),
)
# What tells cheaply that an expression may match, and the expression that finds where an address starts.
CORES = tuple(
    (Pattern(trigger), Pattern(core, scanned=False))
    for trigger, core in (
        _AFTER,
        _BEFORE,
        _ENDING,
        _SECOND,
        _FLAT,
        _BOX,
        _MILITARY,
        _CORNER,
        _BRITISH,
        _WITH_CITY,
        _GRID,
    )
)
# Words that announce an address, and the weaker forms that are one after them.
CUE = Pattern(rf"(?i){w.CUES}[ :=\"']")
CUED = Pattern(
    rf"(?i:{w.CUES})[ :=\"']{{1,10}}\n?(?:(?i:the|is|it|to|at|my|in) ){{0,2}}"
    rf"(?:{w.WORD}(?: {w.WORD}){{1,3}},\s)?((?:{_NUM}{w.NAME}(?:{_OWN}\b)?|"
    rf"{_NUM}[a-z\xe9'.-]+(?: [a-z\xe9'.-]+){{0,2}} {w.NUMBER}\b|"
    rf"{w.BEFORE_NAME} {_LINKS}{w.NAME}|{w.NAME}(?:,? {w.NUMBER}\b|,? {w.POSTCODE}\b)))",
    scanned=False,
)
# "March 9, 1993" and "Chapter 13" have the form of a street with a number.
NO_STREET = Pattern(
    r"(?i)\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|(?:mon|tues|wednes|thurs|fri|satur|sun)day|page|chapter|"
    r"section|version|step|row|table|figure|part|day|week|windows|office|build|during|since|until)\.? \d",
    scanned=False,
)
# What may follow: a flat, a postcode with its city, a city with its state, a country.
TAIL = tuple(
    Pattern(expression)
    for expression in (
        rf"(?i)^{_BREAK}{w.UNIT}",
        rf"^{_GAP}{w.POSTCODE}{_GAP}{_CITY}(?:{_GAP}{COUNTRY}\b)?",
        rf"^{_GAP}{_CITY}{_GAP}(?:[A-Z]{{2,3}}|nan)\b(?:{_GAP}{COUNTRY}\b)?(?:{_GAP}{w.POSTCODE}\b)?",
        rf"^{_GAP}{_CITY}{_GAP}(?:{_CITY}{_GAP})?{w.POSTCODE}\b(?: {_CITY})?",
        rf"^{_GAP}(?:{_CITY}{_GAP}){{0,2}}{COUNTRY}\b(?: \([A-Za-z]{{2,12}}\))?(?:\s{{1,2}}{w.POSTCODE}\b)?",
        rf"^,\s?{_CITY}",
        rf"^(?:{_GAP}{_CITY})?-\d{{6}}\b",
    )
)
NO_CITY = Pattern(w.NO_CITY)
