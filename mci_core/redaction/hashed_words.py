"""Lists whose entries stand in a policy as hashes only: what is hashed of an entry, how texts are searched.

An entry and a text are cut into words in the same way, so that marks, spaces and case between them do not
matter. A salted hash keeps a list from being read, not from being guessed: whoever holds the policy can try
out names one by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256

from mci_core.errors import Invalid
from mci_core.policy_model import RuleMatch, RuleMatchDoc

MAX_HASHES = 20_000
MAX_WORDS = 4
SALT_BYTES = 16
HASH_BYTES = 12
# Between two words of an entry, besides spaces: "O'Neil", "Sample, Olivia", "A. & B.".
MAX_SIGNS = 2
_BLOCK = 64
_SALT = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{24}")
# Beyond the first two planes only these can be marks or signs without a width.
_SPECIAL_PURPOSE = range(0xE0000, 0xE0200)


@cache
def _word() -> re.Pattern[str]:
    """A word: letters and digits with the marks that belong to them. Python's \\w knows no marks."""
    places = (*range(0x80, 0x20000), *_SPECIAL_PURPOSE)
    marks = (place for place in places if unicodedata.category(chr(place)) in ("Mn", "Mc", "Me", "Cf"))
    return re.compile(rf"[^\W_](?:[^\W_]|[{_ranges(marks)}])*")


def _ranges(places: Iterable[int]) -> str:
    """Ascending code points as the inside of a character class."""
    found: list[list[int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1][1] = place
        else:
            found.append([place, place])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


def _normal(word: str) -> str:
    """One word as it is hashed: composed, without case and without signs that have no width. Accents stay."""
    if word.isascii():
        return word.lower()
    shown = "".join(char for char in word if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())


def normal_words(text: str) -> list[str]:
    """The words of an entry as they are hashed, joined by single spaces."""
    return [_normal(word) for word in _word().findall(text)]


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    """The places of words that may belong together: never across a placeholder or a rule of signs."""
    run: list[tuple[int, int]] = []
    for match in _word().finditer(text):
        start, end = match.span()
        if run and start - run[-1][1] > MAX_SIGNS and len(text[run[-1][1] : start].strip()) > MAX_SIGNS:
            yield run
            run = []
        run.append((start, end))
    yield run


class _Hasher:
    """HMAC-SHA256 with the two keyed blocks prepared, cut to 12 bytes: twice as fast as asking for each."""

    def __init__(self, salt: bytes) -> None:
        padded = salt.ljust(_BLOCK, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in padded))

    def __call__(self, words: str) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(words.encode("utf-8"))
        outer.update(inner.digest())
        return outer.digest()[:HASH_BYTES]


class HashedWords:
    """A list ready to search. Raises `Invalid` with the part of the match at fault."""

    def __init__(self, match: RuleMatch) -> None:
        salt, hashes = match.salt or "", match.hashes
        if not _SALT.fullmatch(salt):
            raise _refused("salt", f"A salt is {2 * SALT_BYTES} hex digits in small letters.")
        if not 0 < len(hashes) <= MAX_HASHES:
            raise _refused("hashes", f"A hashed list has 1 to {MAX_HASHES} entries.")
        if not all(_HASH.fullmatch(one) for one in hashes):
            raise _refused("hashes", f"A hash is {2 * HASH_BYTES} hex digits in small letters.")
        if not match.lengths or not all(1 <= length <= MAX_WORDS for length in match.lengths):
            raise _refused("lengths", f"The numbers of words of the entries are of 1 to {MAX_WORDS}.")
        self._hasher = _Hasher(bytes.fromhex(salt))
        self._wanted = frozenset(bytes.fromhex(one) for one in hashes)
        self._lengths = tuple(sorted(set(match.lengths)))

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where entries stand, perhaps overlapping; time grows with the text alone."""
        for run in _runs(text):
            words = [_normal(text[start:end]) for start, end in run]
            for length in self._lengths:
                for first in range(len(words) - length + 1):
                    if self._hasher(" ".join(words[first : first + length])) in self._wanted:
                        yield run[first][0], run[first + length - 1][1]


def hashed_match(entries: Iterable[str], salt: bytes) -> RuleMatchDoc:
    """What a document holds of a list in the clear. Raises `Invalid` that names the place in the list, never
    the entry.
    """
    hasher = _Hasher(salt)
    hashes: set[str] = set()
    lengths: set[int] = set()
    for place, entry in enumerate(entries, 1):
        words = normal_words(entry)
        if not 0 < len(words) <= MAX_WORDS:
            raise _refused("hashes", f"Entry {place} has {len(words)} words; 1 to {MAX_WORDS} are possible.")
        hashes.add(hasher(" ".join(words)).hex())
        lengths.add(len(words))
    if not 0 < len(hashes) <= MAX_HASHES:
        raise _refused("hashes", f"A hashed list has 1 to {MAX_HASHES} entries.")
    return {"type": "hashed", "salt": salt.hex(), "hashes": sorted(hashes), "lengths": sorted(lengths)}


def _refused(part: str, words: str) -> Invalid:
    return Invalid(words, code="hashed_list", field=f"match.{part}")
