"""What a reader sees of an entry: the leaf itself, and beside it the sealed part when the commitment fits.

Names are looked up for accounts only, when a page asks; the log holds ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps

from audits import leaf as leaves
from audits.kek import detail_key_by_id
from audits.models import AuditDetail, AuditEntry
from mci_core.envelope import CannotOpen

ERASED = "The details of this entry were erased with the data of the person they are about."


#: More than are written in a day, so that each kind of check is among them.
VERDICTS = 40


@dataclass(frozen=True)
class Opened:
    """The sealed part; ``problem`` says why it cannot be shown."""

    reason: str = ""
    details: dict[str, Any] | None = None
    problem: str = ""

    def holds(self, words: Sequence[str]) -> bool:
        """Whether each of these words, in lower case, is in the reason or in a detail."""
        text = json.dumps([self.reason, self.details], ensure_ascii=False).casefold()
        return not self.problem and all(word in text for word in words)


def leaf_of(entry: AuditEntry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry.leaf)
    return found


def opened(entry: AuditEntry) -> Opened:
    """Reason and details, compared with the commitment in the leaf."""
    return next(opened_many([entry]))[1]


def opened_many(entries: Sequence[AuditEntry]) -> Iterator[tuple[AuditEntry, Opened]]:
    """The same for many, opened one by one as they are asked for; each person's key is looked up once."""
    details = AuditDetail.objects.in_bulk([entry.pk for entry in entries])
    key_of = cache(detail_key_by_id)
    for entry in entries:
        yield entry, _opened(details.get(entry.pk), leaf_of(entry)["commitment"], key_of)


def _opened(detail: AuditDetail | None, committed: str, key_of: leaves.KeyOf) -> Opened:
    if detail is None:
        return Opened(problem="The details of this entry were erased.")
    try:
        salt, private = leaves.unseal_stored(bytes(detail.salt), bytes(detail.sealed), committed, key_of)
    except leaves.Erased:
        return Opened(problem=ERASED)
    except CannotOpen:
        return Opened(problem="The details do not open with the current key.")
    if leaves.commitment(salt, private) != committed:
        return Opened(problem="The details are not those that the entry committed to.")
    found = json.loads(private)
    return Opened(reason=found["reason"], details=found["details"])


@cache
def object_types() -> tuple[str, ...]:
    """Every kind of object that an entry can be about: the index on objects begins with it."""
    return tuple(model._meta.label_lower for model in apps.get_models())


def last_verdict() -> AuditEntry | None:
    """The entry of the last full check of the log: ``audits.log_verified`` or ``audits.log_broken``.

    The database and the exported files are checked apart, each as often as it is: a fault in one stays the
    verdict until that one is found sound, whatever was found in the other meanwhile.
    """
    verdicts = AuditEntry.objects.filter(action__in=("audits.log_verified", "audits.log_broken"))
    latest: dict[str, AuditEntry] = {}
    for entry in verdicts.order_by("-pk")[:VERDICTS]:
        latest.setdefault(str(leaf_of(entry)["facts"].get("read", "database")), entry)
    broken = (entry for entry in latest.values() if entry.action == "audits.log_broken")
    return next(broken, next(iter(latest.values()), None))
