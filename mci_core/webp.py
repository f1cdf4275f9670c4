"""Checks a frame without decoding it: a plain still WebP of the stated size that carries no metadata.

Container: RIFF header, then chunks of (FourCC, little-endian length, payload, pad byte).
Source: RFC 9649, section 2.
"""

from __future__ import annotations

import struct

from mci_core.errors import Invalid

_STILL = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or struct.unpack_from("<I", data, 4)[0] + 8 != len(data):
        raise Invalid("A frame is not a WebP file.", code="frame_format", field="frames")
    found, at = [], 12
    while at < len(data):
        if at + 8 > len(data):
            raise Invalid("A frame is cut off.", code="frame_format", field="frames")
        name, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        payload = data[at + 8 : at + 8 + length]
        if len(payload) != length:
            raise Invalid("A frame is cut off.", code="frame_format", field="frames")
        found.append((name, payload))
        at += 8 + length + (length & 1)
    return found


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises Invalid when `data` is not a still WebP without metadata."""
    if len(data) < 20:
        raise Invalid("A frame is not a WebP file.", code="frame_format", field="frames")
    chunks = _chunks(data)
    if any(name not in _STILL for name, _ in chunks):
        raise Invalid("A frame carries metadata or moves.", code="frame_metadata", field="frames")
    bodies = [(name, payload) for name, payload in chunks if name in (b"VP8 ", b"VP8L")]
    if len(bodies) != 1:
        raise Invalid("A frame has no single picture.", code="frame_format", field="frames")
    name, payload = bodies[0]
    if name == b"VP8L" and len(payload) >= 5 and payload[0] == 0x2F:
        bits = struct.unpack_from("<I", payload, 1)[0]
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if name == b"VP8 " and len(payload) >= 10 and payload[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", payload, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise Invalid("A frame has no readable picture.", code="frame_format", field="frames")


def check(data: bytes, *, width: int, height: int) -> None:
    """Raises Invalid unless `data` is a still WebP of exactly this size without metadata."""
    if size(data) != (width, height):
        raise Invalid("A frame has another size than its event says.", code="frame_size", field="frames")
