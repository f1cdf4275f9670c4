"""What counts as a JSON Web Token: base64url of an object that begins `{"`, a dot, and another part."""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern

# The same in base64 once more.
_TWICE = Pattern(r"ZXlK[A-Za-z0-9]{3}[A-Za-z0-9+/_-]{40,}={0,2}")
_TOKEN = Pattern(r"e[yw][A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{4,}(?:[.=]{1,3}[A-Za-z0-9_=/+-]*){0,3})")


def find(data: bytes, _: str) -> Iterator[Hit]:
    """JSON Web Tokens, also encrypted or cut off ones."""
    for start, end in _TOKEN.spans(data):
        while data[end - 1] == 46:
            end -= 1
        if data[start : start + 3] in (b"eyJ", b"eyA", b"ewo", b"eyI"):
            yield Hit(start, end, "JWT", 0.97)
    for start, end in _TWICE.spans(data):
        yield Hit(start, end, "JWT", 0.9)


DETECTOR = Detector(
    "JWT", (r"ey[JAI][A-Za-z0-9_-]{7,}\.|ewo[A-Za-z0-9_-]{7,}\.", r"ZXlK[A-Za-z0-9]{7}"), find
)
