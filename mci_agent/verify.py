#!/usr/bin/env python3
"""`mci-verify`: checks the audit log, its proofs and its receipts without trusting the server that made them.

One file: it needs Python 3.11 and the package `cryptography`, and nothing else of this project, so that
whoever has to trust it can read it whole and run it anywhere. The formats are those of docs/audit-log.md:
C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles and tlog-proof over RFC 6962 trees. It shares
no code with the server: it is a second implementation of them.

Exit codes: 0 proven · 1 altered, the first bad place is named · 2 wrong usage or nothing to read ·
3 too few witnesses · 4 two signed states of the log contradict each other.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import re
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PROVEN, ALTERED, USAGE, FEW_WITNESSES, FORKED = range(5)
WIDTH = 256  # hashes in a full tile, entries in a full bundle
HASH = 32
LARGEST = WIDTH * (2 + 0xFFFF)  # bytes of the largest bundle; no file of a log is larger
LARGEST_NOTE = 1 << 20
EMPTY_ROOT = sha256(b"").digest()
NONE_BEFORE = (0, b"0" * 64)
NOBODY = b',"subject":null,"v":1}'
AHEAD = 64  # bundles that a process reads at a time
LOG_KEY, COSIGNATURE = 1, 4
DASH = "\u2014 "
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_TILE = re.compile(r"(tile/(?:entries|0|[1-9]\d?)|index)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d?\d?))?")


class Bad(Exception):
    """What was found, and where: a file, and the entry, hash or line in it."""

    def __init__(self, fault: str, place: str, *, code: int = ALTERED, **where: int) -> None:
        super().__init__(fault)
        self.fault, self.place, self.code, self.where = fault, place, code, where

    def __str__(self) -> str:
        inside = "".join(f", {name} {number}" for name, number in self.where.items())
        return f"{self.place}{inside}: {self.fault}"


# Keys and signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature)


@dataclass(frozen=True)
class Key:
    """A verifier key: kind 1 signs notes, kind 4 cosigns checkpoints with a time."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    def time_of(self, text: bytes, signature: bytes) -> int | None:
        """The time of a cosignature, None for a plain signature; raises InvalidSignature."""
        key = Ed25519PublicKey.from_public_bytes(self.public)
        if self.kind == LOG_KEY:
            key.verify(signature, text)
            return None
        if len(signature) != 8 + 64:
            raise InvalidSignature
        moment = int.from_bytes(signature[:8], "big")
        key.verify(signature[8:], b"cosignature/v1\ntime %d\n%b" % (moment, text))
        return moment


def parse_key(line: str, place: str) -> Key:
    """A verifier key from its text `name+hex key id+base64(kind || public key)`."""
    name, _, rest = line.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = unbase64(encoded, place)
    expected = sha256(name.encode() + b"\n" + data).digest()[:4].hex()
    if not _is_name(name) or len(data) != 1 + 32 or data[0] not in (LOG_KEY, COSIGNATURE):
        raise Bad("is no Ed25519 verifier key", place)
    if key_id != expected:
        raise Bad(f"the key id of {name} does not belong to its key", place)
    return Key(name, bytes.fromhex(key_id), data[0], data[1:])


def parse_keys(text: str, place: str) -> list[Key]:
    """One key per line."""
    return [parse_key(line, place) for line in text.removesuffix("\n").split("\n")]


def _is_name(name: str) -> bool:
    return name != "" and "+" not in name and not any(one.isspace() for one in name)


def unbase64(text: str, place: str, **where: int) -> bytes:
    """Bytes of standard base64 in its one canonical form."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or base64.b64encode(data).decode() != text:
        raise Bad("holds something that is not base64", place, **where)
    return data


def unhash(text: str, place: str, line: int) -> bytes:
    """One base64 SHA-256 value of a line."""
    data = unbase64(text, place, line=line)
    if len(data) != HASH:
        raise Bad("is not a hash of 32 bytes", place, line=line)
    return data


def number(text: str, place: str, line: int) -> int:
    """A decimal without leading zeros."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text):
        raise Bad("is not a number", place, line=line)
    return int(text)


@dataclass(frozen=True)
class Checkpoint:
    """What a log states: its first `size` entries have this root. `lines` are its signatures, unverified."""

    place: str
    text: bytes
    origin: str
    size: int
    root: bytes
    lines: tuple[tuple[int, str, bytes], ...]


def parse_checkpoint(data: bytes, place: str, first_line: int = 1) -> Checkpoint:
    """Read a signed note that is a checkpoint; `first_line` is where it begins in its file."""
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("is not UTF-8", place) from None
    text, blank, signed = note.rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")[:-1]
    if not blank or not signed.endswith("\n") or len(lines) < 3 or "" in lines:
        raise Bad("is not a signed checkpoint", place)
    if any(one < " " and one != "\n" for one in note):
        raise Bad("holds a control character", place)
    size = number(lines[1], place, first_line + 1)
    root = unhash(lines[2], place, first_line + 2)
    if size == 0 and root != EMPTY_ROOT:
        raise Bad("states a root for no entries", place, line=first_line + 2)
    at = first_line + len(lines) + 1
    found = tuple(_signature(line, place, at + i) for i, line in enumerate(signed.split("\n")[:-1]))
    return Checkpoint(place, text.encode(), lines[0], size, root, found)


def _signature(line: str, place: str, at: int) -> tuple[int, str, bytes]:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not space or not _is_name(name):
        raise Bad("is not a signature line", place, line=at)
    data = unbase64(encoded, place, line=at)
    if len(data) <= 4:
        raise Bad("holds no signature", place, line=at)
    return at, name, data


@dataclass(frozen=True)
class Trust:
    """Whose signatures count: keys of the log, keys of witnesses, and how many of these are needed.

    `closed` refuses signature lines of anybody else, as in an export, which brings all its keys.
    """

    logs: tuple[Key, ...]
    witnesses: tuple[Key, ...] = ()
    needed: int = 0
    closed: bool = False

    def check(self, checkpoint: Checkpoint) -> dict[str, int]:
        """Verify every line of a known key; the witnesses with the times of their cosignatures."""
        signed, times = 0, dict[bytes, tuple[str, int]]()
        for line, key, signature in self._known(checkpoint):
            try:
                moment = key.time_of(checkpoint.text, signature)
            except (InvalidSignature, ValueError):
                fault = f"the signature of {key.name} does not belong to this checkpoint"
                raise Bad(fault, checkpoint.place, line=line) from None
            if moment is None:
                signed += 1
            else:
                times[key.public] = (key.name, moment)
        if not signed:
            raise Bad(f"no known key of {checkpoint.origin} has signed it", checkpoint.place)
        if len(times) < self.needed:
            fault = f"{len(times)} witnesses have cosigned it, {self.needed} are needed"
            raise Bad(fault, checkpoint.place, code=FEW_WITNESSES)
        return dict(times.values())

    def _known(self, checkpoint: Checkpoint) -> Iterator[tuple[int, Key, bytes]]:
        """The signatures of known keys with their lines, each key once."""
        keys = {(key.name, key.key_id): key for key in self._keys(checkpoint.origin)}
        seen = set()
        for line, name, data in checkpoint.lines:
            known = (name, data[:4])
            if known in seen:
                raise Bad(f"{name} has signed it in a line above already", checkpoint.place, line=line)
            if known not in keys and self.closed:
                raise Bad(f"nobody here has a key of {name}", checkpoint.place, line=line)
            seen.add(known)
            if known in keys:
                yield line, keys[known], data[4:]

    def _keys(self, origin: str) -> list[Key]:
        """A log signs under its origin; a witness is somebody else than the log."""
        logs = [key for key in self.logs if key.kind == LOG_KEY and key.name == origin]
        own = {key.public for key in self.logs}
        return logs + [key for key in self.witnesses if key.kind == COSIGNATURE and key.public not in own]


# Merkle trees (RFC 6962 2.1; verification as in RFC 9162 2.1.3.2 and 2.1.4.2)


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes."""
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


def cut(row: bytes) -> list[bytes]:
    """Joined hashes, one by one."""
    return [row[at : at + HASH] for at in range(0, len(row), HASH)]


def peaks(row: bytes) -> list[bytes]:
    """Roots of the perfect subtrees over joined hashes, the largest first."""
    found = []
    bit = 1 << (len(row) // HASH).bit_length()
    while row:
        bit >>= 1
        if len(row) // HASH >= bit:
            found.append(perfect_root(cut(row[: bit * HASH])))
            row = row[bit * HASH :]
    return found


def folded(roots: Sequence[bytes]) -> bytes:
    """The root over subtrees that stand from the largest to the smallest."""
    if not roots:
        return EMPTY_ROOT
    current = roots[-1]
    for root in reversed(roots[:-1]):
        current = node(root, current)
    return current


def climb(index: int, last: int, first: bytes, path: Iterable[bytes]) -> tuple[bytes, bytes] | None:
    """The roots that a path leads to in the older and the newer tree; None where its length is wrong."""
    old = new = first
    for sibling in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            old, new = node(sibling, old), node(sibling, new)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = node(new, sibling)
        index, last = index >> 1, last >> 1
    return None if last else (old, new)


def is_included(leaf: bytes, index: int, checkpoint: Checkpoint, path: Sequence[bytes]) -> bool:
    """Whether `path` leads from a leaf hash at `index` to the root of the checkpoint."""
    if index >= checkpoint.size:
        return False
    reached = climb(index, checkpoint.size - 1, leaf, path)
    return reached is not None and reached[1] == checkpoint.root


def is_continued(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> bool:
    """Whether `path` shows that the newer tree only adds to the older one."""
    if old.size in (0, new.size):
        return not path and (old.size == 0 or old.root == new.root)
    if old.size > new.size:
        return False
    nodes = [old.root, *path] if old.size & (old.size - 1) == 0 else list(path)
    if not nodes:
        return False
    index, last = old.size - 1, new.size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    return climb(index, last, nodes[0], nodes[1:]) == (old.root, new.root)


# An export: a folder or a .zip


class Source(Protocol):
    """Where the files of an export come from."""

    def read(self, name: str) -> bytes | None: ...

    def names(self) -> Iterable[str]: ...


class Folder:
    """An export as a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._prefix = f"{path}{os.sep}"

    def read(self, name: str) -> bytes | None:
        # A log has two small files for 256 entries: the plain calls cost a third of open().
        try:
            descriptor = os.open(self._prefix + name, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError:
            return None
        try:
            size = os.fstat(descriptor).st_size
            if size > LARGEST:
                raise Bad("is larger than a file of a log can be", name)
            return os.read(descriptor, size + 1)
        except IsADirectoryError:
            return None
        finally:
            os.close(descriptor)

    def names(self) -> Iterator[str]:
        for folder, _, files in os.walk(self.path):
            inside = folder[len(self._prefix) :].replace(os.sep, "/")
            yield from (f"{inside}/{name}" if inside else name for name in files)


class Archive:
    """An export as a .zip; a damaged member is told from a missing one."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile):
            raise Bad("is neither a folder nor a .zip", str(path), code=USAGE) from None
        self._members = {one.filename: one for one in self._archive.infolist() if not one.is_dir()}
        if len(self._members) != sum(not one.is_dir() for one in self._archive.infolist()):
            raise Bad("holds two files of one name", str(path))

    def read(self, name: str) -> bytes | None:
        member = self._members.get(name)
        if member is None:
            return None
        if member.file_size > LARGEST:
            raise Bad("is larger than a file of a log can be", name)
        try:
            with self._archive.open(member) as stream:
                return stream.read(LARGEST)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
            raise Bad("is damaged in the .zip", name) from None

    def names(self) -> Iterator[str]:
        yield from self._members


def opened(path: Path) -> Source:
    return Folder(path) if path.is_dir() else Archive(path)


def tile_name(folder: str, index: int, width: int) -> str:
    """`tile/0`, 1234067, 256 is `tile/0/x001/x234/067`; a narrower tile ends with `.p/<width>`."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    return f"{folder}/{'/'.join(parts)}" + (f".p/{width}" if width < WIDTH else "")


def width_at(size: int, level: int, index: int) -> int:
    """How many hashes tile `index` of a level holds in a log of `size` entries; 0 or less: there is none."""
    return min(WIDTH, (size >> 8 * level) - index * WIDTH)


class Progress:
    """A bar on a terminal, nothing elsewhere."""

    def __init__(self, total: int, shown: bool) -> None:
        self.total, self.shown, self._next = total, shown and total > 0, 0.0

    def at(self, done: int) -> None:
        if not self.shown or (time.monotonic() < self._next and done < self.total):
            return
        self._next = time.monotonic() + 0.1
        filled = 40 * done // self.total
        end = "\n" if done >= self.total else ""
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done:,} of {self.total:,} entries{end}")
        sys.stderr.flush()


def leaf_hashes(bundle: bytes, width: int) -> tuple[list[bytes], str]:
    """Leaf hashes of a bundle of `width` entries, and what is wrong with the bundle after them."""
    entries: list[bytes] = []
    add, at, fault = entries.append, 0, ""
    try:
        for _ in range(width):
            start = at + 2
            at = start + (bundle[at] << 8) + bundle[at + 1]
            add(bundle[start:at])
    except IndexError:
        fault = "the file ends before this entry"
    if at > len(bundle):
        entries.pop()
        fault = "the file ends inside this entry"
    elif at < len(bundle):
        fault = fault or "more follows after the last entry"
    return [sha256(b"\x00" + entry).digest() for entry in entries], fault


def sound_roots(path: Path, first: int, last: int) -> list[bytes]:
    """Roots of the full bundles from `first` up to `last`, as far as entries and tiles agree."""
    found = []
    try:
        source = opened(path)
        for index in range(first, last):
            hashes, fault = leaf_hashes(source.read(tile_name("tile/entries", index, WIDTH)) or b"", WIDTH)
            if fault or b"".join(hashes) != source.read(tile_name("tile/0", index, WIDTH)):
                break
            found.append(perfect_root(hashes))
    except Bad:
        pass  # whoever reads this place again says what is wrong there
    return found


def roots_ahead(path: Path, full: int, jobs: int) -> Iterator[bytes | None]:
    """For each bundle its root where another process found it sound, None where it is still to be read."""
    if jobs > 1 and full > AHEAD:
        with ProcessPoolExecutor(jobs) as pool:
            starts = range(0, full, AHEAD)
            ends = [min(start + AHEAD, full) for start in starts]
            for start, end, found in zip(
                starts, ends, pool.map(sound_roots, repeat(path), starts, ends), strict=True
            ):
                yield from found
                yield from repeat(None, end - start - len(found))
    yield from repeat(None)


def subject_of(leaf: bytes) -> bytes | None:
    """Whom an entry is about, read from any JSON."""
    try:
        found = json.loads(leaf)
    except (ValueError, RecursionError):
        return None
    subject = found.get("subject") if isinstance(found, dict) else None
    return subject.encode("utf-8", "replace") if isinstance(subject, str) else None


class WholeLog:
    """Reads every file of an export, from the first entry to the last, and keeps one tile of each level.

    All is computed from the entries. The tiles that come along are used to say where the first difference is:
    a tile of leaf hashes that has the hash its parent states is right, so the entry that differs is wrong.
    """

    def __init__(self, source: Source, checkpoint: Checkpoint, since: int = 0) -> None:
        self.source, self.checkpoint, self.since = source, checkpoint, since
        self.size = checkpoint.size
        self.levels: list[bytes] = [b""] * 10
        self.older_root = EMPTY_ROOT
        self.doubt: Bad | None = None  # a tile that may be wrong: the root decides
        self.parents = b""
        self.subjects: dict[bytes, tuple[int, bytes]] = {}
        self.has_index = any(name.startswith("index/") for name in source.names())

    def run(self, progress: Progress, ahead: Iterable[bytes | None] = repeat(None)) -> None:
        """Raise Bad at the first place that differs from what the checkpoint states."""
        try:
            for index, known in zip(range(-(-self.size // WIDTH)), ahead, strict=False):
                self.take(index, known)
                progress.at(min(self.size, (index + 1) * WIDTH))
        except Bad as bad:
            raise self.doubt or bad from None
        if self.since == self.size:
            self.older_root = self._root(self.levels[0])
        self._close()
        self._leftovers()

    def take(self, index: int, root: bytes | None = None) -> None:
        """Check one bundle and what belongs to it; a root says that it agrees with its tile."""
        width = width_at(self.size, 0, index)
        if index % WIDTH == 0:
            self.parents = self._stored(1, index // WIDTH)
        if root is None or self.since // WIDTH == index:
            hashes = self._bundle(index, width)
            row = b"".join(hashes)
            if self.since // WIDTH == index:
                self.older_root = folded([*self._upper(), *peaks(row[: self.since % WIDTH * HASH])])
            root = perfect_root(hashes) if width == WIDTH else None
        else:
            row = self._stored(0, index)
        if self.has_index:
            self._subjects(index, width, row)
        if root is None:
            self.levels[0] = row
        else:
            self._push(1, index, root)

    def _upper(self) -> list[bytes]:
        return [peak for row in reversed(self.levels[1:]) for peak in peaks(row)]

    def _root(self, last_row: bytes) -> bytes:
        return folded([*self._upper(), *peaks(last_row)])

    def _stored(self, level: int, index: int) -> bytes:
        width = width_at(self.size, level, index)
        return (self.source.read(tile_name(f"tile/{level}", index, width)) or b"") if width > 0 else b""

    def _bundle(self, index: int, width: int) -> list[bytes]:
        """Leaf hashes of a bundle that agrees with its tile."""
        name = tile_name("tile/entries", index, width)
        bundle = self.source.read(name)
        if bundle is None:
            raise Bad("is missing", name, entry=index * WIDTH)
        hashes, fault = leaf_hashes(bundle, width)
        row = b"".join(hashes)
        stored = self._stored(0, index)
        if fault or row != stored:
            self._differs(index, width, row, stored, fault)
        return hashes

    def _differs(self, index: int, width: int, row: bytes, stored: bytes, fault: str) -> None:
        """Say whether the entry or the hash in the tile is wrong, by what stands above them."""
        complete = len(stored) == width * HASH
        sure = complete and self._is_right(index, width, stored)
        if not sure and not fault and self._is_right(index, width, row):
            self._suspect(0, index, row, stored)
            return
        at = _first_difference(row, stored) if complete else len(row) // HASH
        words = "is not the entry that was logged here" if sure else "and its hash in the tile differ"
        if at >= len(row) // HASH:
            words = fault or words
        raise Bad(words, tile_name("tile/entries", index, width), entry=index * WIDTH + min(at, width - 1))

    def _is_right(self, index: int, width: int, row: bytes) -> bool:
        """Whether leaf hashes have the root that the tile above (or, for the last ones, the log) states."""
        if width < WIDTH:
            return self._root(row) == self.checkpoint.root
        at = index % WIDTH * HASH
        return perfect_root(cut(row)) == self.parents[at : at + HASH]

    def _push(self, level: int, index: int, root: bytes) -> None:
        """Put a root into its level; `index` is its place there."""
        self.levels[level] += root
        if index % WIDTH == WIDTH - 1:
            row, self.levels[level] = self.levels[level], b""
            self._compare(level, index // WIDTH, row)
            self._push(level + 1, index // WIDTH, perfect_root(cut(row)))

    def _compare(self, level: int, index: int, row: bytes) -> None:
        stored = self._stored(level, index)
        if row != stored:
            self._suspect(level, index, row, stored)

    def _suspect(self, level: int, index: int, row: bytes, stored: bytes) -> None:
        name = tile_name(f"tile/{level}", index, len(row) // HASH)
        if self.doubt is not None:
            return
        if self.source.read(name) is None:
            self.doubt = Bad("is missing", name)
            return
        at = _first_difference(row, stored)
        span = WIDTH**level
        first = (index * WIDTH + at) * span
        fault = (
            f"is not the hash of entry {first}" if span == 1 else f"is not the hash of entries {first} to "
        )
        self.doubt = Bad(fault + (str(first + span - 1) if span > 1 else ""), name, hash=at)

    def _close(self) -> None:
        """Compare the last tiles and the root."""
        for level in range(1, len(self.levels)):
            if self.levels[level]:
                self._compare(level, (self.size >> 8 * level) // WIDTH, self.levels[level])
        if self._root(self.levels[0]) != self.checkpoint.root:
            fault = "the entries and their tiles agree, but do not have the root that was signed"
            if self.doubt is not None:
                fault = f"the entries do not have the root that was signed; first difference: {self.doubt}"
            raise Bad(fault, self.doubt.place if self.doubt else "tile/entries")
        if self.doubt is not None:
            raise self.doubt

    def _subjects(self, index: int, width: int, row: bytes) -> None:
        """Compare the rows that number the entries of each person."""
        name = tile_name("index", index, width)
        stored = self.source.read(name)
        if stored is None:
            raise Bad("is missing", name)
        bundle = self.source.read(tile_name("tile/entries", index, width)) or b""
        rows = self._rows(bundle, row.hex().encode())
        if stored != b"".join(rows):
            raise self._other_row(index, width, rows, stored)

    def _other_row(self, index: int, width: int, rows: list[bytes], stored: bytes) -> Bad:
        given = stored.splitlines(keepends=True)
        line = next((i for i, (a, b) in enumerate(zip(rows, given, strict=False)) if a != b), len(given))
        entry = index * WIDTH + min(line, width - 1)
        name = tile_name("index", index, width)
        return Bad("is not the row of this entry", name, entry=entry, line=line + 1)

    def _rows(self, bundle: bytes, digits: bytes) -> list[bytes]:
        """The rows of a bundle that has been checked; `digits` are its leaf hashes in hexadecimal."""
        rows, seen, hashed, at = [], self.subjects, 0, 0
        while at < len(bundle):
            start = at + 2
            at = start + (bundle[start - 2] << 8) + bundle[start - 1]
            # Canonical JSON has its last two members at the same distance from its end.
            head, tail = bundle[at - 56 : at - 44], bundle[at - 8 : at]
            if head == b',"subject":"' and tail == b'","v":1}' and at - start >= 56:
                subject: bytes | None = bundle[at - 44 : at - 8]
            elif bundle[at - 22 : at] == NOBODY and at - start >= 22:
                subject = None
            else:
                subject = subject_of(bundle[start:at])
            if subject is None:
                rows.append(b"-\t-\t-\n")
            else:
                count, before = seen.get(subject, NONE_BEFORE)
                rows.append(b"%b\t%d\t%b\n" % (subject, count + 1, before))
                seen[subject] = (count + 1, digits[hashed : hashed + 2 * HASH])
            hashed += 2 * HASH
        return rows

    def _leftovers(self) -> None:
        """Nothing else may lie in the folders of the log; narrower tiles of earlier sizes have to agree."""
        for name in sorted(self.source.names()):
            if not name.startswith(("tile/", "index/")):
                continue
            found = _TILE.fullmatch(name)
            if found is None:
                raise Bad("does not belong into a log", name)
            folder, width = found[1], int(found[3] or WIDTH)
            index = int(re.sub("[x/]", "", found[2]))
            level = int(folder[5:]) if folder[5:].isdigit() else 0
            here = width_at(self.size, level, index)
            if width > here or tile_name(folder, index, width) != name:
                raise Bad("does not belong into a log of this size", name)
            if width == here:
                continue
            whole = self.source.read(tile_name(folder, index, here)) or b""
            if self.source.read(name) != _beginning(folder, whole, width):
                raise Bad("differs from the wider tile of this place", name)


def _beginning(folder: str, whole: bytes, width: int) -> bytes:
    """The narrower tile, bundle or index that a file of this folder began as."""
    if folder == "index":
        return b"".join(whole.splitlines(keepends=True)[:width])
    if folder != "tile/entries":
        return whole[: width * HASH]
    at = 0
    for _ in range(width):
        at += 2 + (whole[at] << 8) + whole[at + 1]
    return whole[:at]


def _first_difference(row: bytes, stored: bytes) -> int:
    """Index of the first hash that differs; the length of the shorter one if none does."""
    shared = min(len(row), len(stored)) // HASH
    places = range(0, shared * HASH, HASH)
    return next((at // HASH for at in places if row[at : at + HASH] != stored[at : at + HASH]), shared)


# Proofs and receipts (C2SP tlog-proof)


@dataclass(frozen=True)
class Proof:
    """That an entry stands at `index` of a log; `extra` is what its author put beside it, unproven."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    extra: bytes


def parse_proof(data: bytes, place: str) -> Proof:
    """Read a tlog-proof."""
    head, blank, note = data.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    if not blank or lines[0] != PROOF_HEADER:
        raise Bad("is no tlog-proof of version 1", place, line=1)
    at, extra = 1, b""
    if at < len(lines) and lines[at].startswith("extra "):
        extra = unbase64(lines[at].removeprefix("extra "), place, line=at + 1)
        at += 1
    if at >= len(lines) or not lines[at].startswith("index "):
        raise Bad("names no index", place, line=at + 1)
    index = number(lines[at].removeprefix("index "), place, at + 1)
    path = tuple(unhash(line, place, at + 2 + i) for i, line in enumerate(lines[at + 1 :]))
    return Proof(index, path, parse_checkpoint(note, place, len(lines) + 2), extra)


def parse_step(data: bytes, place: str) -> tuple[int, tuple[bytes, ...], Checkpoint]:
    """Read a consistency step: `old <size>`, hashes, a blank line, the newer checkpoint."""
    head, _, note = data.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    old = number(lines[0].removeprefix("old "), place, 1)
    path = tuple(unhash(line, place, 2 + i) for i, line in enumerate(lines[1:]))
    return old, path, parse_checkpoint(note, place, len(lines) + 2)


def parse_receipt(data: bytes, place: str) -> tuple[bytes, dict[str, Any], Proof]:
    """The entry, the certificate whose hash the entry states, and the proof of the entry."""
    try:
        certificate = json.loads(data)
        leaf, proof = certificate.pop("entry").encode(), certificate.pop("proof", None)
        stated = json.loads(leaf)
        facts, action = dict(stated["facts"]), str(stated["action"])
        for name in ("kid", "signature"):
            # The server's own signature says who handed it out; the log says more.
            certificate.pop(name, None)
        digest = sha256(canonical(certificate)).hexdigest()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Bad("is no receipt", place) from None
    if not action.startswith("privacy_requests.") or facts.get("certificate") != digest:
        raise Bad("what it certifies is not what its entry states", place)
    if not isinstance(proof, str):
        raise Bad("has no proof yet: the log had not signed its entry when it was handed out", place)
    return leaf, certificate, parse_proof(proof.encode("utf-8", "replace"), place)


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a value of the kinds that certificates hold: no fractions, names in ASCII."""

    def refuse(inside: Any) -> None:
        if isinstance(inside, float) or (isinstance(inside, dict) and not all(map(str.isascii, inside))):
            raise ValueError
        for one in (
            inside.values() if isinstance(inside, dict) else inside if isinstance(inside, list) else ()
        ):
            refuse(one)

    refuse(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# The command


def read_file(path: Path) -> bytes:
    """A small file."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_NOTE + 1)
    except OSError:
        raise Bad("cannot be read", str(path), code=USAGE) from None
    if len(data) > LARGEST_NOTE:
        raise Bad("is larger than anything of this kind", str(path))
    return data


def given_keys(values: Sequence[str]) -> tuple[Key, ...]:
    """Keys from the command line: each a verifier key, or a file with one per line."""
    found: list[Key] = []
    for value in values:
        if Path(value).is_file():
            found += parse_keys(read_file(Path(value)).decode("utf-8", "replace"), value)
        else:
            found.append(parse_key(value, value))
    return tuple(found)


def keys_in(source: Source, names: Iterable[str]) -> tuple[Key, ...]:
    """Keys from files of an export."""
    found: list[Key] = []
    for name in names:
        found += parse_keys((source.read(name) or b"").decode("utf-8", "replace"), name)
    return tuple(found)


def trust_of(arguments: argparse.Namespace, source: Source | None = None) -> Trust:
    """Keys from the command line; where it names none, those that lie in the export."""
    logs, witnesses = given_keys(arguments.vkey), given_keys(arguments.witness)
    if source is None:
        if not logs:
            raise Bad("is needed: whose signature counts?", "--vkey", code=USAGE)
        return Trust(logs, witnesses, arguments.witnesses)
    beside = sorted(name for name in source.names() if re.fullmatch(r"witness/.+\.vkey", name))
    if source.read("vkey") is None and not logs:
        raise Bad("is missing", "vkey")
    # A key that was given counts alone; the others only say whose the further signature lines are.
    closed = not logs and not witnesses
    return Trust(
        logs or keys_in(source, ["vkey"]), witnesses or keys_in(source, beside), arguments.witnesses, closed
    )


def checkpoint_of(source: Source) -> Checkpoint:
    data = source.read("checkpoint")
    if data is None:
        raise Bad("is missing", "checkpoint")
    return parse_checkpoint(data, "checkpoint")


def state_of(path: Path) -> Checkpoint:
    """The checkpoint of a file or of an export."""
    if path.is_dir() or zipfile.is_zipfile(path):
        return checkpoint_of(opened(path))
    return parse_checkpoint(read_file(path), str(path))


def whole_log(arguments: argparse.Namespace, path: Path, older: Checkpoint | None) -> dict[str, Any]:
    """Check an export from its first entry to its last, and that it goes on from an older state."""
    source = opened(path)
    trust, checkpoint = trust_of(arguments, source), checkpoint_of(source)
    times = trust.check(checkpoint)
    if older is not None:
        Trust(trust.logs, trust.witnesses).check(older)
        if older.origin != checkpoint.origin:
            raise Bad("is of another log", older.place)
        if older.size > checkpoint.size:
            fault = f"{older.size} entries were signed before, there are {checkpoint.size} now"
            raise Bad(fault, checkpoint.place, code=FORKED)
    shown = sys.stderr.isatty() and not arguments.json and not arguments.quiet
    check = WholeLog(source, checkpoint, older.size if older else 0)
    check.run(Progress(checkpoint.size, shown), roots_ahead(path, checkpoint.size // WIDTH, arguments.jobs))
    if older is not None and check.older_root != older.root:
        fault = f"its first {older.size} entries are not those that {older.place} states"
        raise Bad(fault, checkpoint.place, code=FORKED)
    proven = proven_state(checkpoint, times)
    if not arguments.vkey:
        proven["pin"] = [line for line in (source.read("vkey") or b"").decode().splitlines() if line]
    return proven | ({} if older is None else {"older": older.size})


def step(arguments: argparse.Namespace) -> dict[str, Any]:
    """Check that a newer state goes on from an older one."""
    older = state_of(arguments.old)
    if arguments.new.is_dir() or zipfile.is_zipfile(arguments.new):
        return whole_log(arguments, arguments.new, older)
    place = str(arguments.new)
    size, path, newer = parse_step(read_file(arguments.new), place)
    trust = trust_of(arguments)
    times = trust.check(newer)
    Trust(trust.logs, trust.witnesses).check(older)
    if older.origin != newer.origin:
        raise Bad("is of another log", older.place)
    if size != older.size:
        raise Bad(f"is a step from {size} entries, not from {older.size}", place, line=1)
    if not is_continued(older, newer, path):
        code = FORKED if older.size == newer.size else ALTERED
        raise Bad("the newer state is not shown to go on from the older one", place, code=code)
    return proven_state(newer, times) | {"older": older.size}


def inclusion(arguments: argparse.Namespace) -> dict[str, Any]:
    """Check that an entry stands in a log."""
    proof = parse_proof(read_file(arguments.file), str(arguments.file))
    return _included(arguments, proof, read_file(arguments.leaf))


def receipt(arguments: argparse.Namespace) -> dict[str, Any]:
    """Check an erasure receipt: its certificate is the one that the log states."""
    leaf, certificate, proof = parse_receipt(read_file(arguments.file), str(arguments.file))
    return _included(arguments, proof, leaf) | {"certificate": certificate}


def _included(arguments: argparse.Namespace, proof: Proof, leaf: bytes) -> dict[str, Any]:
    times = trust_of(arguments).check(proof.checkpoint)
    if not is_included(leaf_hash(leaf), proof.index, proof.checkpoint, proof.path):
        raise Bad("the proof does not lead from this entry to the signed root", proof.checkpoint.place)
    return proven_state(proof.checkpoint, times) | {"index": proof.index}


def proven_state(checkpoint: Checkpoint, times: dict[str, int]) -> dict[str, Any]:
    """What has been proven about a log."""
    witnesses = [{"name": name, "time": moment} for name, moment in sorted(times.items())]
    root = checkpoint.root.hex()
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": root, "witnesses": witnesses}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="mci-verify",
        description="Checks an audit log without trusting the server that wrote it.",
        epilog="Exit codes: 0 proven, 1 altered, 2 wrong usage, 3 too few witnesses, 4 states contradict.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--vkey", action="append", default=[], metavar="KEY", help="key of the log, or a file"
    )
    shared.add_argument("--witness", action="append", default=[], metavar="KEY", help="key of a witness")
    shared.add_argument("--witnesses", type=int, default=0, metavar="N", help="at least N witnesses")
    shared.add_argument("--json", action="store_true", help="one JSON object instead of words")
    cores = os.cpu_count() or 1
    shared.add_argument("--jobs", type=int, default=cores, metavar="N", help=f"processes (here {cores})")
    shared.add_argument("--quiet", action="store_true", help="no progress bar")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    log = verbs.add_parser("log", parents=[shared], help="a whole export, a folder or a .zip")
    log.add_argument("export", type=Path, metavar="EXPORT")
    log.add_argument("--since", type=Path, metavar="OLD", help="an older checkpoint or export to go on from")
    between = verbs.add_parser("consistency", parents=[shared], help="that a log has only grown")
    between.add_argument("old", type=Path, metavar="OLD", help="checkpoint or export")
    between.add_argument("new", type=Path, metavar="NEW", help="export, or a consistency step")
    one = verbs.add_parser("proof", parents=[shared], help="that an entry stands in a log")
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--leaf", type=Path, required=True, metavar="FILE", help="the entry, byte for byte")
    last = verbs.add_parser("receipt", parents=[shared], help="an erasure receipt")
    last.add_argument("file", type=Path, metavar="FILE")
    return top


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Carry out one command; what is proven."""
    if arguments.verb == "log":
        older = None if arguments.since is None else state_of(arguments.since)
        return whole_log(arguments, arguments.export, older)
    verbs: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
        "consistency": step,
        "proof": inclusion,
        "receipt": receipt,
    }
    return verbs[arguments.verb](arguments)


def words(proven: dict[str, Any]) -> Iterator[str]:
    """What is proven, for people."""
    yield f"Proven: {proven['origin']} has {proven['size']:,} entries with the root {proven['root']}."
    if "older" in proven:
        yield f"Its first {proven['older']:,} entries are those of the older state."
    if "index" in proven:
        yield f"The entry stands at index {proven['index']}."
    for one in proven["witnesses"]:
        yield f"Seen by {one['name']} at {_moment(one['time'])}."
    if not proven["witnesses"]:
        yield "No witness has been checked: the log could show others another state."
    for line in proven.get("pin", []):
        yield f"The key came with the export. Compare it with one you hold, or pass it with --vkey: {line}"
    if "certificate" in proven:
        yield json.dumps(proven["certificate"], indent=2, ensure_ascii=False, sort_keys=True)


def _moment(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"Unix time {seconds}"


def plain(text: str) -> str:
    """What comes from a file must not move the cursor over what was said before."""
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    arguments = parser().parse_args(argv)
    try:
        proven = run(arguments)
    except Bad as bad:
        if arguments.json:
            told = {"ok": False, "exit": bad.code, "file": bad.place, **bad.where, "fault": bad.fault}
            sys.stdout.write(json.dumps(told) + "\n")
        else:
            sys.stderr.write(plain(f"Not proven. {bad}") + "\n")
        return bad.code
    if arguments.json:
        sys.stdout.write(json.dumps({"ok": True, "exit": PROVEN, **proven}) + "\n")
    else:
        sys.stdout.write("".join(plain(line) + "\n" for line in words(proven)))
    return PROVEN


if __name__ == "__main__":
    sys.exit(main())
