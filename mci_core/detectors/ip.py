"""What counts as an IP address: four numbers up to 255, or an IPv6 form; versions and clock times do not."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern, is_digit, is_word

_FOUR = Pattern(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_SIX = Pattern(
    r"[0-9A-Fa-f:]{0,39}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{0,39}(?:\d{0,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})?",
    scanned=False,
)
# A number with dots right after one of these is a version.
_VERSION = Pattern(
    r"(?i)(?:\bv|\bver\.?|version|release|build|section|chapter|firmware|driver|==|~=|>=|<=|\^|"
    r"[a-z]/)[ :=]{0,2}$"
)
_NETWORK = Pattern(r"^(?:%[A-Za-z0-9]{1,15})?(?:/\d{1,3})?")


def _four(data: bytes) -> Iterator[Hit]:
    for start, end in _FOUR.spans(data):
        before, after = data[start - 1 : start], data[end : end + 1]
        if is_word(data, start - 1) or is_word(data, end) or before == b".":
            continue
        if after == b"." and is_digit(data, end + 1):
            continue
        text = data[start:end].decode("ascii")
        octets = text.split(".")
        if any(int(octet) > 255 or (len(octet) > 1 and octet[0] == "0") for octet in octets):
            continue
        if _VERSION.found_in(data[max(0, start - 16) : start]):
            continue
        yield Hit(start, _with_network(data, end), "IP", 0.9)


def _with_network(data: bytes, end: int) -> int:
    """The end with a zone (%eth0) and a prefix length (/24), where they follow."""
    for _, length in _NETWORK.spans(data[end : end + 20]):
        end += length
    return end


def _six(data: bytes) -> Iterator[Hit]:
    for start, found in _SIX.spans(data):
        # A colon that ends the clause is not part of the address; "::" may be.
        ends_clause = data[found - 1 : found] == b":" and data[found - 2 : found] != b"::"
        end = found - 1 if ends_clause else found
        text = data[start:end].decode("latin-1")
        if is_word(data, start - 1) or is_word(data, end) or text.strip(":") == "":
            continue
        try:
            ipaddress.IPv6Address(text)
        except ValueError:
            continue
        yield Hit(start, _with_network(data, end), "IP", 0.9)


def find(data: bytes, text: str) -> Iterator[Hit]:
    """IPv4 and IPv6 addresses."""
    yield from _four(data)
    if data.count(b":") >= 2:
        yield from _six(data)


DETECTOR = Detector("IP", (r"\d\.\d{1,3}\.\d{1,3}\.\d|:[0-9A-Fa-f]{0,4}:",), find)
