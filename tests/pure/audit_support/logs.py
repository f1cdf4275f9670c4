"""A log of invented entries and its export, made by `mci_core` without a database."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_core import canonical, notes, proofs, tiles

ORIGIN = "mci.example.com/audit"
WITNESS = "council.example.com/w1"
NOW = 1_800_000_000
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
VKEY = notes.Vkey.of(ORIGIN, LOG_KEY).text()
WITNESS_VKEY = notes.Vkey.of(WITNESS, WITNESS_KEY, notes.COSIGNATURE).text()
ACTIONS = ("reviews.open_grant", "capture_policies.approve_version", "accounts.sign_in")


def _id(*parts: object) -> str:
    return str(UUID(bytes=sha256(repr(parts).encode()).digest()[:16]))


def entry(number: int) -> bytes:
    """An invented entry: two of three concern one of seven people."""
    subject = None if number % 3 == 2 else _id("subject", number % 7)
    return canonical.dumps(
        {
            "action": ACTIONS[number % 3],
            "actor": f"user:{_id('user', number % 11)}",
            "at": NOW * 1000 + number,
            "commitment": sha256(b"details %d" % number).hexdigest(),
            "facts": {"number": number},
            "object": {"id": _id("object", number), "type": "reviews.viewgrant"},
            "request": _id("request", number // 2),
            "role": "privacy_officer",
            "subject": subject,
            "v": 1,
        }
    )


class Log:
    """Entries and everything that can be handed out about them."""

    def __init__(
        self, entries: list[bytes], *, key: Ed25519PrivateKey = LOG_KEY, origin: str = ORIGIN
    ) -> None:
        self.entries, self.key, self.origin = entries, key, origin
        self.hashes = tiles.leaf_hashes(entries)
        self._files: dict[int, dict[str, bytes]] = {}

    @classmethod
    def of(cls, size: int) -> Log:
        return cls([entry(number) for number in range(size)])

    def tile_files(self, size: int) -> dict[str, bytes]:
        """The tiles of hashes of the first `size` entries."""
        if size not in self._files:
            edge = tiles.Edge()
            full = edge.add(self.hashes[:size])
            found = {tile.path(): data for tile, data, _root in full}
            self._files[size] = found | {tile.path(): data for tile, data in edge.partial()}
        return self._files[size]

    def tree(self, size: int) -> tiles.Tree:
        found = self.tile_files(size)
        return tiles.Tree(size, lambda tile: found[tile.path()])

    def note(self, size: int | None = None, *, witnesses: bool = True) -> notes.Note:
        """The signed checkpoint over the first entries."""
        size = len(self.entries) if size is None else size
        checkpoint = notes.Checkpoint(self.origin, size, self.tree(size).root())
        note = notes.signed_checkpoint(checkpoint, self.key)
        if not witnesses:
            return note
        return note.with_signatures([notes.cosign(note.text, WITNESS, WITNESS_KEY, NOW + size)])

    def inclusion(self, index: int, extra: bytes | None = None) -> proofs.Inclusion:
        path = self.tree(len(self.entries)).inclusion(index)
        return proofs.Inclusion(index, tuple(path), self.note(), extra)

    def step(self, old: int) -> proofs.Step:
        path = self.tree(len(self.entries)).consistency(old)
        return proofs.Step(old, tuple(path), self.note())

    def export(self, *, index: bool = True) -> dict[str, bytes]:
        """The files of a whole export."""
        size = len(self.entries)
        files = {"checkpoint": self.note().dumps().encode(), "vkey": self.vkey.encode() + b"\n"}
        files["witness/council.vkey"] = WITNESS_VKEY.encode() + b"\n"
        files |= self.tile_files(size)
        rows = person_rows(self.entries, self.hashes)
        for bundle in tiles.bundles_of(size):
            first = bundle.index * tiles.WIDTH
            files[bundle.path()] = tiles.pack(self.entries[first : first + bundle.width])
            if index:
                name = bundle.path().replace("tile/entries", "index")
                files[name] = "".join(rows[first : first + bundle.width]).encode()
        return files

    @property
    def vkey(self) -> str:
        return notes.Vkey.of(self.origin, self.key).text()


def person_rows(entries: list[bytes], hashes: list[bytes]) -> list[str]:
    """The rows that number the entries of each person."""
    seen: dict[str, tuple[int, str]] = {}
    rows = []
    for leaf, found in zip(entries, hashes, strict=True):
        subject = _subject(leaf)
        if subject is None:
            rows.append("-\t-\t-\n")
            continue
        count, before = seen.get(subject, (0, "0" * 64))
        rows.append(f"{subject}\t{count + 1}\t{before}\n")
        seen[subject] = (count + 1, found.hex())
    return rows


def _subject(leaf: bytes) -> str | None:
    found = json.loads(leaf)
    subject = found.get("subject") if isinstance(found, dict) else None
    return None if subject is None else str(subject)


def write(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


class Memory:
    """Files of an export in memory, as the verifier reads them; `changed` lie over them."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.changed: dict[str, bytes | None] = {}

    def read(self, name: str) -> bytes | None:
        return self.changed[name] if name in self.changed else self.files.get(name)

    def names(self) -> list[str]:
        return [name for name in self.files | self.changed if self.read(name) is not None]
