"""Which detectors and rules are worth running on a text: the gates of all of them, tried in one pass.

Hyperscan reads a text once, however many gates there are, and tells only which of them match; where they
do is for the detectors to say. Where Hyperscan is not installed (there is no wheel for every machine) RE2
answers the same question, more slowly. Whatever goes wrong opens every gate: a closed gate must mean that its
detector would find nothing.
"""

from __future__ import annotations

import hashlib
import json
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import re2

from mci_core.detectors import cache
from mci_core.detectors.dialects import for_hyperscan
from mci_core.detectors.matching import UNTOLD, Scanned, number_patterns

hyperscan: Any = import_module("hyperscan") if find_spec("hyperscan") else None

Groups = tuple[tuple[str, ...], ...]
# So many texts are read in one pass, and so many matches are kept of one: far above what ordinary texts give.
BATCH_BYTES = 65_536
# A byte that no folded text holds.
NEVER = r"\xff"
MAX_MATCHES = 100_000
MEMORY = 256 * 1024 * 1024


class Prefilter(Protocol):
    """Tells which groups of gates are open: positions in rising order."""

    def open_for(self, data: bytes) -> Sequence[int]:
        """Groups of which a gate matches somewhere in these bytes, and groups without a gate."""

    def open_for_many(self, datas: Sequence[bytes]) -> list[Sequence[int]]:
        """The same for many texts; a gate may also open where two texts meet."""


def joined(gates: Sequence[str]) -> str:
    """Several gates as one expression."""
    return "|".join(f"(?:{gate})" for gate in gates)


class Re2Prefilter:
    """Gates tried by RE2: one expression for "nothing at all", then a set that names them."""

    def __init__(self, groups: Groups) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = MEMORY
        options.log_errors = False
        options.never_capture = True
        self._every: Sequence[int] = range(len(groups))
        self._always = tuple(index for index, gates in enumerate(groups) if not gates)
        self._gated = [index for index, gates in enumerate(groups) if gates]
        written = [joined(groups[index]).encode("latin-1") for index in self._gated]
        self._any = re2.compile(b"|".join(written), options) if written else None
        self._set = re2.Set.SearchSet(options)
        for expression in written:
            self._set.Add(expression)
        self._set.Compile()

    def open_for(self, data: bytes) -> Sequence[int]:
        """See `Prefilter`."""
        if self._any is None or self._any.search(data) is None:
            return self._always
        found: list[int] | None = self._set.Match(data)
        # Something matches, so nothing here can only be a failure of the set (it ran out of memory).
        if not found:
            return self._every
        return sorted({*self._always, *(self._gated[index] for index in found)})

    def open_for_many(self, datas: Sequence[bytes]) -> list[Sequence[int]]:
        """See `Prefilter`."""
        return [self.open_for(data) for data in datas]


def _note(index: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(index)


def _note_place(index: int, _start: int, end: int, _flags: int, found: list[tuple[int, int]]) -> bool:
    found.append((end, index))
    return len(found) > MAX_MATCHES


def _written(gates: Sequence[str]) -> Sequence[str]:
    """Gates in the language of Hyperscan; none where one of them cannot be said in it."""
    written = [for_hyperscan(gate) for gate in gates]
    return [] if None in written else [gate for gate in written if gate]


@lru_cache(maxsize=1)
def _platform() -> bytes:
    """Version of the library and the features of this processor: a database fits no other."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[b"x"], elements=1, flags=0)
    return bytes(database.info())


def _loaded(content: bytes) -> Any:
    return hyperscan.loadb(content, hyperscan.HS_MODE_BLOCK) if content else None


def _compiled(pairs: Sequence[tuple[bytes, int]], flags: int) -> tuple[Any, list[int]]:
    """A database of all gates but those of refused groups, which are named."""
    refused = sorted({index for _, index in _refused(pairs, flags)})
    left = [pair for pair in pairs if pair[1] not in refused]
    return (_database(left, flags) if left else None), refused


def _refused(pairs: Sequence[tuple[bytes, int]], flags: int) -> Iterator[tuple[bytes, int]]:
    """The gates that Hyperscan does not take, found by halves: nearly always there is none."""
    if _database(pairs, flags) is not None:
        return
    if len(pairs) == 1:
        yield pairs[0]
        return
    middle = len(pairs) // 2
    yield from _refused(pairs[:middle], flags)
    yield from _refused(pairs[middle:], flags)


def _database(pairs: Sequence[tuple[bytes, int]], flags: int) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[gate for gate, _ in pairs],
            ids=[index for _, index in pairs],
            elements=len(pairs),
            flags=flags,
        )
    except hyperscan.error:
        return None
    return database


class HyperscanPrefilter:
    """Gates in one Hyperscan database. Every thread reads with a scratch space of its own."""

    def __init__(self, groups: Groups, *, folder: Path | None = None) -> None:
        self._cache = folder
        self._every: Sequence[int] = range(len(groups))
        self._pairs = [
            (gate.encode("latin-1"), index)
            for index, gates in enumerate(map(_written, groups))
            for gate in gates
        ]
        always = set(range(len(groups))).difference(index for _, index in self._pairs)
        self._database, refused = self._prepared(hyperscan.HS_FLAG_SINGLEMATCH)
        self.always: Sequence[int] = tuple(sorted(always.union(refused)))
        self._batches: tuple[Any, list[int]] | None = None
        self._local = threading.local()

    def _prepared(self, flags: int) -> tuple[Any, list[int]]:
        """The database, and the groups of which a gate is refused, so that they have to be open always."""
        # Texts of a batch are lines of one text, so "^" and "$" have to match at lines.
        flags = int(flags | hyperscan.HS_FLAG_MULTILINE)
        if not self._pairs:
            return None, []
        file = self._file(flags)
        stored = None if file is None else cache.read(file)
        if stored is not None:
            names, _, content = stored.partition(b"\n")
            with suppress(hyperscan.error):
                return _loaded(content), json.loads(names)
        database, refused = _compiled(self._pairs, flags)
        if file is not None:
            content = b"" if database is None else hyperscan.dumpb(database)
            cache.write(file, json.dumps(refused).encode() + b"\n" + content)
        return database, refused

    def _file(self, flags: int) -> Path | None:
        if self._cache is None:
            return None
        seed = repr((version("hyperscan"), _platform(), flags, self._pairs))
        return self._cache / f"gates-{hashlib.sha256(seed.encode()).hexdigest()[:32]}.hsdb"

    def _scratch(self, name: str, database: Any) -> Any:
        spaces = self._local.__dict__
        space = spaces.get(name)
        if space is None:
            space = spaces[name] = hyperscan.Scratch(database)
        return space

    def open_for(self, data: bytes) -> Sequence[int]:
        """See `Prefilter`."""
        found = self.matches(data)
        return sorted({*found, *self.always}) if found else self.always

    def matches(self, data: bytes) -> Sequence[int]:
        """Groups with a gate that matches, in no order and perhaps repeated."""
        database = self._database
        found: list[int] = []
        if database is None:
            return found
        try:
            database.scan(data, _note, 0, found, self._scratch("one", database))
        except hyperscan.error:
            return self._every
        return found

    def open_for_many(self, datas: Sequence[bytes]) -> list[Sequence[int]]:
        """See `Prefilter`."""
        opened: list[Sequence[int]] = []
        batch: list[bytes] = []
        size = 0
        for data in datas:
            batch.append(data)
            size += len(data)
            if size > BATCH_BYTES:
                opened += self._batch(batch)
                batch, size = [], 0
        return opened + self._batch(batch)

    def _batch(self, datas: Sequence[bytes]) -> list[Sequence[int]]:
        if self._batches is None:
            # All places of a match have to be told here, which Hyperscan refuses for more expressions.
            self._batches = self._prepared(0)
        database, refused = self._batches
        always: Sequence[int] = sorted({*self.always, *refused})
        opened: list[Sequence[int]] = [always] * len(datas)
        if database is None:
            return opened
        found: list[tuple[int, int]] = []
        try:
            database.scan(b"\n".join(datas), _note_place, 0, found, self._scratch("many", database))
        except hyperscan.error:
            return [self.open_for(data) for data in datas]
        ends = [end + index for index, end in enumerate(accumulate(map(len, datas)))]
        sets: dict[int, set[int]] = {}
        for end, index in found:
            sets.setdefault(bisect_left(ends, end), set()).add(index)
        for place, indexes in sets.items():
            opened[place] = sorted(indexes.union(always))
        return opened


@lru_cache(maxsize=1)
def _folder() -> Path | None:
    return cache.folder()


@lru_cache(maxsize=64)
def prefilter(groups: Groups) -> Prefilter:
    """The gates of several detectors or rules, ready to try; a group without gates is always open."""
    return Re2Prefilter(groups) if hyperscan is None else HyperscanPrefilter(groups, folder=_folder())


@lru_cache(maxsize=1)
def _patterns() -> Groups:
    """Every pattern that is known now, by its number; whoever makes one later has it searched always."""
    return tuple((pattern.expression,) for pattern in number_patterns())


class Scan:
    """The one look at a text: which groups of gates are open, and which patterns need not be searched.

    `asked`: the groups that somebody wants to know of; all where none are named.
    """

    def __init__(self, groups: Groups, asked: frozenset[int] | None = None) -> None:
        patterns = _patterns()
        self._groups = groups
        self._asked = frozenset(range(len(groups))) if asked is None else asked
        # What opens which group: the number of a pattern that is a gate itself, or the place behind them all.
        self._opens = {len(patterns) + index: index for index in range(len(groups))}
        told = {expression: number for number, (expression,) in enumerate(patterns)}
        others = [self._left(told, index, gates) for index, gates in enumerate(groups)]
        # RE2 takes as long to tell which patterns match as the detectors take to find where.
        made = None if hyperscan is None else prefilter(patterns + tuple(others))
        self._all = made if isinstance(made, HyperscanPrefilter) else None
        self._opens = {number: index for number, index in self._opens.items() if index in self._asked}
        self._opening = frozenset(self._opens)

    def _left(self, told: dict[str, int], index: int, gates: Sequence[str]) -> tuple[str, ...]:
        """The gates of a group that are no patterns; one that never matches where all are."""
        left: list[str] = []
        for gate in gates:
            number = told.get(gate)
            if number is None or number in self._opens:
                left.append(gate)
            else:
                self._opens[number] = index
        return tuple(left) if left or not gates else (NEVER,)

    def look(self, data: bytes) -> tuple[bytes, Sequence[int]]:
        """The folded text with the patterns that match in it, and the groups that are open, in order."""
        if self._all is None:
            opened = prefilter(self._groups).open_for(data)
            return data, [index for index in opened if index in self._asked]
        found = {UNTOLD, *self._all.matches(data), *self._all.always}
        opening = self._opening.intersection(found)
        if not opening:
            return data, ()
        known = Scanned(data)
        known.matching = found
        opens = self._opens
        return known, sorted({opens[number] for number in opening})


@lru_cache(maxsize=64)
def scan(groups: Groups, asked: frozenset[int] | None = None) -> Scan:
    """A scan for these gates, ready to use."""
    return Scan(groups, asked)


def forget() -> None:
    """Prepare everything anew, as a new process does."""
    for prepared in (prefilter, scan, _patterns, _folder):
        prepared.cache_clear()
