"""Common work apps and sites with the identifiers by which the evaluator knows them, to pick entries from.

The catalogue is data (``catalogue/*.json``). It allows nothing: what is picked goes into a draft, with the
signals that its author chose. Browsers are not in it (a page is allowed by its address), nor are programs
that hold passwords. ``{tenant}`` in an origin is the part of the address that each company has of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mci_core.errors import Invalid

TENANT = "{tenant}"
_HOST_PART = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?")


@dataclass(frozen=True)
class Category:
    """A shelf of the catalogue."""

    key: str
    label: str


@dataclass(frozen=True)
class Item:
    """One app or site that can be picked. ``note`` says what to think of before it is allowed."""

    id: str
    kind: str
    label: str
    category: Category
    match: Mapping[str, Any]
    note: str = ""

    @property
    def needs_tenant(self) -> bool:
        """Whether the own part of the address has to be given."""
        return TENANT in str(self.match.get("origin", ""))

    @property
    def where(self) -> str:
        """Addresses or programs, as the pick page shows and searches them."""
        if self.kind == "site":
            path = self.match["path_prefix"]
            below = " and its sub-domains" if self.match["subdomains"] else ""
            return f"{self.match['origin']}{'' if path == '/' else path}{below}"
        named = {"windows": "Windows", "macos": "macOS", "linux": "Linux"}
        return "; ".join(
            f"{words}: {', '.join(self.match[key])}" for key, words in named.items() if key in self.match
        )

    def entry(self, choices: Mapping[str, Any], tenant: str = "") -> dict[str, Any]:
        """An entry of ``mci-policy/1``; ``choices`` are the keys that the catalogue does not decide (signals,
        keystrokes, owner, ...). Raises `Invalid` with the field ``tenant``.
        """
        match = dict(self.match)
        if self.needs_tenant:
            match["origin"] = match["origin"].replace(TENANT, self._tenant(tenant))
        return {"id": self.id, "kind": self.kind, "label": self.label, "match": match, **choices}

    def _tenant(self, given: str) -> str:
        name = given.strip().lower()
        if not _HOST_PART.fullmatch(name):
            sample = self.match["origin"].replace(TENANT, "example").removeprefix("https://")
            raise Invalid(
                f"{self.label}: give your own part of its address, as “example” in {sample}.", field="tenant"
            )
        return name


def found(search: str = "", category: str = "") -> list[Item]:
    """The items in which each word of the search stands, in the order of the catalogue."""
    words = search.casefold().split()
    return [item for item in items() if category in ("", item.category.key) and _has(item, words)]


def _has(item: Item, words: Sequence[str]) -> bool:
    text = f"{item.label} {item.where} {item.category.label}".casefold()
    return all(word in text for word in words)


@cache
def items() -> tuple[Item, ...]:
    """The whole catalogue, read once per process."""
    return tuple(_read())


@cache
def categories() -> tuple[Category, ...]:
    return tuple(dict.fromkeys(item.category for item in items()))


@cache
def by_id() -> dict[str, Item]:
    return {item.id: item for item in items()}


def _read() -> Iterator[Item]:
    shelves = files("capture_policies").joinpath("catalogue")
    for shelf in sorted(shelves.iterdir(), key=lambda file: file.name):
        data = json.loads(shelf.read_text("utf-8"))
        category = Category(data["category"], data["label"])
        for item in data["items"]:
            yield Item(item["id"], item["kind"], item["label"], category, item["match"], item.get("note", ""))
