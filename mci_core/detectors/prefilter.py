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
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import re2

from mci_core.detectors import cache
from mci_core.detectors.dialects import for_hyperscan
from mci_core.detectors.matching import UNTOLD, Scanned, number_patterns

hyperscan: Any = import_module("hyperscan") if find_spec("hyperscan") else None
# Whether a gate matches, and never where or how often.
FLAGS = int(hyperscan.HS_FLAG_SINGLEMATCH) if hyperscan else 0

Groups = tuple[tuple[str, ...], ...]
# A byte that no folded text holds.
NEVER = r"\xff"
MEMORY = 256 * 1024 * 1024


class Prefilter(Protocol):
    """Tells which groups of gates are open: positions in rising order."""

    def open_for(self, data: bytes) -> Sequence[int]:
        """Groups of which a gate matches somewhere in these bytes, and groups without a gate."""


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


def _note(index: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(index)


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


def _compiled(pairs: Sequence[tuple[bytes, int]]) -> tuple[Any, list[int]]:
    """A database of all gates but those of refused groups, which are named."""
    refused = sorted({index for _, index in _refused(pairs)})
    left = [pair for pair in pairs if pair[1] not in refused]
    return (_database(left) if left else None), refused


def _refused(pairs: Sequence[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    """The gates that Hyperscan does not take, found by halves: nearly always there is none."""
    if _database(pairs) is not None:
        return
    if len(pairs) == 1:
        yield pairs[0]
        return
    middle = len(pairs) // 2
    yield from _refused(pairs[:middle])
    yield from _refused(pairs[middle:])


def _database(pairs: Sequence[tuple[bytes, int]]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[gate for gate, _ in pairs],
            ids=[index for _, index in pairs],
            elements=len(pairs),
            flags=FLAGS,
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
        self._database, refused = self._prepared()
        self.always: Sequence[int] = tuple(sorted(always.union(refused)))
        self._local = threading.local()

    def _prepared(self) -> tuple[Any, list[int]]:
        """The database, and the groups of which a gate is refused, so that they have to be open always."""
        if not self._pairs:
            return None, []
        file = self._file()
        stored = None if file is None else cache.read(file)
        if stored is not None:
            names, _, content = stored.partition(b"\n")
            with suppress(hyperscan.error):
                return _loaded(content), json.loads(names)
        database, refused = _compiled(self._pairs)
        if file is not None:
            content = b"" if database is None else hyperscan.dumpb(database)
            cache.write(file, json.dumps(refused).encode() + b"\n" + content)
        return database, refused

    def _file(self) -> Path | None:
        if self._cache is None:
            return None
        seed = repr((version("hyperscan"), _platform(), FLAGS, self._pairs))
        return self._cache / f"gates-{hashlib.sha256(seed.encode()).hexdigest()[:32]}.hsdb"

    def _scratch(self) -> Any:
        space = getattr(self._local, "scratch", None)
        if space is None:
            space = self._local.scratch = hyperscan.Scratch(self._database)
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
            database.scan(data, _note, 0, found, self._scratch())
        except hyperscan.error:
            return self._every
        return found


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
