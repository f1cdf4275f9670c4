"""Which keys sign the log at which size: said by the log itself, so that whoever reads it can follow.

A log keeps its name (origin) and changes its key by an entry. From the checkpoint that covers the entry on,
the new key and the old one both sign; from the checkpoint that covers the entry about the end, the new one
alone. What an entry says counts only where it goes on from what the entries before it said: an end of the key
that signs, or a change from a key that does not, changes nothing.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection
from django.utils import timezone

from audits import tree
from audits.models import Checkpoint, SignedCheckpoint
from mci_core.notes import BadNote, Vkey

PREPARE, REPLACE, END = "audits.prepare_log_key", "audits.replace_log_key", "audits.end_log_key"
COMING, SIGNING, LEAVING, ENDED = "coming", "signing", "leaving", "ended"

_TOLD = """
SELECT id, at, action, leaf FROM audits_auditentry WHERE action = ANY(%s)
AND (%s OR (txid, id) <= (%s::text::xid8, %s)) ORDER BY txid, id
"""


@dataclass(frozen=True)
class Told:
    """An entry about a key."""

    entry: int
    at: datetime
    action: str
    facts: dict[str, Any]

    @property
    def overlap(self) -> timedelta:
        days = self.facts.get("overlap_days")
        return timedelta(days=days if isinstance(days, int) else 0)


@dataclass(frozen=True)
class LogKey:
    """A key that signs or has signed; ``change`` made it sign, ``replaced`` brought its successor."""

    vkey: Vkey
    change: Told | None = None
    replaced: Told | None = None
    end: Told | None = None

    @property
    def state(self) -> str:
        if self.end is not None:
            return ENDED
        return SIGNING if self.replaced is None else LEAVING

    @property
    def ends_at(self) -> datetime | None:
        """When it has ended or is meant to."""
        if self.end is not None:
            return self.end.at
        return None if self.replaced is None else self.replaced.at + self.replaced.overlap


def digest(vkey: Vkey) -> str:
    """How entries name a key: they are short, and a verifier key holds the name of the log besides."""
    return sha256(vkey.text().encode()).hexdigest()


def told(head: Checkpoint | None = None) -> list[Told]:
    """What the log says about its keys, in its order: all of it, or what is under a checkpoint."""
    place = (0, 0) if head is None else (head.last_txid, head.last_id)
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, [[PREPARE, REPLACE, END], head is None, str(place[0]), place[1]])
        rows = cursor.fetchall()
    return [Told(entry, at, action, json.loads(leaf)["facts"]) for entry, at, action, leaf in rows]


def of(first: Vkey, entries: list[Told]) -> list[LogKey]:
    """Every key that signed or signs, the oldest first. ``first`` is the one that the log began with."""
    keys = [LogKey(first)]
    for entry in entries:
        if entry.action == REPLACE and _may_change(keys, entry):
            new = named(first.name, entry)
            if new is not None and all(new != key.vkey for key in keys):
                keys[-1] = replace(keys[-1], replaced=entry)
                keys.append(LogKey(new, change=entry))
        elif entry.action == END and _may_end(keys, entry):
            keys[-2] = replace(keys[-2], end=entry)
    return keys


def _may_end(keys: list[LogKey], entry: Told) -> bool:
    """One that has a successor."""
    left = keys[-2] if len(keys) > 1 else None
    return left is not None and left.end is None and entry.facts.get("key") == digest(left.vkey)


def _may_change(keys: list[LogKey], entry: Told) -> bool:
    """From the key that signs alone."""
    alone = len(keys) == 1 or keys[-2].end is not None
    return alone and entry.facts.get("old") == digest(keys[-1].vkey)


def named(origin: str, entry: Told) -> Vkey | None:
    """The key that an entry brings, when it is one of this log."""
    try:
        vkey = Vkey(origin, b64decode(entry.facts["new_public"], validate=True))
    except (KeyError, TypeError, binascii.Error, ValueError, BadNote):
        return None
    return vkey if entry.facts.get("new") == digest(vkey) else None


def first_of(origin: str) -> Vkey | None:
    """The key that signed the first checkpoint of this log; None where nothing was signed."""
    row = SignedCheckpoint.objects.filter(origin=origin).order_by("size").first()
    return None if row is None else row.key


def all_of(origin: str, head: Checkpoint | None = None) -> list[LogKey]:
    """The keys of a log that has signed something, the oldest first."""
    first = first_of(origin)
    return [] if first is None else of(first, told(head))


def signing(keys: list[LogKey]) -> list[LogKey]:
    """Those that sign, the newest first."""
    return [key for key in reversed(keys) if key.end is None]


def leaving(keys: list[LogKey]) -> LogKey | None:
    """The one that was replaced and still signs."""
    return next((key for key in keys if key.state == LEAVING), None)


def end_is_due(origin: str) -> bool:
    """Whether the key that was replaced has signed beside its successor for as long as the log says."""
    key = leaving(all_of(origin))
    if key is None or key.replaced is None or timezone.now() < key.replaced.at + key.replaced.overlap:
        return False
    return first_checkpoint(origin, key.replaced) is not None


def prepared(origin: str) -> Told | None:
    """The newest entry that announced a key which has not signed yet."""
    entries = told()
    first = first_of(origin)
    used = [] if first is None else [key.vkey for key in of(first, entries)]
    announced = [entry for entry in entries if entry.action == PREPARE and named(origin, entry)]
    waiting = [entry for entry in announced if named(origin, entry) not in used]
    return waiting[-1] if waiting else None


class Signers:
    """Who has to have signed a checkpoint of this log of any size."""

    def __init__(self, origin: str) -> None:
        found = all_of(origin)
        self.since = [0]
        self.keys: list[list[Vkey]] = [[key.vkey for key in found[:1]]]
        for place, key in enumerate(found):
            if key.change is not None:
                self._from(key.change, [key.vkey, found[place - 1].vkey])
            if key.end is not None:
                self._from(key.end, [found[place + 1].vkey])
        order = sorted(range(len(self.since)), key=self.since.__getitem__)
        self.since, self.keys = [self.since[n] for n in order], [self.keys[n] for n in order]

    def _from(self, entry: Told, keys: list[Vkey]) -> None:
        index = tree.index_of(entry.entry)
        if index is not None:
            self.since.append(index + 1)
            self.keys.append(keys)

    def at(self, size: int) -> list[Vkey]:
        """The newest key first."""
        return self.keys[bisect_right(self.since, size) - 1]


def spans(keys: list[LogKey]) -> list[str]:
    """Each key with the sizes at which it signs: the first, and the first at which it does no more (or -)."""
    return [f"{first} {'-' if end is None else end} {vkey.text()}" for first, end, vkey in _spans(keys)]


def since(signed: SignedCheckpoint) -> list[str]:
    """The keys that have signed this checkpoint, and those that came after."""
    found = _spans(all_of(signed.origin))
    return [vkey.text() for _first, end, vkey in found if end is None or end > signed.size]


def _spans(keys: list[LogKey]) -> list[tuple[int, int | None, Vkey]]:
    found = []
    for key in keys:
        first = 0 if key.change is None else (tree.index_of(key.change.entry) or 0) + 1
        end = None if key.end is None else tree.index_of(key.end.entry)
        found.append((first, None if end is None else end + 1, key.vkey))
    return found


def first_checkpoint(origin: str, entry: Told, size: int | None = None) -> SignedCheckpoint | None:
    """The first checkpoint of this log that covers an entry; None while there is none (up to a size)."""
    index = tree.index_of(entry.entry)
    if index is None:
        return None
    rows = SignedCheckpoint.objects.filter(origin=origin, size__gt=index)
    if size is not None:
        rows = rows.filter(size__lte=size)
    return rows.order_by("size").first()


@dataclass(frozen=True)
class Change:
    """A key and the first checkpoint that it signed, together with the one before it."""

    vkey: Vkey
    signed: SignedCheckpoint


def changes(origin: str, size: int) -> list[Change]:
    """Every change of the key up to a checkpoint, the oldest first."""
    found = []
    for key in all_of(origin)[1:]:
        row = first_checkpoint(origin, key.change, size) if key.change is not None else None
        if row is not None:
            found.append(Change(key.vkey, row))
    return found


def turns(origin: str, size: int) -> list[tuple[Told, SignedCheckpoint]]:
    """Every entry that changed or ended a key, with the first checkpoint over it, in the order of the log."""
    said = [entry for key in all_of(origin) for entry in (key.change, key.end) if entry is not None]
    found = [(entry, first_checkpoint(origin, entry, size)) for entry in said]
    return sorted(((entry, row) for entry, row in found if row is not None), key=lambda turn: turn[1].size)


@dataclass(frozen=True)
class Shown:
    """A key in the words of the page."""

    vkey: str
    state: str
    first: SignedCheckpoint | None
    since: datetime | None
    until: datetime | None


def shown(origin: str) -> list[Shown]:
    """The keys of a log for people: the one that comes, then from the newest to the oldest."""
    coming = prepared(origin)
    rows = []
    if coming is not None:
        rows.append(Shown(_text(origin, coming), COMING, None, coming.at, None))
    for key in reversed(all_of(origin)):
        if key.change is None:
            first = SignedCheckpoint.objects.filter(origin=origin).order_by("size").first()
        else:
            first = first_checkpoint(origin, key.change)
        since = None if first is None else first.at
        rows.append(Shown(key.vkey.text(), key.state, first, since, key.ends_at))
    return rows


def _text(origin: str, entry: Told) -> str:
    vkey = named(origin, entry)
    return "" if vkey is None else vkey.text()


def in_note(signed: SignedCheckpoint) -> list[Vkey]:
    """The keys of the log whose signatures a checkpoint bears, the newest first."""
    borne = {(line.name, line.key_id) for line in signed.signed.signatures}
    keys = [key.vkey for key in reversed(all_of(signed.origin))]
    return [key for key in keys if (key.name, key.key_id) in borne] or [signed.key]


def listed(origin: str, size: int) -> str:
    """All keys of a log up to a size, one on a line: from which size on each signs, and its verifier key."""
    first = first_of(origin)
    rows = [] if first is None else [(0, first)]
    rows += [(change.signed.size, change.vkey) for change in changes(origin, size)]
    return "".join(f"{since}\t{vkey.text()}\n" for since, vkey in rows)
