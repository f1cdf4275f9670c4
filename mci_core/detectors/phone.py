"""What counts as a telephone number.

Surely: an international form that its country's numbering plan allows, and the North American grouping.
Otherwise only with a word such as "call" or "mobile" before it, or in a national form that some country's
plan knows: seven to eleven digits alone are far more often an order, a time or a price.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from mci_core.detectors.matching import Detector, Hit, Pattern, digits_of, is_digit, is_word

_CANDIDATE = Pattern(r"(?:\+|\(\+?)?\d(?:[ \xb7]{0,2}[()./ -]?[ (\xb7]{0,2}\d){5,16}", scanned=False)
# These begin at a place and have nothing that repeats without bound: any engine takes linear time.
_NORTH_AMERICA = re.compile(rb"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}\Z")
_BRACKETS = re.compile(rb"\(?\+?\d{1,4}\) ?\d")
_NATIONAL = Pattern(r"^\(?0\d{1,5}\)?[ /-]{1,3}\d{2,}(?:[ /-]?\d{2,}){0,4}$")
# A number is spoken of; in texts of other scripts the word itself is read, see `_ELSEWHERE`.
_WORDS = Pattern(
    r"(?i)(?:phone|\bcall|\bmobil|\bcell|\btel\b|\btel\.|telef|t\xe9l\xe9?|\btlf\b|\bfax|whatsapp|telegram|"
    r"\bsms\b|"
    r"\btext me|\bdial|\bring\b|\breach\b|contact|hotline|helpline|handy|rufnummer|"
    r"\bnumero\b|\bnumber is\b|\bph\b|"
    r"\bph\.|\bext\b|signal\b|viber|puhelin|kom\xe9rk|celular|m\xe9vil|portable|cellulare|anrufen|appele[rz]|"
    r"ll\xe9m[ae]|chiam[ai]|\bbel\b|zadzwo)",
    scanned=False,
)
_ELSEWHERE = (
    "тел",
    "телефон",
    "мобильн",
    "звон",
    "电话",
    "電話",
    "手机",
    "携帯",
    "전화",
    "هاتف",
    "טלפון",
    "फ़ोन",
    "τηλ",
)
# After an address for mail the next number is most likely the telephone, as in lists of people.
_MAIL = Pattern(r"@[\w.\xe9-]{1,60}\.[a-zA-Z]{2,12}['\")]{0,2}[,;|\t ]{1,3}['\"(]{0,2}$")
_NOT = Pattern(
    r"(?i)(?:order|invoice|reference|\bref\b|sequence|part number|case|policy|license|licence|passport|"
    r"ssn|ticket|account|tracking|serial|isbn|version|card|\bid\b|#|amount|\$|\xb7|article(?: no)?|"
    r"\bitem|\bsku\b|"
    r"\blot\b|meeting|\broom\b|batch|\bpo\b|model|\bport\b|\bzip\b|\bean\b|\bupc\b|\biban\b|part(?: no)?|"
    r"artikel\w*|"
    r"bestell\w*|commande|pedido|\bno|\bnr)[ :#.]{0,3}$"
)
_EXTENSION = re.compile(rb"(?i)[ ,;]{0,2}(?:x|ext\.?|extension|#)[ .:]{0,2}\d{1,6}")
_DATE = re.compile(
    rb"(?:(?:19|20)\d{2}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d{2})(?:[ ]\d{1,2})?"
)
_REACH = 28
_COUNTRIES = ("US", "GB", "DE", "FR", "IT", "ES", "CH", "AT", "NL", "IN", "AU")


def _parses(text: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) if region else phonenumbers.is_possible_number(number)


def _bounded(data: bytes, start: int, end: int) -> bool:
    before, after = data[start - 1 : start] if start else b"", data[end : end + 1]
    if is_word(data, start - 1) or (
        is_word(data, end) and not (after in (b"x", b"X") and is_digit(data, end + 1))
    ):
        return False
    if after == b"-" and is_word(data, end + 1):
        return False
    if before in (b".", b",", b"-", b"/", b":") and is_digit(data, start - 2):
        return False
    if before in (b"$", b"%", b"#", b"=", b"&", b"-", b"_", b"/") and data[start : start + 1] != b"+":
        return before in (b"=", b"-", b"/") and bool(_WORDS.found_in(data[max(0, start - _REACH) : start]))
    return not (after in (b".", b",", b"-", b"/", b":", b"%") and is_digit(data, end + 1))


def _is_spoken_of(data: bytes, text: str, start: int) -> bool:
    """Whether a word for telephone, or an address for mail, stands right before."""
    begin = max(0, start - _REACH)
    mail = data[max(0, start - 90) : start]
    if _WORDS.found_in(data[begin:start]) or (b"@" in mail and _MAIL.found_in(mail)):
        return True
    before = text[begin:start]
    return not before.isascii() and any(word in before.casefold() for word in _ELSEWHERE)


def _confidence(data: bytes, whole: str, start: int, end: int) -> float:
    """How sure a bounded candidate is a number; 0 when it is none."""
    raw = data[start:end]
    text = raw.decode("latin-1")
    digits = digits_of(raw)
    if raw.startswith((b"+", b"(+")):
        return 0.95 if 8 <= len(digits) <= 15 or _parses("+" + digits, None) else 0.0
    if _DATE.match(raw) or len(set(digits)) == 1:
        return 0.0
    if _NORTH_AMERICA.match(raw):
        return 0.9
    before = data[max(0, start - _REACH) : start]
    if _is_spoken_of(data, whole, start) and 7 <= len(digits) <= 15:
        return 0.85
    if _NOT.found_in(before):
        return 0.0
    return _by_shape(raw, text, digits)


def _by_shape(raw: bytes, text: str, digits: str) -> float:
    if digits.startswith("00") and 10 <= len(digits) <= 15:
        return 0.8 if _parses("+" + digits[2:], None) else 0.0
    if 7 <= len(digits) <= 12 and _BRACKETS.match(raw) and not raw.endswith(b")"):
        return 0.7
    if _NATIONAL.found_in(raw) and 9 <= len(digits) <= 12:
        return 0.7 if any(_parses(text, country) for country in _COUNTRIES) else 0.0
    return 0.0


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Telephone numbers, with an extension where one follows."""
    for start, stop in _CANDIDATE.spans(data):
        end = stop
        if not _bounded(data, start, end):
            continue
        confidence = _confidence(data, text, start, end)
        if confidence:
            extension = _EXTENSION.match(data, end, end + 20)
            if extension is not None:
                end = extension.end()
            yield Hit(start, end, "PHONE", confidence)


DETECTOR = Detector("PHONE", (r"\d(?:[ \xb7]{0,2}[()./ -]?[ (\xb7]{0,2}\d){5}",), find)
