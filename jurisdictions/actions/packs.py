"""Law packs: brought in from the files of this version, looked at again by a role, chosen between where a law
leaves the choice.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts import permissions
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.locks import lock
from audits.registry import audited, nothing_to_do
from jurisdictions.models import LawPack, LawReview, PlaceMode
from jurisdictions.steps import leases_change, role_of
from mci_core import canonical, jurisdiction
from mci_core.errors import Conflict, Invalid

PACKS = Path(__file__).parent.parent / "packs"


@audited("jurisdictions.load_packs")
def load_packs(*, actor: Actor, folder: Path = PACKS) -> int:
    """Bring the packs of the folder into the database; returns how many are new or differ. Nothing is
    removed.
    """
    permissions.require(actor, "jurisdictions.load_packs")
    lock("jurisdictions:law-packs")
    changed = [row.key for path in sorted(folder.glob("*.json")) if (row := _put_pack(path)) is not None]
    if not changed:
        with nothing_to_do():
            return 0
    log.append(
        action="jurisdictions.load_packs",
        actor=actor,
        obj=None,
        facts={"packs": sorted(set(changed)), "count": len(changed)},
    )
    leases_change()
    return len(changed)


def _put_pack(path: Path) -> LawPack | None:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    pack, digest = jurisdiction.parse_pack(document["pack"]), canonical.digest_obj(document)
    row = LawPack.objects.filter(key=pack.id, effective_from=pack.effective_from).first()
    if row is not None and row.digest == digest:
        return None
    row = row or LawPack(key=pack.id, effective_from=pack.effective_from)
    row.place, row.effective_to = pack.place, pack.effective_to
    row.title, row.words, row.clocks = document["title"], document["words"], document["clocks"]
    row.modes, row.reviewer = document.get("modes", {}), document.get("reviewer", "")
    row.reviewed_on = date.fromisoformat(document["reviewed_on"]) if "reviewed_on" in document else None
    row.body, row.source, row.review_by, row.digest = document["pack"], pack.source, pack.review_by, digest
    row.save()
    return row


@audited("jurisdictions.review_pack")
def review_pack(*, pack: LawPack, next_by: date, note: str, actor: Actor) -> LawReview:
    """Somebody looked at this law again today. The text stays: another text comes with another version."""
    permissions.require(actor, "jurisdictions.review_pack")
    note, today = reasons.given(note, field="note"), timezone.now().date()
    if next_by <= today:
        raise Invalid("The next look has to be in the future.", field="next_by")
    pack = LawPack.objects.select_for_update().get(pk=pack.pk)
    if pack.effective_to is not None and pack.effective_to < today:
        raise Conflict("This law is no longer in force.")
    review = LawReview.objects.create(
        pack=pack, reviewed_on=today, role=role_of(actor), note=note, next_by=next_by, recorded_by=actor.user
    )
    pack.reviewer, pack.reviewed_on, pack.review_by = review.role, today, next_by
    pack.save(update_fields=["reviewer", "reviewed_on", "review_by"])
    log.append(
        action="jurisdictions.review_pack",
        actor=actor,
        obj=pack,
        reason=note,
        facts={"pack": pack.key, "digest": pack.digest, "role": review.role, "next_by": next_by},
    )
    return review


@audited("jurisdictions.set_place_mode")
def set_place_mode(*, pack: LawPack, mode: str, reason: str, actor: Actor) -> PlaceMode:
    """Choose between the ways to notify that a law leaves open. Counts from now on."""
    permissions.require(actor, "jurisdictions.set_place_mode")
    reason = reasons.given(reason)
    pack = LawPack.objects.select_for_update().get(pk=pack.pk)
    if mode not in pack.modes:
        raise Invalid("The law of this place leaves no such choice.", field="mode")
    before = PlaceMode.objects.filter(place=pack.place).order_by("-at").first()
    if before is not None and before.mode == mode:
        raise Conflict("This is the choice already.")
    row = PlaceMode.objects.create(place=pack.place, mode=mode, reason=reason, set_by=actor.user)
    log.append(
        action="jurisdictions.set_place_mode",
        actor=actor,
        obj=row,
        reason=reason,
        facts={"place": pack.place, "mode": mode, "before": None if before is None else before.mode},
    )
    leases_change()
    return row
