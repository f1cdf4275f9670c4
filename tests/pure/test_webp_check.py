"""A frame is a still WebP of the stated size without metadata, or it is refused."""

from __future__ import annotations

import contextlib
import io
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mci_core import webp
from mci_core.errors import Invalid


def picture(size: tuple[int, int] = (40, 24), mode: str = "RGB", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, 127 if mode == "L" else None).save(target, "WEBP", **options)
    return target.getvalue()


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP"
    for name, payload in chunks:
        body += name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) & 1)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        webp.check(data, width=40, height=24)
    return caught.value.code


LOSSY = picture(quality=60)
CHUNKS = [(LOSSY[12:16], LOSSY[20:])]


@pytest.mark.parametrize("options", [{"quality": 60}, {"lossless": True}])
@pytest.mark.parametrize("size", [(1, 1), (40, 24), (1920, 1080)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_still_picture_tells_its_size(options: dict[str, Any], size: tuple[int, int], mode: str) -> None:
    data = picture(size, mode, **options)
    assert webp.size(data) == size
    webp.check(data, width=size[0], height=size[1])


def test_another_size_than_the_event_says_is_refused() -> None:
    for width, height in ((41, 24), (40, 25), (24, 40), (0, 0)):
        with pytest.raises(Invalid) as caught:
            webp.check(LOSSY, width=width, height=height)
        assert caught.value.code == "frame_size"


@pytest.mark.parametrize(
    "options", [{"exif": b"Exif\0\0secret"}, {"xmp": b"<x/>"}, {"icc_profile": b"0" * 200}]
)
def test_metadata_is_refused(options: dict[str, Any]) -> None:
    assert refusal(picture(**options)) == "frame_metadata"


def test_a_moving_picture_is_refused() -> None:
    target = io.BytesIO()
    first, second = (Image.new("RGB", (40, 24), colour) for colour in ((1, 2, 3), (200, 2, 3)))
    first.save(target, "WEBP", save_all=True, append_images=[second])
    assert refusal(target.getvalue()) == "frame_metadata"


def test_an_unknown_chunk_is_refused() -> None:
    assert refusal(riff(*CHUNKS, (b"note", b"what was said"))) == "frame_metadata"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        b"RIFF" + struct.pack("<I", 32) + b"WAVE" + b"\0" * 28,
        LOSSY[:-4],
        LOSSY + b"after the end",
        riff() + b"\0" * 12,
        riff((b"ALPH", b"\0" * 12)),
        riff(*CHUNKS, *CHUNKS),
        riff((b"VP8 ", b"\0" * 12)),
        riff((b"VP8L", b"\0" * 12)),
        riff((b"VP8L", b"\x2f")),
        b"RIFF" + struct.pack("<I", 20) + b"WEBPVP8 " + struct.pack("<I", 99) + b"\0" * 8,
        b"RIFF" + struct.pack("<I", 17) + b"WEBPVP8 " + struct.pack("<I", 0) + b"\0" * 5,
    ],
)
def test_what_is_no_still_picture_is_refused(data: bytes) -> None:
    assert refusal(data) == "frame_format"


@given(st.binary(max_size=120), st.integers(0, len(LOSSY) - 1), st.integers(0, 255))
def test_no_bytes_end_in_anything_but_an_answer(noise: bytes, at: int, value: int) -> None:
    changed = bytearray(LOSSY)
    changed[at] = value
    for data in (noise, bytes(changed), LOSSY[:at], b"RIFF" + noise[:4] + b"WEBP" + noise):
        with contextlib.suppress(Invalid):
            webp.size(data)
