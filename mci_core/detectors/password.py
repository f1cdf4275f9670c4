"""What counts as a password that is spoken of ("the password is ..."), stands in a form or a statement of
SQL, or is typed: a name, Tab, the password, Enter.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import values
from mci_core.detectors.matching import Detector, Hit, Pattern
from mci_core.detectors.tables import words

_KEY = words("cues.txt", "password")
_SPOKEN = Pattern(
    rf"(?i)(?:{_KEY}|\bpin\b)(?: (?:for|to|of|on) [\w.\xe9-]{{1,30}}(?: [\w.\xe9-]{{1,30}})?)?[ ]{{1,2}}"
    r"(?:(?:has been |was |were |is |got )?(?:changed|set|reset|updated|rotated) to[ :]{1,3}|->[ ]?|"
    r"(?:is now|is still|is|was|are|ist jetzt|ist|lautet|est|es|\xe9|jest|to)[ :]{1,3})"
    r"[\"'`]?([^\s\"'`]{3,})"
)
_BARE = Pattern(
    r"(?i)\b(?:password|passwort|passwd|kennwort|passphrase|pwd|pw)[ ]{1,2}[\"'`]?([^\s\"'`:=,;]{6,64})"
)
# A name and a password in one breath: user bob pass x, login bob and password x, credentials: bob / x
_PAIR = Pattern(
    r"(?i)\b(?:user(?:name)?|login|account|benutzer|utilisateur|usuario)[ :=]{1,3}(?:is |ist )?[^\s,;:]{2,40}"
    r"[ ,;/]{1,4}(?:and |und |et |y |with )?(?:the |das |le )?"
    r"(?:pass(?:word|wd|code|wort)?|pwd|pw|kennwort)"
    r"[ :=]{1,3}[\"'`]?([^\s\"'`]{4,64})"
)
_CREDENTIALS = Pattern(
    r"(?i)\b(?:credentials?|creds|log-?ins?|zugangsdaten|anmeldedaten|identifiants|credenciales)"
    r"(?: (?:are|is|were|lauten|sont|son|for [\w.-]{1,30}))?[ :]{1,2}[\w.@+-]{2,40}[ ]?[/:|][ ]?"
    r"([^\s\"'`/]{5,64})"
)
_PIN = Pattern(r"(?i)\bpin(?:[ -]?code| number|-nummer)?(?: is| ist| est)?[ :=#]{1,3}[\"']?(\d{4,8})\b")
_FORM = Pattern(
    r"(?i)(?:type|name|id)=[\"']?(?:password|passwd|pwd|pass)[\"']?[^<>\n]*?\svalue=[\"']([^\"'\n]{3,})[\"']"
)
_TYPED = Pattern(r"(?i)[^\s](\[tab\]|\t)([^\s\[\]]{5,64})(?:\[(?:enter|return)\]|\n|$)")
_SQL = Pattern(
    r"(?i)(?:identified (?:with \w+ )?(?:by(?: password)?|as)|\bpassword|"
    r"set password[^\n]{0,40}?=(?: password\()?)"
    r"[ ]{1,3}[\"']([^\"'\n]{3,})[\"']"
)
_ENDS = b".,;:!?)]}\"'"
_HYPHENS = 3
_LONG = 8


def _trim(data: bytes, start: int, end: int) -> int:
    while end > start and data[end - 1] in _ENDS:
        end -= 1
    return end


def _says_so(value: bytes) -> bool:
    """Whether a value right after the bare word "password" shows by itself that it is one."""
    if values.mixed(value) >= 3 or (values.is_passphrase(value) and value.count(b"-") >= _HYPHENS):
        return True
    letters = any(not 48 <= code <= 57 for code in value)
    return len(value) >= _LONG and values.has_digit(value) and letters


def _spoken(data: bytes) -> Iterator[Hit]:
    for pattern, confidence in ((_SPOKEN, 0.85), (_PAIR, 0.8), (_CREDENTIALS, 0.75), (_BARE, 0.6)):
        for start, end in pattern.spans(data, 1):
            stop = _trim(data, start, end)
            value = data[start:stop]
            if values.is_password(value, plain=True) and (pattern is not _BARE or _says_so(value)):
                yield Hit(start, stop, "PASSWORD", confidence)


def _written(data: bytes) -> Iterator[Hit]:
    """Numbers of cards and phones, fields of forms, statements of SQL."""
    for start, end in _PIN.spans(data, 1):
        yield Hit(start, end, "PASSWORD", 0.8)
    for pattern in (_FORM, _SQL):
        for start, end in pattern.spans(data, 1):
            if values.is_password(data[start:end], plain=False):
                yield Hit(start, end, "PASSWORD", 0.8)


def _typed(data: bytes) -> Iterator[Hit]:
    """Name, Tab, password, Enter: a login as it arrives in a key stream."""
    for groups in _TYPED.groups(data):
        start, end = groups[2]
        value = data[start:end]
        key = data[groups[1][0]] != 9
        strong = values.mixed(value) >= 3 or value.count(b"-") >= _HYPHENS
        likely = values.has_digit(value) and values.mixed(value) >= 2 and len(value) > 5
        # The key named in words stands in streams of keys only; a tab also divides the columns of a table.
        told = key and (values.is_passphrase(value) or len(value) >= values.LONG_WORD)
        if (strong or likely or told) and not values.is_placeholder(value) and not values.is_code(value):
            yield Hit(start, end, "PASSWORD", 0.7)


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Passwords in sentences, forms, statements and streams of keys."""
    yield from _spoken(data)
    yield from _written(data)
    yield from _typed(data)


DETECTOR = Detector(
    "PASSWORD",
    tuple(pattern.expression for pattern in (_SPOKEN, _BARE, _PAIR, _CREDENTIALS, _PIN, _FORM, _TYPED, _SQL)),
    find,
)
