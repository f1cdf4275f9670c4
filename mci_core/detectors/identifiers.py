"""What counts as a number by which a person is known to an authority, bank, insurer or doctor: the number
after a word that names it.

Such numbers have no form of their own (a driving licence is nine digits here and letters there), so the
word decides, and the value only has to look like a number of a file and not like a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern, is_digit, is_word
from mci_core.detectors.tables import words

_STRONG = words("identifier_words.txt", "strong")
_WEAK = words("identifier_words.txt", "weak")
# What may stand between the word and the number: another word of the same thing, "number", "is", a sign.
_LINK = (
    r"^[\"'\xb7]{0,2}\)?"
    r"(?:[ _-]?(?:card|account|code|identification|document|transit|policy|record|registration))?"
    r"(?:[ _-]?(?:numbers?|num\b|nummer|numero|n\xe9mero|num\xe9ro|no\b\.?|nr\b\.?|id\b|code|transit|\xb7))?"
    r"[\"']{0,2}"
    r"(?:[ \t]{0,2}(?:(?:is|was|are|ist|lautet|est|es|\xe9|like|of|ending in)\b|:|=|=>|#|,|\|)){0,2}"
    r"[ \t]{0,3}[\"'(]?"
)
# Groups of capitals and digits; the first holds a digit or only capitals, those after a space begin with one.
_VALUE = (
    r"(#?(?:[A-Z]{1,5}[ ])?(?:[A-Za-z]{0,6}\d[A-Za-z0-9]{0,19}|[A-Z]{1,8})(?:[-/._][A-Za-z0-9]{1,16}){0,6}"
    r"(?:[ ]\d[A-Za-z0-9]{0,12}(?:[-/][A-Za-z0-9]{1,12}){0,3}){0,6})"
)
_STRONG_WORD = Pattern(rf"(?i)(?:{_STRONG})s?")
_AFTER_STRONG = Pattern(rf"(?i:{_LINK}){_VALUE}")
# A few words between: "insurance number for the household is ...".
_AFTER_WORDS = Pattern(rf"^(?: (?:number|no\.?|id))?(?: [A-Za-z']{{1,14}}){{1,4}}[ ]?[:#]?[ ]{_VALUE}")
_WEAK_WORD = Pattern(rf"(?i)\b(?:{_WEAK})\b")
_AFTER_WEAK = Pattern(rf"(?i:^[ ]?(?:#|:|is|=|no\.?|nr\.?)?[ ]{{1,2}}){_VALUE}")
# word, what follows it, how many digits the number has at least, confidence
_WAYS = (
    (_STRONG_WORD, _AFTER_STRONG, 4, 0.85),
    (_STRONG_WORD, _AFTER_WORDS, 6, 0.7),
    (_WEAK_WORD, _AFTER_WEAK, 6, 0.7),
)
# Numbers that begin with the word themselves: EMP-204117. Five digits, because tickets have such keys too.
_OWN_WORD = Pattern(
    r"\b(?:EMP(?:L|LOYEE)?|STAFF|PERS(?:NR)?|MRN|PAT(?:IENT)?|STUD(?:ENT)?|MEMBER)(?:ID)?[-_#:][ ]?\d{5,10}\b"
)
_FAR = 120
_TOO_LONG = 30
_LONG = 7
_FEWEST = 3


def _digits(value: bytes) -> int:
    return sum(48 <= code <= 57 for code in value)


def _is_number(value: bytes, least: int) -> bool:
    digits = _digits(value)
    # Length, and capitals in groups, make up for digits: AB-1234-XY.
    grouped = b"-" in value and any(65 <= code <= 90 for code in value)
    if (
        digits < max(_FEWEST, least - (len(value) > _LONG) - grouped)
        or len(value) > _TOO_LONG
        or len(set(value)) < 3
    ):
        return False
    small = sum(97 <= code <= 122 for code in value)
    # Letters in a number of a file are few, or capitals; "abcdef12" after "account" is a name.
    return small <= max(2, digits // 3)


def _bounded(data: bytes, start: int, end: int) -> bool:
    if is_word(data, end) or data[end : end + 1] in (b"%", b"@"):
        return False
    cents = data[end : end + 1] in (b".", b",") and is_digit(data, end + 1)
    return not cents and data[start - 1 : start] not in (b"$", b".", b"@")


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Numbers of documents, accounts, records and members."""
    for begin, end in _OWN_WORD.spans(data):
        yield Hit(begin, end, "OTHER", 0.8)
    for word, rest, least, confidence in _WAYS:
        for _begin, at in word.spans(data):
            for start, stop in rest.spans(data[at : at + _FAR], 1):
                begin, end = at + start, at + stop
                if _is_number(data[begin:end], least) and _bounded(data, begin, end):
                    yield Hit(begin, end, "OTHER", confidence)


DETECTOR = Detector(
    "IDENTIFIER",
    (
        _STRONG_WORD.expression,
        _OWN_WORD.expression,
        rf"(?i)\b(?:{_WEAK})[ #:=]{{0,2}}(?:is|no\.?|nr\.?)?[ #:=]{{1,3}}[A-Z#-]{{0,6}}\d",
    ),
    find,
    labels=("OTHER",),
)
