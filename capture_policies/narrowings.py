"""What can be taken out of the live policy at once, and what would be left: reads and pure steps, no change.

An entry is *removed* where that provably captures less. Where a less specific site would take over its pages,
or a redaction rule looks only in it, removing it could capture more: then it is *closed*, which means that it
stays with no signal and keeps its pages to itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from capture_policies import queries
from capture_policies.models import Narrowing, PolicyDraft, PolicyVersion, Release, Rollout, RolloutState
from mci_core import policy
from mci_core.errors import Invalid, Stale
from mci_core.policy import Entry, Policy

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Taken:
    """A document with less in it, and what happened to whom."""

    document: Document
    removed: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()

    @property
    def entries(self) -> list[str]:
        return sorted((*self.removed, *self.closed))


def take_out(base: Policy, ids: Collection[str]) -> Taken | None:
    """``base`` without what these entries capture; None where they capture nothing in it."""
    wanted = [entry.id for entry in base.entries if entry.id in set(ids) and entry.signals]
    if not wanted:
        return None
    selected = {entry for rule in base.rules for entry in rule.selector.entries}
    loose = [entry for entry in wanted if entry not in selected]
    document = _without(base.doc, loose)
    if loose and policy.direction(base, document) == "wider":
        loose = [entry for entry in loose if policy.direction(base, _without(base.doc, [entry])) != "wider"]
        document = _without(base.doc, loose)
    closed = [entry for entry in wanted if entry not in loose]
    return Taken(_closed(document, closed), tuple(loose), tuple(closed))


def in_force() -> list[PolicyVersion]:
    """Every version by which devices may capture now: on its way (newest first), then live."""
    rows = Rollout.objects.open().select_related("release__version").order_by("-started_at")
    found = {rollout.release.version_id: rollout.release.version for rollout in rows}
    live = queries.live_version()
    if live is not None:
        found.setdefault(live.pk, live)
    return list(found.values())


def settled() -> PolicyVersion | None:
    """What everybody has or is getting in one wave; None while another release goes out bit by bit."""
    rollout = Rollout.objects.open().select_related("release__version").order_by("-started_at").first()
    if rollout is None:
        return queries.live_version()
    first = rollout.waves.first()
    everybody = rollout.only_release is None and first is not None and first.percent == 100
    return rollout.release.version if everybody and rollout.state == RolloutState.RUNNING else None


def captured_entry(entry_id: str) -> tuple[Policy, Entry] | None:
    """The entry as a version in force has it, if one captures anything there."""
    for version in in_force():
        found = queries.policy_of(version)
        entry = found.entry(entry_id) if found else None
        if found is not None and entry is not None and entry.signals:
            return found, entry
    return None


def captured_ids() -> frozenset[str]:
    """Every entry in which something may be captured now."""
    found = [queries.policy_of(version) for version in in_force()]
    return frozenset(entry.id for base in found if base for entry in base.entries if entry.signals)


def expired(base: Policy, today: date) -> list[str]:
    """Entries past their last day."""
    return [entry.id for entry in base.entries if entry.expires is not None and entry.expires < today]


def undone_by(version: PolicyVersion) -> list[str]:
    """What people removed after this version was submitted and it would capture again, by name.

    A removal needs one person; what brings the entry back needs people who knew of the removal.
    """
    later = removed_since(version.submitted_at)
    found = queries.policy_of(version) if later else None
    return (
        sorted(entry.label for entry in found.entries if entry.id in later and entry.signals) if found else []
    )


def undone_by_draft(draft: PolicyDraft) -> list[str]:
    """What people removed since this draft was begun and it still has, by name."""
    later = removed_since(draft.created_at)
    return (
        sorted(row.label for row in draft.entries.all() if row.key in later and row.signals) if later else []
    )


def goes_on(release: Release) -> bool:
    """Whether the rollout of this release takes something away by one person's decision: then neither one
    person nor a gate turns it back, because what comes back needs approvals.
    """
    return release.restores_id is None and Narrowing.objects.filter(version=release.version_id).exists()


def removed_since(moment: datetime) -> frozenset[str]:
    """Entries that were taken out after this moment and that nobody has brought back with approvals."""
    decisions = Narrowing.objects.filter(at__gt=moment)
    removed = {entry for ids in decisions.values_list("entries", flat=True) for entry in ids}
    if not removed:
        return frozenset()
    now = queries.policy_of(settled() or queries.live_version())
    return frozenset(removed - {entry.id for entry in now.entries if entry.signals} if now else removed)


def refuse_undoing(version: PolicyVersion) -> None:
    """`Stale` where this version would capture again what was removed after it was written."""
    again = undone_by(version)
    if again:
        raise Stale(
            f"{', '.join(again[:5])}: removed after this version was submitted, which would capture it again."
            " Start a new draft from it, so that those who approve know.",
            code="removed_since",
        )


def parsed(document: Document) -> Policy:
    """The policy that a document stands for. Raises `Invalid` without repeating the document."""
    try:
        return policy.parse(document)
    except Invalid as fault:
        raise Invalid(fault.message, code=fault.code, field="document") from fault


def _without(document: Document, ids: Collection[str]) -> Document:
    gone = set(ids)
    return {**document, "entries": [entry for entry in document["entries"] if entry["id"] not in gone]}


def _closed(document: Document, ids: Collection[str]) -> Document:
    shut = set(ids)
    entries = [_shut(entry) if entry["id"] in shut else entry for entry in document["entries"]]
    return {**document, "entries": entries}


def _shut(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "signals": [], "keystrokes": "none", "frame_interval_s": 0}
