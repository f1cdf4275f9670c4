"""What counts as a password: the value after a word that announces one, a login typed with Tab, a
command's option.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import values
from mci_core.detectors.matching import Detector, Hit, Pattern

_KEY = (
    r"(?:passwords?|passwort|kennwort|passwd|passphrase|passcode|passwrd|mot de passe|contrase(?:\xe9|n)a|"
    r"wachtwoord|senha|has\xe9o|haslo|l\xe9senord|parola|pwd|pswd|\bpw\b|\bpass\b|_pass\b|_pw\b)"
)
_SPOKEN = Pattern(
    r"(?i)(?:" + _KEY + r"|\bpin\b)(?: (?:for|to|of|on) [\w.\xe9-]{1,30}(?: [\w.\xe9-]{1,30})?)?[ ]{1,2}"
    r"(?:is now|is still|is|was|ist|lautet|est|es|are|changed to|set to|reset to|->|"
    r"to)[ :]{1,3}[\"'`]?([^\s\"'`]{3,})"
)
_PIN = Pattern(r"(?i)\bpin(?: code| number)?[ :=]{1,3}(\d{4,8})\b")
_FORM = Pattern(
    r"(?i)(?:type|name|id)=[\"']?(?:password|passwd|pwd|"
    r"pass)[\"']?[^<>\n]{0,80}\svalue=[\"']([^\"'\n]{3,})[\"']"
)
_NET_USE = Pattern(r"(?i)/user:\S+ ([^\s\"'/]{4,})")
_BARE = Pattern(r"(?i)\b(?:password|passwort|passwd|kennwort|pwd|pw)[ ]{1,2}[\"'`]?([^\s\"'`:=,;]{6,64})")
_OPTION = Pattern(
    r"(?i)(?:--(?:password|passwd|pass|pwd)[= ]|\s-p[ ]?|\bsshpass -p[ ]?|/p:|-w )[\"']?([^\s\"'<>]{4,})"
)
_OPTION_TOOL = Pattern(
    r"(?i)\b(?:mysql\w*|docker login|sshpass|mongo\w*|redis-cli|psql|ldap\w+|curl|net use|xfreerdp|"
    r"smbclient|rdesktop)\b"
)
_USER_OPTION = Pattern(r"(?:\s-u|\s--user|\s--proxy-user)[ =]?[\"']?[^\s:\"'/]{1,64}:([^\s\"'<>]{3,})")
_TYPED = Pattern(r"(?i)[^\s](?:\[tab\]|\t)([^\s\[\]]{5,64})(?:\[(?:enter|return)\]|\n|$)")
_SECURE = Pattern(r"(?i)securestring(?: -string)? \\{0,2}[\"']([^\"'\\\n]{4,})")
_SQL = Pattern(r"(?i)identified (?:\w+ )?by [\"']([^\"'\n]{3,})[\"']|\bpassword [\"']([^\"'\n]{3,})[\"']")
_ENDS = b".,;:!?)]}\"'"


def _trim(data: bytes, start: int, end: int) -> int:
    while end > start and data[end - 1] in _ENDS:
        end -= 1
    return end


def _plain(data: bytes) -> Iterator[Hit]:
    for pattern, confidence in ((_SPOKEN, 0.85), (_BARE, 0.6)):
        for start, end in pattern.spans(data, 1):
            stop = _trim(data, start, end)
            value = data[start:stop]
            if values.is_password(value, plain=True) and (pattern is _SPOKEN or values.mixed(value) >= 3):
                yield Hit(start, stop, "PASSWORD", confidence)


def _commands(data: bytes) -> Iterator[Hit]:
    for start, end in _PIN.spans(data, 1):
        yield Hit(start, end, "PASSWORD", 0.8)
    places = [(_FORM, 1), (_SECURE, 1), (_NET_USE, 1), (_SQL, 1), (_SQL, 2)]
    if _OPTION_TOOL.found_in(data) or b"--pass" in data:
        places += [(_OPTION, 1), (_USER_OPTION, 1)]
    for pattern, group in places:
        for start, end in pattern.spans(data, group):
            if values.is_password(data[start:end], plain=False):
                yield Hit(start, end, "PASSWORD", 0.8)


def _typed(data: bytes) -> Iterator[Hit]:
    """Name, Tab, password, Enter: a login as it arrives in a key stream."""
    for start, end in _TYPED.spans(data, 1):
        value = data[start:end]
        has_digit = any(48 <= code <= 57 for code in value)
        likely = (has_digit and values.mixed(value) >= 2 and len(value) >= 6) or value.count(b"-") >= 3
        empty = values.is_placeholder(value) or values.is_code(value)
        if (likely or values.mixed(value) >= 3) and not empty:
            yield Hit(start, end, "PASSWORD", 0.7)


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Passwords."""
    yield from _plain(data)
    yield from _commands(data)
    yield from _typed(data)


DETECTOR = Detector(
    "PASSWORD",
    tuple(
        pattern.expression
        for pattern in (_SPOKEN, _PIN, _FORM, _SECURE, _NET_USE, _BARE, _OPTION, _USER_OPTION, _TYPED, _SQL)
    ),
    find,
)
