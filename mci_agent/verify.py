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
import binascii
import marshal
import os
import re
import sys
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# What a plain check does not need (json, zipfile, datetime) is imported where it is needed: starting up is a
# third of the time that 100,000 entries take.

PROVEN, ALTERED, USAGE, FEW_WITNESSES, FORKED = range(5)
WIDTH = 256  # hashes in a full tile, entries in a full bundle
HASH = 32
LARGEST = WIDTH * (2 + 0xFFFF)  # bytes of the largest bundle; no file of a log is larger
LARGEST_NOTE = 1 << 20
MOST_KEYS = 1000  # that one log may have had; each is compared with all others
EMPTY_ROOT = sha256(b"").digest()
NONE_BEFORE = (0, b"0" * 64)
NOBODY = b',"subject":null,"v":1}'
SUBJECT, AFTER_SUBJECT = b',"subject":"', b'","v":1}'
NO_ROW = b"-\t-\t-\n"
AT_ONCE = (1 << 17) - 256  # bytes of a file that are read in one call; more than most bundles have
SHORTEST, LONGEST = 64, 1024  # bundles that a process checks at a time
KEY_ENTRY = b'_log_key","actor":'  # what entries about keys of the log hold, in canonical JSON
KEY_REPLACED, KEY_ENDED = "audits.replace_log_key", "audits.end_log_key"
BESIDE_CERTIFICATE = ("entry", "kid", "proof", "signature")
LOG_KEY, COSIGNATURE = 1, 4
DASH = "\u2014 "
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_TILE = re.compile(r"(tile/(?:entries|0|[1-9]\d?)|index)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d?\d?))?")


Place = str | os.PathLike[str]  # of a file or a folder


class Bad(Exception):
    """What was found, and where: a file, and the entry, hash or line in it."""

    def __init__(self, fault: str, place: str, *, code: int = ALTERED, **where: int) -> None:
        super().__init__(fault)
        self.fault, self.place, self.code, self.where = fault, place, code, where

    def __str__(self) -> str:
        inside = "".join(f", {name} {number}" for name, number in self.where.items())
        return f"{self.place}{inside}: {self.fault}"


# Keys and signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature)


class Key(NamedTuple):
    """A verifier key: kind 1 signs notes, kind 4 cosigns checkpoints with a time."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    @property
    def text(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64(bytes([self.kind]) + self.public)}"

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
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        data = b""
    if not data or base64(data) != text:
        raise Bad("holds something that is not base64", place, **where)
    return data


def base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


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


class Checkpoint(NamedTuple):
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


class Signed(NamedTuple):
    """Whose signatures a checkpoint bears: keys of the log, and witnesses with the times they state."""

    keys: tuple[Key, ...]
    times: dict[str, int]


class Trust(NamedTuple):
    """Whose signatures count: keys of the log, keys of witnesses, and how many of these are needed.

    `closed` refuses signature lines of anybody else, as in an export, which brings all its keys.
    """

    logs: tuple[Key, ...]
    witnesses: tuple[Key, ...] = ()
    needed: int = 0
    closed: bool = False

    def check(self, checkpoint: Checkpoint) -> Signed:
        """Verify every line of a known key; whose they are."""
        signed, times = list[Key](), dict[bytes, tuple[str, int]]()
        for line, key, signature in self._known(checkpoint):
            try:
                moment = key.time_of(checkpoint.text, signature)
            except (InvalidSignature, ValueError):
                fault = f"the signature of {key.name} does not belong to this checkpoint"
                raise Bad(fault, checkpoint.place, line=line) from None
            if moment is None:
                signed.append(key)
            else:
                times[key.public] = (key.name, moment)
        if not signed:
            whose = ", ".join(f"{name}+{data[:4].hex()}" for _line, name, data in checkpoint.lines)
            fault = f"no key of {checkpoint.origin} that was given has signed it, its lines are of {whose}"
            raise Bad(fault, checkpoint.place)
        if len(times) < self.needed:
            fault = f"{len(times)} witnesses have cosigned it, {self.needed} are needed"
            raise Bad(fault, checkpoint.place, code=FEW_WITNESSES)
        return Signed(tuple(signed), dict(times.values()))

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


# A state that has read the first byte already is copied faster than a hash is begun anew.
LEAF, NODE = sha256(b"\x00"), sha256(b"\x01")


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes."""
    while len(hashes) > 1:
        row, hashes = hashes, []
        for left, right in zip(row[::2], row[1::2], strict=True):
            state = NODE.copy()
            state.update(left + right)
            hashes.append(state.digest())
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

    def __init__(self, path: Place) -> None:
        self._path = os.fspath(path)
        self._prefix = f"{self._path}{os.sep}"
        self._names: list[str] = []

    def read(self, name: str) -> bytes | None:
        # A log has three small files for 256 entries: the plain calls cost a third of open().
        try:
            descriptor = os.open(self._prefix + name, READ_ONLY)
        except OSError:
            return None
        try:
            data = os.read(descriptor, AT_ONCE)
            if len(data) == AT_ONCE:
                data += os.read(descriptor, LARGEST)
        except (IsADirectoryError, BlockingIOError):
            return None
        finally:
            os.close(descriptor)
        if len(data) > LARGEST:
            raise Bad("is larger than a file of a log can be", name)
        return data

    def names(self) -> Iterable[str]:
        if not self._names:
            for folder, _, files in os.walk(self._path):
                inside = folder[len(self._prefix) :].replace(os.sep, "/")
                self._names += [f"{inside}/{name}" for name in files] if inside else files
        return self._names


# A pipe in the place of a file has nothing to read, and nobody waits for its other end.
READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
DAMAGE = (OSError, ValueError, NotImplementedError, RuntimeError, EOFError)


class Archive:
    """An export as a .zip; a damaged member is told from a missing one."""

    def __init__(self, path: Place) -> None:
        import zipfile
        import zlib

        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile):
            fault = "is neither a folder nor a whole .zip" if os.path.exists(path) else "does not exist"
            raise Bad(fault, str(path), code=USAGE) from None
        self._damage = (zipfile.BadZipFile, zlib.error, *DAMAGE)
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
        except self._damage:
            raise Bad("is damaged in the .zip", name) from None

    def names(self) -> Iterator[str]:
        yield from self._members


def opened(path: Place) -> Source:
    return Folder(path) if os.path.isdir(path) else Archive(path)


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


def entries_of(bundle: bytes, width: int) -> tuple[list[bytes], str]:
    """The entries of a bundle of `width`, and what is wrong with the bundle after them."""
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
    return entries, fault


def leaf_hashes(bundle: bytes, width: int) -> tuple[list[bytes], str]:
    """Leaf hashes of a bundle of `width` entries, and what is wrong with the bundle after them."""
    entries, fault = entries_of(bundle, width)
    return hashed(entries), fault


def hashed(entries: list[bytes]) -> list[bytes]:
    """Leaf hashes of entries."""
    hashes = []
    for entry in entries:
        state = LEAF.copy()
        state.update(entry)
        hashes.append(state.digest())
    return hashes


def key_entries(bundle: bytes, index: int) -> list[tuple[int, bytes]]:
    """The entries of a bundle that may be about keys of the log, with their places in the log."""
    if KEY_ENTRY not in bundle:
        return []
    entries = enumerate(entries_of(bundle, WIDTH)[0], index * WIDTH)
    return [(place, entry) for place, entry in entries if KEY_ENTRY in entry]


# Full bundles at full speed, in more than one process. Whatever is not sound is read again, slowly: WholeLog


class Wanted(NamedTuple):
    """What is checked besides the hashes: rows of the index, and entries about keys of the log."""

    rows: bool
    keys: bool


class Part(NamedTuple):
    """What a stretch of sound bundles comes to.

    Its rows say how many entries each person had before it, and the hash of the last one. That is believed
    here, compared with what the stretches before it came to (`before`), and handed on (`after`).
    """

    roots: list[bytes]
    before: dict[bytes, tuple[int, bytes]]
    after: dict[bytes, tuple[int, bytes]]
    keys: list[tuple[int, bytes]]


def sound_part(source: Source, first: int, last: int, wanted: Wanted) -> Part | None:
    """The full bundles from `first` up to `last`; None where entries, tiles and index do not agree."""
    roots, people, keys = list[bytes](), People(), list[tuple[int, bytes]]()
    try:
        for index in range(first, last):
            bundle = source.read(tile_name("tile/entries", index, WIDTH)) or b""
            entries, fault = entries_of(bundle, WIDTH)
            hashes = hashed(entries)
            if fault or b"".join(hashes) != source.read(tile_name("tile/0", index, WIDTH)):
                return None
            if wanted.rows:
                rows = source.read(tile_name("index", index, WIDTH)) or b""
                if rows != people.rows(entries, hashes, rows):
                    return None
            if wanted.keys:
                keys += key_entries(bundle, index)
            roots.append(perfect_root(hashes))
    except (Bad, ValueError, IndexError):
        return None  # whoever reads this place again says what is wrong there
    return Part(roots, people.before, people.after(), keys)


class People:
    """Counts the entries of each person in a stretch: plain lists, because a log has many persons."""

    def __init__(self) -> None:
        self.before: dict[bytes, tuple[int, bytes]] = {}
        self._places: dict[bytes, int] = {}
        self._counts: list[int] = []
        self._last: list[bytes] = []
        self._given = b""
        self._lines: list[bytes] = []

    def rows(self, entries: list[bytes], hashes: list[bytes], given: bytes) -> bytes:
        """The rows of a bundle; of persons who are new in this stretch the given row says what was before."""
        rows = [NO_ROW] * WIDTH
        places, counts, last = self._places, self._counts, self._last
        for at, entry in enumerate(entries):
            if entry[-22:] == NOBODY:
                continue
            # Canonical JSON has its last two members at the same distance from its end.
            tail = entry[-56:]
            subject = (
                tail[12:48] if tail[:12] == SUBJECT and tail[48:] == AFTER_SUBJECT else subject_of(entry)
            )
            if subject is None:
                continue
            place = places.get(subject)
            if place is None:
                place = self._new(subject, at, given)
            counts[place] = count = counts[place] + 1
            rows[at] = b"%b\t%d\t%b\n" % (subject, count, last[place])
            last[place] = binascii.hexlify(hashes[at])
        return b"".join(rows)

    def _new(self, subject: bytes, at: int, given: bytes) -> int:
        if self._given is not given:
            self._given, self._lines = given, given.split(b"\n")
        fields = self._lines[at].split(b"\t")
        self.before[subject] = (int(fields[1]) - 1, fields[2])
        self._counts.append(int(fields[1]) - 1)
        self._last.append(fields[2])
        self._places[subject] = len(self._places)
        return len(self._places) - 1

    def after(self) -> dict[bytes, tuple[int, bytes]]:
        return dict(zip(self._places, zip(self._counts, self._last, strict=True), strict=True))


class Helper:
    """A process that checks its stretches and says what they come to; needs os.fork."""

    def __init__(self, path: Place, spans: Sequence[tuple[int, int]], wanted: Wanted) -> None:
        receive, send = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            os.close(receive)
            os._exit(serve(path, spans, wanted, send))
        os.close(send)
        self._stream = os.fdopen(receive, "rb")

    def next(self) -> Part | None:
        length = int.from_bytes(self._stream.read(8), "big")
        try:
            found = marshal.loads(self._stream.read(length))  # noqa: S302  # written by our own process
        except (EOFError, ValueError, TypeError):
            return None  # it ended early: this process does the work itself
        return None if found is None else Part(*found)

    def end(self) -> None:
        self._stream.close()
        os.kill(self._process, 9)
        os.waitpid(self._process, 0)


def serve(path: Place, spans: Sequence[tuple[int, int]], wanted: Wanted, send: int) -> int:
    """What a helper does; its exit code."""
    try:
        with os.fdopen(send, "wb") as stream:
            source = opened(path)
            for first, last in spans:
                part = sound_part(source, first, last, wanted)
                said = marshal.dumps(None if part is None else tuple(part))
                stream.write(len(said).to_bytes(8, "big") + said)
                stream.flush()
    except (Bad, OSError, KeyboardInterrupt):
        return 1
    return 0


def spans_of(full: int, slowly: Collection[int], jobs: int) -> list[tuple[int, int]]:
    """Stretches of about the same length for so many processes, without the bundles that are read slowly."""
    length = -(-full // (jobs * -(-full // (jobs * LONGEST)))) if full else 1
    borders = [-1, *sorted(index for index in slowly if index < full), full]
    return [
        (first, min(first + length, end))
        for start, end in pairwise(borders)
        for first in range(start + 1, end, length)
    ]


def parts_of(
    source: Source, path: Place | None, spans: Sequence[tuple[int, int]], wanted: Wanted, jobs: int
) -> Generator[Part | None, None, None]:
    """What the stretches come to, in their order; this process does every `jobs`-th of them itself."""
    helpers = [Helper(path, spans[turn::jobs], wanted) for turn in range(1, jobs) if path is not None]
    try:
        for number, (first, last) in enumerate(spans):
            turn = number % (len(helpers) + 1)
            yield helpers[turn - 1].next() if turn else sound_part(source, first, last, wanted)
    finally:
        for helper in helpers:
            helper.end()


def useful_jobs(full: int, jobs: int) -> int:
    """So many processes that each has something to do."""
    return max(1, min(jobs, full // SHORTEST)) if hasattr(os, "fork") else 1


def subject_of(leaf: bytes) -> bytes | None:
    """Whom an entry is about, read from any JSON."""
    import json

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

    def __init__(
        self, source: Source, checkpoint: Checkpoint, sizes: Collection[int] = (), *, keys: bool = False
    ) -> None:
        self.source, self.checkpoint, self.size = source, checkpoint, checkpoint.size
        self.levels: list[bytes] = [b""] * 10
        self.roots: dict[int, bytes] = dict.fromkeys(sizes, EMPTY_ROOT)  # of earlier sizes that are asked for
        self.doubt: Bad | None = None  # a tile that may be wrong: the root decides
        self.subjects: dict[bytes, tuple[int, bytes]] = {}
        self.keys: list[tuple[int, bytes]] = []
        self.wanted = Wanted(any(name.startswith("index/") for name in source.names()), keys)

    def run(self, progress: Progress, path: Place | None = None, jobs: int = 1) -> None:
        """Raise Bad at the first place that differs from what the checkpoint states."""
        full = self.size // WIDTH
        if full > sum(name.startswith("tile/entries/") for name in self.source.names()):
            full = 0  # ends at the first that is missing; plans for a size that is only stated have no end
        jobs = useful_jobs(full, jobs)
        spans = spans_of(full, {size // WIDTH for size in self.roots}, jobs)
        parts = parts_of(self.source, path, spans, self.wanted, jobs)
        done = 0
        try:
            for (first, last), part in zip(spans, parts, strict=True):
                self._slowly(done, first)
                if part is None or not self._accept(first, part):
                    self._slowly(first, last)
                done = last
                progress.at(done * WIDTH)
            self._slowly(done, -(-self.size // WIDTH))
            progress.at(self.size)
        except Bad as bad:
            raise self.doubt or bad from None
        finally:
            parts.close()
        if self.size in self.roots:
            self.roots[self.size] = self._root(self.levels[0])
        self._close()
        self._leftovers()

    def _slowly(self, first: int, last: int) -> None:
        for index in range(first, last):
            self.take(index)

    def _accept(self, first: int, part: Part) -> bool:
        """Go on with what a stretch came to, if its rows go on from those before it."""
        if any(self.subjects.get(one, NONE_BEFORE) != stated for one, stated in part.before.items()):
            return False
        self.subjects.update(part.after)
        self.keys += part.keys
        for index, root in enumerate(part.roots, first):
            self._push(1, index, root)
        return True

    def take(self, index: int) -> None:
        """Check one bundle and what belongs to it, and say what is wrong."""
        width = width_at(self.size, 0, index)
        # Read once: a file that is another when it is read again could hide an entry.
        bundle, hashes = self._bundle(index, width)
        row = b"".join(hashes)
        for size in self.roots:
            if size // WIDTH == index:
                self.roots[size] = folded([*self._upper(), *peaks(row[: size % WIDTH * HASH])])
        if self.wanted.rows:
            self._subjects(bundle, index, width, row)
        if self.wanted.keys:
            self.keys += key_entries(bundle, index)
        if width == WIDTH:
            self._push(1, index, perfect_root(hashes))
        else:
            self.levels[0] = row

    def _upper(self) -> list[bytes]:
        return [peak for row in reversed(self.levels[1:]) for peak in peaks(row)]

    def _root(self, last_row: bytes) -> bytes:
        return folded([*self._upper(), *peaks(last_row)])

    def _stored(self, level: int, index: int) -> bytes:
        width = width_at(self.size, level, index)
        return (self.source.read(tile_name(f"tile/{level}", index, width)) or b"") if width > 0 else b""

    def _bundle(self, index: int, width: int) -> tuple[bytes, list[bytes]]:
        """A bundle that agrees with its tile, and its leaf hashes."""
        name = tile_name("tile/entries", index, width)
        bundle = self.source.read(name)
        if bundle is None:
            raise Bad("is missing", name, entry=index * WIDTH)
        hashes, fault = leaf_hashes(bundle, width)
        row = b"".join(hashes)
        stored = self._stored(0, index)
        if fault or row != stored:
            self._differs(index, width, row, stored, fault)
        return bundle, hashes

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
        return perfect_root(cut(row)) == self._stored(1, index // WIDTH)[at : at + HASH]

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

    def _subjects(self, bundle: bytes, index: int, width: int, row: bytes) -> None:
        """Compare the rows that number the entries of each person."""
        name = tile_name("index", index, width)
        stored = self.source.read(name)
        if stored is None:
            raise Bad("is missing", name)
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
            if head == SUBJECT and tail == AFTER_SUBJECT and at - start >= 56:
                subject: bytes | None = bundle[at - 44 : at - 8]
            elif bundle[at - 22 : at] == NOBODY and at - start >= 22:
                subject = None
            else:
                subject = subject_of(bundle[start:at])
            if subject is None:
                rows.append(NO_ROW)
            else:
                count, before = seen.get(subject, NONE_BEFORE)
                rows.append(b"%b\t%d\t%b\n" % (subject, count + 1, before))
                seen[subject] = (count + 1, digits[hashed : hashed + 2 * HASH])
            hashed += 2 * HASH
        return rows

    def _full_names(self) -> set[str]:
        """The full tiles, bundles and index files that have been read."""
        places = [("tile/entries", 0), ("index", 0), *((f"tile/{level}", level) for level in range(8))]
        return {
            tile_name(folder, index, WIDTH)
            for folder, level in places
            for index in range((self.size >> 8 * level) // WIDTH)
        }

    def _leftovers(self) -> None:
        """Nothing else may lie in the folders of the log; narrower tiles of earlier sizes have to agree."""
        known = self._full_names()
        for name in sorted(name for name in self.source.names() if name not in known):
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


# Keys of the log that followed each other


class Change(NamedTuple):
    """From a size on a new key signs; the checkpoint of that size bears the signatures of both."""

    old: Key
    new: Key
    state: Checkpoint


class Succession:
    """All keys that ever signed under the name of this log, the oldest first.

    A key hands over to the next one: both sign the same state, and an entry before it names them. So whoever
    holds any of the keys can tell that the others are keys of the same log.
    """

    def __init__(self, keys: Sequence[Key], changes: Sequence[Change]) -> None:
        self.keys, self.changes = tuple(keys), tuple(changes)
        self.ended: dict[Key, int] = {}
        self.since: int | None = None  # the size from which on the first signs, when it came after another

    @classmethod
    def of(cls, source: Source, checkpoint: Checkpoint) -> Succession | None:
        """Read the file `keys` of an export and check the signatures of each change; None without it."""
        data = source.read("keys")
        if data is None:
            return None
        sizes, keys = list[int](), list[Key]()
        lines = data.decode("utf-8", "replace").removesuffix("\n").split("\n")
        if len(lines) > MOST_KEYS:
            raise Bad(f"names more than {MOST_KEYS} keys", "keys")
        for at, line in enumerate(lines, 1):
            size, _, text = line.partition("\t")
            sizes.append(number(size, "keys", at))
            keys.append(parse_key(text, "keys"))
            late = at > 1 and not sizes[-2] < sizes[-1] <= checkpoint.size
            if late or (at == 1 and sizes[0]) or keys[-1] in keys[:-1]:
                raise Bad("does not say from which size on this key signs", "keys", line=at)
            if keys[-1].kind != LOG_KEY or keys[-1].name != checkpoint.origin:
                raise Bad(f"is no key of {checkpoint.origin}", "keys", line=at)
        pairs = zip(sizes[1:], pairwise(keys), strict=True)
        return cls(keys, [_change(source, checkpoint.origin, size, *pair) for size, pair in pairs])

    @property
    def sizes(self) -> list[int]:
        return [change.state.size for change in self.changes]

    def check(self, log: WholeLog) -> None:
        """Compare with the entries, once all of them have been read."""
        for change in self.changes:
            state = change.state
            if log.roots[state.size] != state.root:
                raise Bad(f"is not the state of the first {state.size} entries", state.place, code=FORKED)
        hashes = [sha256(key.text.encode()).hexdigest() for key in self.keys]
        at = 0  # the key that was the newest
        for place, entry in log.keys:
            action, facts = _said(entry)
            if action == KEY_REPLACED and at == 0 and self._brings_first(hashes[0], facts):
                self.since = place + 1 if self.since is None else self.since
            elif action == KEY_REPLACED and self._counts(hashes, at, facts):
                if at == len(self.changes) or facts["new"] != hashes[at + 1]:
                    raise Bad("leaves out a change of key that an entry states", "keys", entry=place)
                if place >= self.changes[at].state.size:
                    break
                at += 1
            elif action == KEY_ENDED and facts.get("key") in hashes[:at]:
                self.ended.setdefault(self.keys[hashes.index(facts["key"])], place)
        if at < len(self.changes):
            raise Bad("no entry before it says that the key changes", self.changes[at].state.place)

    def _counts(self, hashes: list[str], at: int, facts: dict[str, Any]) -> bool:
        """Whether an entry changes the key: from the one that signs alone, to one that never signed."""
        alone = at == 0 or self.keys[at - 1] in self.ended
        named = self._brought(facts)
        return (
            alone and facts.get("old") == hashes[at] and named is not None and named not in hashes[: at + 1]
        )

    def _brings_first(self, first: str, facts: dict[str, Any]) -> bool:
        """Whether an entry says that another key signed before the first of these."""
        return facts.get("old") != first and self._brought(facts) == first

    def _brought(self, facts: dict[str, Any]) -> str | None:
        """The digest of the key that an entry brings, when it is one of this log."""
        try:
            public = binascii.a2b_base64(str(facts["new_public"]), strict_mode=True)
        except (KeyError, ValueError):
            return None
        name, data = self.keys[0].name, bytes([LOG_KEY]) + public
        new = Key(name, sha256(name.encode() + b"\n" + data).digest()[:4], LOG_KEY, public)
        named = sha256(new.text.encode()).hexdigest()
        return named if facts.get("new") == named and len(public) == 32 else None

    def without_ended(self, checkpoint: Checkpoint, signed: Signed) -> Signed:
        """A key that had ended before a state was reached says nothing about it."""
        size = checkpoint.size
        late = [key for key in signed.keys if self.ended.get(key, size) < size]
        if len(late) == len(signed.keys):
            fault = f"only a key that ended with entry {self.ended[late[0]]} has signed it"
            raise Bad(fault, checkpoint.place)
        return Signed(tuple(key for key in signed.keys if key not in late), signed.times)


def _change(source: Source, origin: str, size: int, old: Key, new: Key) -> Change:
    name = f"change/{size}"
    data = source.read(name)
    if data is None:
        raise Bad("is missing", name)
    state = parse_checkpoint(data, name)
    if (state.origin, state.size) != (origin, size):
        raise Bad("is not the state at which the key changed", name)
    if len(Trust((old, new)).check(state).keys) != 2:
        raise Bad("does not bear the signatures of both keys", name)
    return Change(old, new, state)


def _said(entry: bytes) -> tuple[str, dict[str, Any]]:
    """The action and the facts of an entry; nothing where it has none."""
    import json

    try:
        found = json.loads(entry)
        return str(found["action"]), dict(found["facts"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", {}


# Proofs and receipts (C2SP tlog-proof)


class Proof(NamedTuple):
    """That an entry stands at an index of a log; `extra` is what its author put beside it, unproven."""

    at: int
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


class Receipt(NamedTuple):
    """What is certified, the entry that states its hash, and the server's own signature over both."""

    leaf: bytes
    certificate: dict[str, Any]
    proof: Proof
    kid: str
    signature: str
    signed: bytes


def parse_receipt(data: bytes, place: str) -> Receipt:
    """Read a receipt, and compare its certificate with its entry."""
    import json

    try:
        whole = json.loads(data)
        certificate = {name: whole[name] for name in whole if name not in BESIDE_CERTIFICATE}
        leaf, proof = whole["entry"].encode(), whole.get("proof")
        stated = json.loads(leaf)
        facts, action = dict(stated["facts"]), str(stated["action"])
        digest = sha256(canonical(certificate)).hexdigest()
        signed = canonical({name: whole[name] for name in whole if name not in ("proof", "signature")})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Bad("is no receipt", place) from None
    if not action.startswith("privacy_requests.") or facts.get("certificate") != digest:
        raise Bad("what it certifies is not what its entry states", place)
    if not isinstance(proof, str):
        raise Bad("has no proof yet: the log had not signed its entry when it was handed out", place)
    parsed = parse_proof(proof.encode("utf-8", "replace"), place)
    kid, signature = str(whole.get("kid")), str(whole.get("signature"))
    return Receipt(leaf, certificate, parsed, kid, signature, b"mci-erasure-receipt\n" + signed)


def check_signature(receipt: Receipt, place: str, keys: dict[str, tuple[str, bytes]]) -> str:
    """Check the server's own signature; the server whose key it is."""
    if receipt.kid not in keys:
        raise Bad(f"is signed with the key {receipt.kid}, which none of the given files holds", place)
    server, public = keys[receipt.kid]
    try:
        signature = unbase64url(receipt.signature)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, receipt.signed)
    except (InvalidSignature, ValueError):
        raise Bad(f"the signature of the key {receipt.kid} does not belong to this receipt", place) from None
    return server


def unbase64url(text: str) -> bytes:
    """Bytes of base64 for addresses, without padding, in its one canonical form."""
    data = binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    if base64(data).rstrip("=").replace("+", "-").replace("/", "_") != text:
        raise ValueError
    return data


def receipt_keys(paths: Sequence[Place]) -> dict[str, tuple[str, bytes]]:
    """The keys of `lease-keys.json` files: id, server and public key."""
    import json

    found: dict[str, tuple[str, bytes]] = {}
    for path in paths:
        try:
            data = json.loads(read_file(path))
            server = str(data["issuer"])
            found |= {str(kid): (server, unbase64url(key)) for kid, key in data["keys"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Bad("is no list of keys as in lease-keys.json", str(path), code=USAGE) from None
    return found


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
    import json

    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# The command


def read_file(path: Place) -> bytes:
    """A small file."""
    try:
        with open(path, "rb") as stream:
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
        if os.path.isfile(value):
            found += parse_keys(read_file(value).decode("utf-8", "replace"), value)
            continue
        try:
            found.append(parse_key(value, value))
        except Bad as bad:
            raise Bad(f"is neither a file nor a verifier key: {bad.fault}", value, code=USAGE) from None
    return tuple(found)


def keys_in(source: Source, names: Iterable[str]) -> tuple[Key, ...]:
    """Keys from files of an export."""
    found: list[Key] = []
    for name in names:
        found += parse_keys((source.read(name) or b"").decode("utf-8", "replace"), name)
    return tuple(found)


def trust_of(arguments: argparse.Namespace) -> Trust:
    """Keys from the command line."""
    logs = given_keys(arguments.vkey)
    if not logs:
        raise Bad("is needed: whose signature counts?", "--vkey", code=USAGE)
    return Trust(logs, given_keys(arguments.witness), arguments.witnesses)


def trust_in(arguments: argparse.Namespace, source: Source, succession: Succession | None) -> Trust:
    """Keys from the command line and those they vouch for; where it names none, those in the export."""
    logs, witnesses = given_keys(arguments.vkey), given_keys(arguments.witness)
    beside = sorted(name for name in source.names() if re.fullmatch(r"witness/.+\.vkey", name))
    if source.read("vkey") is None and not logs:
        raise Bad("is missing", "vkey")
    # A key that was given counts alone; the others only say whose the further signature lines are.
    closed = not logs and not witnesses
    found = logs or keys_in(source, ["vkey"])
    if succession is not None:
        if logs and not set(logs) & set(succession.keys):
            raise Bad("names none of the keys that were given", "keys")
        if not logs and not set(found) <= set(succession.keys):
            raise Bad("holds a key that `keys` does not name", "vkey")
        found = tuple(dict.fromkeys((*succession.keys, *logs)))
    return Trust(found, witnesses or keys_in(source, beside), arguments.witnesses, closed)


def checkpoint_of(source: Source) -> Checkpoint:
    data = source.read("checkpoint")
    if data is None:
        raise Bad("is missing", "checkpoint")
    return parse_checkpoint(data, "checkpoint")


def is_export(path: Place) -> bool:
    """Whether this is a folder or a .zip, and not one small file."""
    if os.path.isdir(path):
        return True
    import zipfile

    return zipfile.is_zipfile(path)


def state_of(path: Place) -> Checkpoint:
    """The checkpoint of a file or of an export."""
    if is_export(path):
        return checkpoint_of(opened(path))
    return parse_checkpoint(read_file(path), str(path))


def whole_log(arguments: argparse.Namespace, path: Place, older: Checkpoint | None) -> dict[str, Any]:
    """Check an export from its first entry to its last, and that it goes on from an older state."""
    source = opened(path)
    checkpoint = checkpoint_of(source)
    succession = Succession.of(source, checkpoint)
    trust = trust_in(arguments, source, succession)
    signed = trust.check(checkpoint)
    before = None if older is None else _grown(trust, older, checkpoint)
    shown = sys.stderr.isatty() and not arguments.json and not arguments.quiet
    sizes = {older.size} if older is not None else set[int]()
    sizes |= set(succession.sizes if succession else ())
    check = WholeLog(source, checkpoint, sizes, keys=True)
    check.run(Progress(checkpoint.size, shown), path, arguments.jobs)
    if older is not None and check.roots[older.size] != older.root:
        fault = f"its first {older.size} entries are not those that {older.place} states"
        raise Bad(fault, checkpoint.place, code=FORKED)
    proven: dict[str, Any] = {"what": "log"}
    if succession is not None:
        succession.check(check)
        signed = succession.without_ended(checkpoint, signed)
        if older is not None and before is not None:
            succession.without_ended(older, before)
        since = succession.since
        starts = zip([since or 0, *succession.sizes], succession.keys, strict=True)
        proven["keys"] = [{"from": size, "vkey": key.text} for size, key in starts]
    else:
        since = _alone(check, [*signed.keys, *(before.keys if before else ())])
    proven |= proven_state(checkpoint, signed) | ({} if since is None else {"signs_from": since})
    if not arguments.witness and signed.times:
        proven["pin_witness"] = [key.text for key in trust.witnesses if key.name in signed.times]
    if not arguments.vkey:
        proven["pin"] = [line for line in (source.read("vkey") or b"").decode().splitlines() if line]
    return proven | ({} if older is None else {"older": older.size})


def _alone(log: WholeLog, signed: Sequence[Key]) -> int | None:
    """Where an export names no keys but those that have signed it, the log must not have changed from them:
    else an ended key would count, only because the file that says so was left out. From which size on they
    sign, when the log says that all of them came after another one.
    """
    chains = [Succession([key], []) for key in dict.fromkeys(signed)]
    for chain in chains:
        chain.check(log)
    starts = [chain.since for chain in chains if chain.since is not None]
    return min(starts) if len(starts) == len(chains) else None


def _grown(trust: Trust, older: Checkpoint, newer: Checkpoint) -> Signed:
    """Whose signatures an older state bears, which is one of the same log and not larger."""
    signed = Trust(trust.logs, trust.witnesses).check(older)
    if older.origin != newer.origin:
        raise Bad("is of another log", older.place)
    if older.size > newer.size:
        fault = f"{older.size} entries were signed before, there are {newer.size} now"
        raise Bad(fault, newer.place, code=FORKED)
    return signed


def step(arguments: argparse.Namespace) -> dict[str, Any]:
    """Check that a newer state goes on from an older one."""
    older = state_of(arguments.old)
    if is_export(arguments.new):
        return whole_log(arguments, arguments.new, older)
    place = str(arguments.new)
    size, path, newer = parse_step(read_file(arguments.new), place)
    trust = trust_of(arguments)
    signed = trust.check(newer)
    Trust(trust.logs, trust.witnesses).check(older)
    if older.origin != newer.origin:
        raise Bad("is of another log", older.place)
    if size != older.size:
        raise Bad(f"is a step from {size} entries, not from {older.size}", place, line=1)
    if not is_continued(older, newer, path):
        code = FORKED if older.size == newer.size else ALTERED
        raise Bad("the newer state is not shown to go on from the older one", place, code=code)
    return {"what": "growth"} | proven_state(newer, signed) | {"older": older.size}


def inclusion(arguments: argparse.Namespace) -> dict[str, Any]:
    """Check that an entry stands in a log."""
    proof = parse_proof(read_file(arguments.file), str(arguments.file))
    return {"what": "entry"} | _included(arguments, proof, read_file(arguments.leaf))


def receipt(arguments: argparse.Namespace) -> dict[str, Any]:
    """Check an erasure receipt: its certificate is the one that the log states."""
    place, keys = str(arguments.file), receipt_keys(arguments.receipt_keys)
    found = parse_receipt(read_file(arguments.file), place)
    proven = {"what": "receipt"} | _included(arguments, found.proof, found.leaf)
    proven["signature"] = {"checked": bool(keys), "kid": found.kid}
    if keys:
        proven["signature"]["server"] = check_signature(found, place, keys)
    return proven | {"certificate": found.certificate}


def _included(arguments: argparse.Namespace, proof: Proof, leaf: bytes) -> dict[str, Any]:
    signed = trust_of(arguments).check(proof.checkpoint)
    if not is_included(leaf_hash(leaf), proof.at, proof.checkpoint, proof.path):
        raise Bad("the proof does not lead from this entry to the signed root", proof.checkpoint.place)
    return proven_state(proof.checkpoint, signed) | {"index": proof.at}


def proven_state(checkpoint: Checkpoint, signed: Signed) -> dict[str, Any]:
    """What has been proven about a log."""
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "signed_by": [key.text for key in signed.keys],
        "witnesses": [{"name": name, "time": moment} for name, moment in sorted(signed.times.items())],
    }


class _Parser(argparse.ArgumentParser):
    """Does not measure the terminal, for which argparse would load a quarter as much again."""

    def _get_formatter(self) -> argparse.HelpFormatter:
        return argparse.HelpFormatter(self.prog, width=100)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = _Parser(
        prog="mci-verify",
        description="Checks an audit log without trusting the server that wrote it.",
        epilog="Exit codes: 0 proven, 1 altered, 2 wrong usage, 3 too few witnesses, 4 states contradict.",
    )
    shared = _Parser(add_help=False)
    shared.add_argument(
        "--vkey", action="append", default=[], metavar="KEY", help="key of the log, or a file; repeatable"
    )
    shared.add_argument("--witness", action="append", default=[], metavar="KEY", help="key of a witness")
    shared.add_argument("--witnesses", type=int, default=0, metavar="N", help="at least N witnesses")
    shared.add_argument("--json", action="store_true", help="one JSON object instead of words")
    cores = os.cpu_count() or 1
    shared.add_argument("--jobs", type=int, default=cores, metavar="N", help=f"processes (here {cores})")
    shared.add_argument("--quiet", action="store_true", help="no progress bar")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND", parser_class=_Parser)
    log = verbs.add_parser("log", parents=[shared], help="a whole export, a folder or a .zip")
    log.add_argument("export", metavar="EXPORT")
    log.add_argument("--since", metavar="OLD", help="an older checkpoint or export to go on from")
    between = verbs.add_parser("consistency", parents=[shared], help="that a log has only grown")
    between.add_argument("old", metavar="OLD", help="checkpoint or export")
    between.add_argument("new", metavar="NEW", help="export, or a consistency step")
    one = verbs.add_parser("proof", parents=[shared], help="that an entry stands in a log")
    one.add_argument("file", metavar="FILE")
    one.add_argument("--leaf", required=True, metavar="FILE", help="the entry, byte for byte")
    last = verbs.add_parser("receipt", parents=[shared], help="an erasure receipt")
    last.add_argument("file", metavar="FILE")
    last.add_argument(
        "--receipt-keys",
        action="append",
        default=[],
        metavar="FILE",
        help="lease-keys.json of the server",
    )
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


FIRST_LINE = {
    "log": "Proven: the log {origin} with its {size:,} entries is the one that its key has signed; nothing "
    "was changed, removed, added or moved.",
    "growth": "Proven: {origin} has only grown, from {older:,} to {size:,} entries.",
    "entry": "Proven: this entry stands in {origin}, at index {index:,} of {size:,}.",
    "receipt": "Proven: {origin} states this certificate, in its entry at index {index:,} of {size:,}.",
}


def words(proven: dict[str, Any]) -> Iterator[str]:
    """What is proven, for people."""
    yield FIRST_LINE[proven["what"]].format(**proven)
    if proven["what"] == "log" and "older" in proven:
        yield f"Its first {proven['older']:,} entries are those of the older state."
    yield f"Root of the log: {proven['root']}"
    for text in proven["signed_by"]:
        yield f"Signed with the key {text}"
    if "signs_from" in proven:
        yield (
            f"The oldest key given signs from {proven['signs_from']:,} entries on, as the log says. That"
            " the entries before are the first ones is this later key's word: ask for the key before it."
        )
    for one in proven.get("keys", [])[1:]:
        yield f"From {one['from']:,} entries on it signs with a key that the key before has confirmed."
    for one in proven["witnesses"]:
        yield f"Seen by {one['name']} at {_moment(one['time'])}."
    if not proven["witnesses"]:
        yield "No witness has been checked: the log could show others another state."
    for line in proven.get("pin_witness", []):
        yield f"The key of a witness came with the export. Compare it, or pass it with --witness: {line}"
    for line in proven.get("pin", []):
        yield f"The key came with the export. Compare it with one you hold, or pass it with --vkey: {line}"
    if "certificate" in proven:
        yield from _words_of_receipt(proven)


def _words_of_receipt(proven: dict[str, Any]) -> Iterator[str]:
    import json

    signature = proven["signature"]
    if signature["checked"]:
        yield f"Handed out and signed by the server {signature['server']}, key {signature['kid']}."
    else:
        yield "Signature of the receipt not checked: no keys given (--receipt-keys lease-keys.json)."
    yield json.dumps(proven["certificate"], indent=2, ensure_ascii=False, sort_keys=True)


def _moment(seconds: int) -> str:
    from datetime import UTC, datetime

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
            _tell({"ok": False, "exit": bad.code, "file": bad.place, **bad.where, "fault": bad.fault})
        else:
            sys.stderr.write(plain(f"Not proven. {bad}") + "\n")
        return bad.code
    if arguments.json:
        _tell({"ok": True, "exit": PROVEN, **proven})
    else:
        sys.stdout.write("".join(plain(line) + "\n" for line in words(proven)))
    return PROVEN


def _tell(said: dict[str, Any]) -> None:
    import json

    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    sys.exit(main())
