"""Putting many entries into a draft at once: all of them or none, with one entry in the log."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.utils import timezone

from accounts import permissions
from audits import actions as log
from audits.actor import Actor
from audits.registry import audited
from capture_policies import bulk, document
from capture_policies.models import DraftEntry, DraftState, PolicyDraft
from mci_core import policy
from mci_core.errors import Conflict, Invalid, Stale

_INDEX = re.compile(r"entries\[(\d+)\]\.?")


@dataclass(frozen=True)
class Put:
    """How many entries are new in the draft, and how many are other than before."""

    added: int
    changed: int


@audited("capture_policies.put_entries")
def put_entries(
    *,
    draft: PolicyDraft,
    data: Sequence[Mapping[str, Any]],
    source: str,
    actor: Actor,
    seen: str | None = None,
) -> Put:
    """Add entries of ``mci-policy/1`` to a draft; one whose id is there already is replaced.

    ``source`` is ``catalogue`` or ``import``; ``seen`` is the digest of the draft's entries that the person
    was shown. Raises `Stale` when they changed since, `Invalid` naming the entry that a draft cannot hold.
    """
    permissions.require(actor, "capture_policies.put_entries")
    draft = PolicyDraft.objects.select_for_update().get(pk=draft.pk)
    if draft.state != DraftState.OPEN:
        raise Conflict("This draft is no longer open. Start a new one from its version.", code="draft_closed")
    held = {row.key: row for row in draft.entries.all()}
    before = {key: cast("dict[str, Any]", document.entry_doc(row)) for key, row in held.items()}
    if seen is not None and seen != bulk.entries_digest(before.values()):
        raise Stale("The entries of this draft were changed meanwhile. Look at the preview again.")
    given = {str(doc["id"]): dict(doc) for doc in data}
    _check(draft, before, given)
    added, changed = _write(draft, held, given)
    draft.updated_at = timezone.now()
    draft.save(update_fields=["updated_at"])
    log.append(
        action="capture_policies.put_entries",
        actor=actor,
        obj=draft,
        facts={"source": source, "added": sorted(added), "changed": sorted(changed)},
        details={"before": {key: before[key] for key in changed}, "after": given},
    )
    return Put(len(added), len(changed))


def _check(draft: PolicyDraft, before: Mapping[str, Any], given: Mapping[str, Mapping[str, Any]]) -> None:
    """All entries of the draft as they would stand in its document, judged together."""
    entries = [*(doc for key, doc in before.items() if key not in given), *given.values()]
    whole = {**document.document_of(draft), "entries": entries, "rules": []}
    try:
        policy.parse(cast("Mapping[str, Any]", whole))
    except Invalid as fault:
        place = _INDEX.match(fault.field or "")
        name = f"{entries[int(place[1])]['id']}: " if place else ""
        raise Invalid(f"{name}{fault.message}", code=fault.code) from fault
    unknown = next(document.unknown_groups(entries), None)
    if unknown is not None:
        raise Invalid(unknown[1], code="group_unknown")
    bulk.check_storable(given.values())


def _write(
    draft: PolicyDraft, held: Mapping[str, DraftEntry], given: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    rows = {key: document.entry_row(draft, doc) for key, doc in given.items()}
    for key in rows.keys() & held.keys():
        rows[key].pk = held[key].pk
    changed = [key for key in rows if key in held]
    added = [key for key in rows if key not in held]
    names = [column.name for column in DraftEntry._meta.concrete_fields if column.name not in ("id", "draft")]
    DraftEntry.objects.bulk_create([rows[key] for key in added])
    DraftEntry.objects.bulk_update([rows[key] for key in changed], names, batch_size=200)
    return added, changed
