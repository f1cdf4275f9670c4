"""Signed notes: which text a key has signed, as C2SP signed-note, tlog-checkpoint and tlog-cosignature say.

A note is text, a blank line and signature lines. A verifier key (vkey) names the only key that counts; a
signature of a known key that does not fit spoils the whole note, one of an unknown key is ignored. Every
encoding is read strictly, so that a note has one spelling: https://c2sp.org/signed-note.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
KINDS = (ED25519, COSIGNATURE)
MAX_SIGNATURES = 100
MAX_TIME = 2**63 - 1
HASH_BYTES = 32
_PUBLIC_BYTES = 32
_ID_BYTES = 4
_TIME_BYTES = 8
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class BadNote(ValueError):
    """These bytes are no note, or not one that a known key has signed."""


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """Standard base64 in its one canonical spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadNote("not base64") from error
    if encode(data) != text:
        raise BadNote("not canonical base64")
    return data


def number(text: str) -> int:
    """A decimal number without leading zeroes."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_TIME:
        raise BadNote("not a number")
    return int(text)


def check_name(name: str) -> str:
    """A key name: not empty, no space of any kind, no plus sign."""
    if not name or "+" in name or any(sign.isspace() or sign < " " for sign in name):
        raise BadNote("not a key name")
    return name


@dataclass(frozen=True)
class Vkey:
    """A public key with the name it signs under; ``kind`` is a signature type of the specification."""

    name: str
    public: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in KINDS or len(self.public) != _PUBLIC_BYTES:
            raise BadNote("not an Ed25519 key")

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> Vkey:
        return cls(name, key.public_key().public_bytes_raw(), kind)

    @classmethod
    def parse(cls, text: str) -> Vkey:
        """``<name>+<8 hexadecimal digits>+<base64 of kind and key>``."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise BadNote("not a verifier key")
        material = decode(parts[2])
        key = cls(parts[0], material[1:], material[0] if material else 0)
        if parts[1] != key.key_id.hex():
            raise BadNote("the id of the verifier key is not that of its key")
        return key

    def text(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode(bytes([self.kind]) + self.public)}"

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]


@dataclass(frozen=True)
class Signature:
    """One signature line; ``value`` is what follows the key id."""

    name: str
    key_id: bytes
    value: bytes

    @classmethod
    def parse(cls, line: str) -> Signature:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise BadNote("not a signature line")
        data = decode(parts[2])
        if len(data) <= _ID_BYTES:
            raise BadNote("a signature is too short")
        return cls(check_name(parts[1]), data[:_ID_BYTES], data[_ID_BYTES:])

    def line(self) -> str:
        return f"— {self.name} {encode(self.key_id + self.value)}\n"


@dataclass(frozen=True)
class Note:
    """``text`` ends with a newline."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes | str) -> Note:
        try:
            whole = data.decode() if isinstance(data, bytes) else data
            whole.encode()
        except UnicodeError as error:
            raise BadNote("not UTF-8") from error
        if any(sign < " " and sign != "\n" for sign in whole):
            raise BadNote("a control character in a note")
        text, separator, below = whole.rpartition("\n\n")
        if not separator or not text or not below.endswith("\n"):
            raise BadNote("not a signed note")
        lines = below[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise BadNote("too many signatures")
        return cls(text + "\n", tuple(Signature.parse(line) for line in lines))

    def dumps(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """The same text under further signatures; one that is there is not added again."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


@dataclass(frozen=True)
class Confirmed:
    """A signature that fits; ``time`` (Unix seconds) is what a cosignature states."""

    key: Vkey
    time: int | None
    signature: Signature


def sign(text: str, name: str, key: Ed25519PrivateKey) -> Signature:
    """The signature of a log over the text of a note."""
    return Signature(name, Vkey.of(name, key).key_id, key.sign(_signable(text)))


def cosign(text: str, name: str, key: Ed25519PrivateKey, time: int) -> Signature:
    """The statement of a witness: at this time (Unix seconds) this was the largest consistent tree."""
    value = struct.pack(">Q", time) + key.sign(_cosigned(_signable(text).decode(), time))
    return Signature(name, Vkey.of(name, key, COSIGNATURE).key_id, value)


def check(text: str, signature: Signature, key: Vkey) -> Confirmed:
    """That this key made this signature over this text. Raises :class:`BadNote`."""
    time, value, message = None, signature.value, text.encode()
    if key.kind == COSIGNATURE:
        if len(value) <= _TIME_BYTES:
            raise BadNote("a cosignature is too short")
        time, value = int.from_bytes(value[:_TIME_BYTES]), value[_TIME_BYTES:]
        message = _cosigned(text, time)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(value, message)
    except (InvalidSignature, ValueError) as error:
        raise BadNote(f"the signature of {key.name} does not fit") from error
    return Confirmed(key, time, signature)


def confirmed(note: Note, keys: Iterable[Vkey]) -> list[Confirmed]:
    """Every signature of a known key, each key once. Raises :class:`BadNote` when one does not fit or none
    is there.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[Vkey, Confirmed] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None and key not in found:
            found[key] = check(note.text, signature, key)
    if not found:
        raise BadNote("no signature of a known key")
    return list(found.values())


@dataclass(frozen=True)
class Checkpoint:
    """What a log states: so many entries have this root (https://c2sp.org/tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise BadNote("not a checkpoint")
        root = decode(lines[2])
        if len(root) != HASH_BYTES:
            raise BadNote("a root has 32 bytes")
        return cls(lines[0], number(lines[1]), root, tuple(lines[3:]))

    def text(self) -> str:
        return "".join(f"{line}\n" for line in (self.origin, self.size, encode(self.root), *self.extensions))


def signed_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> Note:
    """The note of a log over its checkpoint; the name of its key is its origin."""
    text = checkpoint.text()
    return Note(text, (sign(text, checkpoint.origin, key),))


def opened_checkpoint(note: Note, key: Vkey) -> Checkpoint:
    """The checkpoint in a note that this log has signed. Raises :class:`BadNote`."""
    confirmed(note, [key])
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        raise BadNote("a checkpoint of another log")
    return checkpoint


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _signable(text: str) -> bytes:
    if not text.endswith("\n"):
        raise BadNote("the text of a note ends with a newline")
    return text.encode()
