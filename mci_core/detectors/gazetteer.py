"""What is known about single words: in how many countries' lists they are a first or a last name, how common
they are as a word, whether they are a place.

The lists are read, as data, from installed packages when the first text is searched: names from Faker (MIT)
and mimesis (MIT), places from mimesis, counts of words from pyspellchecker (MIT). None of them is copied.
A word is looked up without its accents and in lower case; what is known fits into one number.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from mci_core.detectors import cache as kept
from mci_core.detectors.countries import COUNTRIES
from mci_core.detectors.names_words import CITIES

# Characters that have no accent to take off but are written without it.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "\u0131": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u064b-\u065f]+")
_MOST = 15
# To be counted up with every change of what is read from the lists.
_FORM = "2"
# Languages whose words are read, with the least count that is kept: about once in a million words.
# A word of another language weighs less: "Mia" and "Dan" are words in Italian and Spanish.
_ABROAD = 4
# An English word that is used less often than this (in a million words) may as well be unknown.
_RARE = 0.4
_LANGUAGES = {"en": 3, "de": 3, "fr": 3, "es": 3, "it": 3}
_STRING = re.compile(r"""^    (\w+)[^=\n]{0,80}= ?|["']([^"'\n{}()<>/\\:]{2,30})["']""", re.MULTILINE)
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_VARIANTS = ("fr_BE", "nl_BE", "en", "en_TH", "ig_NG", "ha_NG", "fr_QC", "ar_AA")


class Known(NamedTuple):
    """What is known about a word; each from 0 to 15. `first`, `last`: number of lists; `common`: 1 stands
    for once, 4 for ten times, 7 for a hundred times in a million words."""

    first: int
    last: int
    common: int
    place: bool


UNKNOWN = Known(0, 0, 0, False)


class GazetteerMissing(RuntimeError):
    """A package whose lists are needed is not installed: searching without them would let names through."""


def plain(word: str) -> str:
    """A word in lower case and without accents."""
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.casefold())
    return _MARKS.sub("", apart).translate(_PLAIN)


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise GazetteerMissing(package)
    return Path(spec.origin).parent


def _kind_of(attribute: str) -> str:
    if "first" in attribute or "unisex" in attribute or "given" in attribute:
        return "first"
    return "last" if "last" in attribute or "surname" in attribute else ""


def _faker() -> Iterator[tuple[str, str]]:
    """(kind, name) once for each locale's list; read as text, as importing all locales takes a second."""
    for file in sorted((_folder("faker") / "providers" / "person").glob("*/__init__.py")):
        if file.parent.name in _VARIANTS:
            continue
        kind, seen = "", set()
        for attribute, value in _STRING.findall(file.read_text(encoding="utf-8")):
            if attribute:
                kind = _kind_of(attribute)
            elif kind:
                seen.add((kind, value))
        yield from seen


def _values(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for inner in node.values():
            yield from _values(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _values(inner)


def _mimesis(file_name: str, keys: dict[str, str]) -> Iterator[tuple[str, str]]:
    for file in sorted((_folder("mimesis") / "datasets").glob(f"*/{file_name}")):
        data = json.loads(file.read_bytes())
        for key, kind in keys.items():
            for value in set(_values(data.get(key))):
                yield kind, value


def _count(pairs: Iterable[tuple[str, str]], counts: dict[str, dict[str, int]]) -> None:
    for kind, name in pairs:
        of_kind = counts[kind]
        if name.isalpha():
            word = plain(name)
            of_kind[word] = of_kind.get(word, 0) + 1
            continue
        # Names of several words ("van der Berg") count for their words of some length only.
        parts = _LETTERS.findall(plain(name))
        for word in parts:
            if len(parts) == 1 or len(word) > 3:
                of_kind[word] = of_kind.get(word, 0) + 1


def _common() -> dict[str, int]:
    grades: dict[str, int] = {}
    folder = _folder("spellchecker") / "resources"
    for language, digits in _LANGUAGES.items():
        raw = gzip.decompress((folder / f"{language}.json.gz").read_bytes())
        found = re.findall(rb'"([^"]{2,24})": (\d{%d,})' % digits, raw)
        total = sum(int(count) for _, count in found)
        for name, count in found:
            often = int(count) * 1_000_000 / total
            if often >= (_RARE if language == "en" else 1):
                word = plain(name.decode("utf-8"))
                grade = 1 + max(0, int(3 * math.log10(often))) - (0 if language == "en" else _ABROAD)
                grade = min(_MOST, grade)
                if grade > grades.get(word, 0):
                    grades[word] = grade
    return grades


def _read_lists() -> dict[str, Known]:
    counts: dict[str, dict[str, int]] = {"first": {}, "last": {}}
    _count(_faker(), counts)
    _count(_mimesis("person.json", {"names": "first", "surnames": "last"}), counts)
    places = {plain(country) for country in COUNTRIES if country.isalpha()}
    places |= {
        plain(place)
        for _, place in _mimesis("address.json", {"city": "place", "state": "place", "country": "place"})
        if place.isalpha()
    }
    places |= CITIES
    common = _common()
    first, last = counts["first"], counts["last"]
    shared: dict[tuple[int, int, int, bool], Known] = {}
    known = {}
    for word in sorted({*first, *last, *common, *places}):
        values = (
            min(_MOST, first.get(word, 0)),
            min(_MOST, last.get(word, 0)),
            common.get(word, 0),
            word in places,
        )
        entry = shared.get(values)
        known[word] = shared.setdefault(values, Known(*values)) if entry is None else entry
    return known


def _packed(known: dict[str, Known]) -> bytes:
    """Few different entries, and for each word which of them is its own."""
    numbers: dict[Known, int] = {}
    own = [numbers.setdefault(entry, len(numbers)) for entry in known.values()]
    return json.dumps({"entries": list(numbers), "words": "\n".join(known), "own": own}).encode("utf-8")


def _unpacked(content: bytes) -> dict[str, Known]:
    data = json.loads(content)
    entries = [Known(*values) for values in data["entries"]]
    return dict(zip(data["words"].split("\n"), map(entries.__getitem__, data["own"]), strict=True))


def _kept_in() -> Path | None:
    """The file for these versions of the packages and of the way to read them."""
    folder = kept.folder()
    if folder is None:
        return None
    named = [f"{name} {version(name)}" for name in ("Faker", "mimesis", "pyspellchecker")]
    return folder / (hashlib.sha256("\n".join([_FORM, *named]).encode()).hexdigest()[:24] + ".names")


@cache
def words() -> dict[str, Known]:
    """All known words, about 145,000 in 30 MB. Kept for the next process: reading takes half a second."""
    file = _kept_in()
    content = None if file is None else kept.read(file)
    if content is not None:
        return _unpacked(content)
    known = _read_lists()
    if file is not None:
        kept.write(file, _packed(known))
    return known


def look_up(word: str) -> Known:
    """What is known about a word as it stands in a text."""
    return words().get(plain(word), UNKNOWN)
