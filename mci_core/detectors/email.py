"""What counts as an e-mail address: a local part, an at sign (also as %40) and a domain with a letter
ending.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern

_ADDRESS = Pattern(
    r"[A-Za-z0-9\xe9_+.'%&!#$*/=?^`{|}~-]{0,63}[A-Za-z0-9\xe9_+-](?:@|%40)"
    r"(?:[A-Za-z0-9\xe9](?:[A-Za-z0-9\xe9_-]{0,61}[A-Za-z0-9\xe9])?\.)+[A-Za-z\xe9][A-Za-z0-9\xe9-]"
    r"{0,22}[A-Za-z\xe9]"
)
# Written so that programs do not see it: jane (at) example [dot] com, jane dot doe at example dot com.
_AT = r"(?:at|\xe9t|\xe4t|arobase|arroba|chiocciola|klammeraffe|apenstaartje|ma\xe9pa)"
_DOT = r"(?:dot|punkt|point|punto|ponto|kropka)"
_LOCAL = rf"[A-Za-z0-9\xe9_+.-]{{1,64}}(?: {_DOT} [a-z0-9]{{1,30}}){{0,2}}"
_BRACKET_AT = rf" ?[\[({{<] ?(?:{_AT}|@) ?[\])}}>] ?"
_BRACKET_DOT = rf" ?[\[({{<] ?(?:{_DOT}|\.) ?[\])}}>] ?"
_HOST = r"[a-z0-9\xe9-]{2,63}"
_HIDDEN = Pattern(
    rf"(?i){_LOCAL}(?:{_BRACKET_AT}{_HOST}(?:(?:{_BRACKET_DOT}|\.| {_DOT} ){_HOST}){{1,4}}|"
    rf"@{_HOST}(?:{_BRACKET_DOT}{_HOST}){{1,4}}| {_AT} {_HOST}(?: {_DOT} {_HOST}){{1,4}})"
)
_SPACES = bytes.maketrans(b"[](){}<>.", b" " * 9)
_LONGEST_TOP = 24
# Signs that may stand in an address but far more often end what stands before it.
_CUTS = b"=/?&'#|{}`$!*^%~"


def _start(data: bytes, start: int, at: int) -> int:
    cut = max(data.rfind(bytes((sign,)), start, at) for sign in _CUTS)
    start = max(start, cut + 1)
    while start < at and data[start] in b".-+":
        start += 1
    return start


def _inside_credentials(data: bytes, start: int) -> bool:
    """`scheme://user:word@host` holds no address; the URL detector takes the password."""
    scheme = data.rfind(b"://", 0, start)
    if scheme < 0:
        return False
    between = data[scheme + 3 : start]
    return b":" in between and not any(sign in between for sign in (b" ", b"/", b"\n", b"\t"))


def _ends_in_letters(value: bytes) -> bool:
    """Whether the last part can be a top-level domain."""
    last = value.translate(_SPACES).split()[-1]
    return last.isalpha() and len(last) <= _LONGEST_TOP


def find(data: bytes, text: str) -> Iterator[Hit]:
    """E-mail addresses."""
    for begin, end in _ADDRESS.spans(data):
        at = max(data.rfind(b"@", begin, end), data.rfind(b"%40", begin, end))
        start = _start(data, begin, at)
        if start < at and not _inside_credentials(data, start):
            yield Hit(start, end, "EMAIL", 0.95)
    for start, end in _HIDDEN.spans(data):
        if _ends_in_letters(data[start:end]):
            yield Hit(start, end, "EMAIL", 0.8)


DETECTOR = Detector("EMAIL", (r"@|%40", _HIDDEN.expression), find)
