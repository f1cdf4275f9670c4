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


def find(data: bytes, text: str) -> Iterator[Hit]:
    """E-mail addresses."""
    for begin, end in _ADDRESS.spans(data):
        at = max(data.rfind(b"@", begin, end), data.rfind(b"%40", begin, end))
        start = _start(data, begin, at)
        if start < at and not _inside_credentials(data, start):
            yield Hit(start, end, "EMAIL", 0.95)


DETECTOR = Detector("EMAIL", (r"@|%40",), find)
