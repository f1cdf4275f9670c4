"""What counts as a JSON Web Token: base64url of an object that begins `{"`, a dot, and another part."""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern

_TOKEN = Pattern(r"ey[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{4,}(?:[.=]{1,3}[A-Za-z0-9_=/+-]*){0,3})")


def find(data: bytes, text: str) -> Iterator[Hit]:
    """JSON Web Tokens, also encrypted or cut off ones."""
    for start, end in _TOKEN.spans(data):
        while data[end - 1] == 46:
            end -= 1
        if data[start : start + 3] in (b"eyJ", b"eyA", b"ewo", b"eyI"):
            yield Hit(start, end, "JWT", 0.97)


DETECTOR = Detector("JWT", (r"ey[JAI][A-Za-z0-9_-]{7,}\.",), find)
