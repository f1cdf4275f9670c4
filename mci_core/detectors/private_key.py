"""What counts as a private key: an armoured block, also in one line with escapes or in base64 once more, and
the bare base64 of a key without its armour.

A block without its end is taken up to the end of the text. A block with nothing in it is an example.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern, is_word

_BLOCK = Pattern(
    r"(?s)-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}"
    r"(?:.*?-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|.*)"
)
_PUTTY = Pattern(r"(?s)PuTTY-User-Key-File-\d: .*?(?:Private-MAC: [0-9a-f]+|Private-Lines: .*)")
_EMPTY = Pattern(r"(?s)KEY(?: BLOCK)? ?-{4,5}(?:\\{1,4}[nr]|[^A-Za-z0-9])*-{4,5} ?END", scanned=False)
# The first bytes of a key in DER (PKCS #1, PKCS #8, SEC 1) or of OpenSSH's own format, in base64.
_BODY = r"[A-Za-z0-9+/\\\n]{60,}={0,2}"
_BARE = Pattern(
    r"(?:MII[A-Za-z0-9+/]{2,4}(?:IBAAK|AgEAAo|IBADANBgkqhkiG9w0BAQEFAASC)|MHcCAQEEI|MIGHAgEAMBMGByqGSM49|"
    rf"MC4CAQAwBQYDK2Vw|b3BlbnNzaC1rZXktdjEA){_BODY}|MC4CAQAwBQYDK2VwBCIEI[A-Za-z0-9+/]{{40,44}}={{0,2}}"
)
# "-----BEGIN " in base64; what it begins is to be read.
_TWICE = Pattern(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}={0,2}")


def _is_private(encoded: bytes) -> bool:
    head = encoded[:64]
    return b"PRIVATE" in binascii.a2b_base64(head[: len(head) // 4 * 4])


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Private keys."""
    for start, end in _BLOCK.spans(data):
        if not _EMPTY.found_in(data[start:end]):
            yield Hit(start, end, "PRIVATE_KEY", 0.99)
    for start, end in _PUTTY.spans(data):
        yield Hit(start, end, "PRIVATE_KEY", 0.99)
    for start, end in _BARE.spans(data):
        if not is_word(data, start - 1):
            yield Hit(start, end, "PRIVATE_KEY", 0.9)
    for start, end in _TWICE.spans(data):
        if _is_private(data[start:end]):
            yield Hit(start, end, "PRIVATE_KEY", 0.97, "base64")


DETECTOR = Detector(
    "PRIVATE_KEY",
    (
        r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE|PuTTY-User-Key-File",
        r"IBAAK|AgEAAo|ANBgkqhkiG9w0BAQEFAASC|MHcCAQEEI|MIGHAgEAMBM|MC4CAQAwBQYDK2Vw|b3BlbnNzaC1rZXktdjEA",
        r"LS0tLS1CRUdJTi",
    ),
    find,
)
