"""What counts as a private key: an armoured block. A block without its end is taken up to the end of the
text.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern

_BLOCK = Pattern(
    r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:.*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|.*)"
)
_PUTTY = Pattern(r"(?s)PuTTY-User-Key-File-\d: .*?(?:Private-MAC: [0-9a-f]+|Private-Lines: .*)")


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Private key blocks."""
    for start, end in _BLOCK.spans(data):
        yield Hit(start, end, "PRIVATE_KEY", 0.99)
    for start, end in _PUTTY.spans(data):
        yield Hit(start, end, "PRIVATE_KEY", 0.99)


DETECTOR = Detector("PRIVATE_KEY", (r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE|PuTTY-User-Key-File",), find)
