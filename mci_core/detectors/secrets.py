"""What counts as a secret token that is spoken of, sent in a header or listed, and as a one-time code."""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import values
from mci_core.detectors.matching import Detector, Hit, Pattern, is_word

_LIST = Pattern(r"(?i)(?:tokens|secrets|keys|codes)\\?[\"']?[ \t]{0,4}[:=][ \t]{0,4}\[([^\]\n]{8,})\]")
_ITEM = Pattern(r"[\"']([^\"'\\\s,]{8,})[\"'\\]", scanned=False)
_SPOKEN = Pattern(
    r"(?i)\b(?:token|secret|api key|key|access key|secret key)(?: (?:is|was|ist)[ :]{1,3}|"
    r"[ :]{1,2})[\"'`]?([A-Za-z0-9_.+/=~-]{12,})"
)
_HEADER = Pattern(
    r"(?i)\b(?:bearer|basic|token|apikey|api-key|digest|negotiate|ntlm|sso-key|aws4-hmac-sha256|"
    r"splunk|hawk|genie-?key|zoho-oauthtoken|jwt|dpop|privatetoken|private-token|oauth2-bearer)"
    r"[ :=]{1,2}[\"']?"
    r"([A-Za-z0-9_.~+/=:-]{8,})"
)
_CODE = Pattern(
    r"(?i)(?:code|otp|tan|passcode|2fa|mfa|verification|one[- ]time|kode?|codice|c\xe9digo|pin-?code)\b"
    r"[^\n\d.]{0,30}?[ :=]((?:\d{3}[ -]\d{3}|[A-Z]{0,3}-?\d{4,8}))\b"
)
_CODE_AFTER = Pattern(r"(?i)\b(\d{3}[ -]?\d{3}|\d{4,8}) is your [\w ]{0,40}code")
_CODE_WORDS = Pattern(
    r"(?i)verif|one[- ]?time|otp|2fa|mfa|login|sign[- ]?in|security|authenticat|confirm|auth|passcode|"
    r"\btan\b|your code|the code|access code|best\xe9tig|anmelde|v\xe9rifi|connexion|acceso|accesso|ingreso",
    scanned=False,
)
_NOT_CODE = Pattern(
    r"(?i)error|status|exit|zip|postal|country|product|promo|\bhttp[ /]|area|discount|code review|coupon|"
    r"source|copyright|licen[cs]e",
    scanned=False,
)

# So near to a code the words stand that make it one, or none.
_REACH = 60


def _trim(data: bytes, start: int, end: int, signs: bytes) -> int:
    while end > start and data[end - 1] in signs:
        end -= 1
    return end


def _announced(data: bytes) -> Iterator[Hit]:
    for pattern in (_SPOKEN, _HEADER):
        for start, end in pattern.spans(data, 1):
            stop = _trim(data, start, end, b".:")
            if values.is_secret(data[start:stop]) and values.mixed(data[start:stop]) >= 2:
                yield Hit(start, stop, "SECRET", 0.7)


def _listed(data: bytes) -> Iterator[Hit]:
    for start, end in _LIST.spans(data, 1):
        for first, last in _ITEM.spans(data[start:end], 1):
            if values.is_secret(data[start + first : start + last]):
                yield Hit(start + first, start + last, "SECRET", 0.75)


def _codes(data: bytes) -> Iterator[Hit]:
    for pattern in (_CODE, _CODE_AFTER):
        for start, end in pattern.spans(data, 1):
            near = data[max(0, start - _REACH) : end + _REACH]
            if _CODE_WORDS.found_in(near) and not _NOT_CODE.found_in(near) and not is_word(data, end):
                yield Hit(start, end, "SECRET", 0.7)


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Secret tokens, keys and one-time codes."""
    yield from _announced(data)
    yield from _listed(data)
    yield from _codes(data)


DETECTOR = Detector(
    "SECRET",
    tuple(pattern.expression for pattern in (_LIST, _SPOKEN, _HEADER, _CODE, _CODE_AFTER)),
    find,
)
