"""What counts as a hardware address: six pairs of hexadecimal digits with one sign between them, or the three
groups of four that routers print.

It tells one network card from all others, and so a person's computer; it stands in logs far more often than
in anything that a person writes. The pack leaves it alone; a policy's rule can ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern, is_word

_ADDRESS = Pattern(
    r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}",
    scanned=False,
)
_NOBODY = (b"000000000000", b"ffffffffffff")


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Hardware addresses of network cards."""
    for start, end in _ADDRESS.spans(data):
        digits = bytes(code for code in data[start:end].lower() if code not in b":-.")
        joined = data[start - 1 : start] in (b":", b"-", b".") or data[end : end + 1] in (b":", b"-")
        if digits not in _NOBODY and not joined and not is_word(data, start - 1) and not is_word(data, end):
            yield Hit(start, end, "MAC", 0.85)


DETECTOR = Detector("MAC", (_ADDRESS.expression,), find, on_request=True)
