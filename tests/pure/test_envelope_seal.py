"""Envelopes open with their key at their place only; compression is bounded."""

from __future__ import annotations

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mci_core import envelope
from mci_core.errors import Invalid, TooLarge

KEY = bytes(range(32))


@given(st.binary(max_size=2000), st.binary(max_size=40))
def test_what_is_sealed_opens_again(data: bytes, aad: bytes) -> None:
    assert envelope.open_(KEY, envelope.seal(KEY, data, aad), aad) == data


@given(st.binary(max_size=50), st.data())
def test_one_changed_bit_anywhere_keeps_it_shut(data: bytes, draw: st.DataObject) -> None:
    blob = bytearray(envelope.seal(KEY, data, b"here"))
    blob[draw.draw(st.integers(0, len(blob) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    with pytest.raises(envelope.CannotOpen):
        envelope.open_(KEY, bytes(blob), b"here")


def test_another_key_another_place_or_half_the_bytes_do_not_open_it() -> None:
    blob = envelope.seal(KEY, b"content", b"here")
    for key, data, aad in (
        (envelope.new_key(), blob, b"here"),
        (KEY, blob, b"there"),
        (KEY, blob[:-1], b"here"),
        (KEY, blob[:27], b"here"),
    ):
        with pytest.raises(envelope.CannotOpen) as caught:
            envelope.open_(key, data, aad)
        assert caught.value.code == "cannot_open"
        assert isinstance(caught.value, ValueError)


def test_sealing_twice_gives_different_bytes() -> None:
    assert envelope.seal(KEY, b"same", b"") != envelope.seal(KEY, b"same", b"")


def test_a_wrapped_key_is_unwrapped_by_its_key_only() -> None:
    data_key = envelope.new_key()
    wrapped = envelope.wrap(KEY, data_key, b"person")
    assert envelope.unwrap(KEY, wrapped, b"person") == data_key
    assert envelope.unwrap(KEY, envelope.wrap(KEY, data_key)) == data_key
    for key, aad in ((envelope.new_key(), b"person"), (KEY, b"other person")):
        with pytest.raises(envelope.CannotOpen):
            envelope.unwrap(key, wrapped, aad)


def test_a_sealed_object_is_no_wrapped_key() -> None:
    with pytest.raises(envelope.CannotOpen):
        envelope.unwrap(KEY, envelope.seal(KEY, envelope.new_key(), b""))


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(envelope.CannotOpen):
        envelope.seal(key, b"", b"")
    with pytest.raises(envelope.CannotOpen):
        envelope.wrap(KEY, key)


@given(st.binary(max_size=5000))
def test_packed_bytes_unpack_to_the_same(data: bytes) -> None:
    assert envelope.unpack(envelope.pack(data), len(data)) == data


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    with pytest.raises(TooLarge) as caught:
        envelope.unpack(envelope.pack(bytes(50_000_000)), 1_000_000)
    assert caught.value.code == "unpacks_too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        envelope.pack(b"whole")[:-1],
        envelope.pack(b"whole") + b"more",
        envelope.pack(b"a") + envelope.pack(b"b"),
    ],
)
def test_anything_but_one_whole_frame_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        envelope.unpack(data, 1000)
    assert caught.value.code == "not_zstd"


def test_a_frame_that_hides_its_size_is_refused() -> None:
    compressor = zstandard.ZstdCompressor().compressobj()
    data = compressor.compress(b"content") + compressor.flush()
    with pytest.raises(Invalid, match="size"):
        envelope.unpack(data, 1000)
