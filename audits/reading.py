"""What a reader sees of an entry: the leaf itself, and beside it the sealed part when the commitment fits.

Names are looked up for accounts only, when a page asks; the log holds ids.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from audits import leaf as leaves
from audits.models import AuditDetail, AuditEntry
from mci_core.envelope import CannotOpen

ERASED = "The details of this entry were erased with the data of the person they are about."


@dataclass(frozen=True)
class Opened:
    """The sealed part; ``problem`` says why it cannot be shown."""

    reason: str = ""
    details: dict[str, Any] | None = None
    problem: str = ""


def leaf_of(entry: AuditEntry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry.leaf)
    return found


def opened(entry: AuditEntry) -> Opened:
    """Reason and details, compared with the commitment in the leaf."""
    detail = AuditDetail.objects.filter(pk=entry.pk).first()
    if detail is None:
        return Opened(problem="The details of this entry were erased.")
    committed = leaf_of(entry)["commitment"]
    try:
        salt, private = leaves.unseal_stored(bytes(detail.salt), bytes(detail.sealed), committed)
    except leaves.Erased:
        return Opened(problem=ERASED)
    except CannotOpen:
        return Opened(problem="The details do not open with the current key.")
    if leaves.commitment(salt, private) != committed:
        return Opened(problem="The details are not those that the entry committed to.")
    found = json.loads(private)
    return Opened(reason=found["reason"], details=found["details"])


def last_verdict() -> AuditEntry | None:
    """The entry of the last full check of the log: ``audits.log_verified`` or ``audits.log_broken``."""
    verdicts = AuditEntry.objects.filter(action__in=("audits.log_verified", "audits.log_broken"))
    return verdicts.order_by("-pk").first()
