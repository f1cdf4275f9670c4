"""Agreements with works councils, unions and inspectorates: written down, and ended before their day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from accounts import permissions
from accounts.models import Department
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.registry import audited
from jurisdictions.models import Agreement, LawPack
from jurisdictions.steps import leases_change
from mci_core.errors import Conflict, Invalid
from mci_core.policy_model import SIGNALS

_KINDS = ("works_council", "union", "inspectorate")


@audited("jurisdictions.record_agreement")
def record_agreement(
    *,
    place: str,
    kind: str,
    number: str,
    signals: Sequence[str],
    valid_from: date,
    valid_to: date,
    actor: Actor,
    retention_ceiling_days: int | None = None,
    also_places: Sequence[str] = (),
    departments: Sequence[Department] = (),
) -> Agreement:
    """Write down an agreement that exists. It allows the listed signals only, at its sites, for its units."""
    permissions.require(actor, "jurisdictions.record_agreement")
    sites = list(dict.fromkeys([place, *also_places]))
    _check_agreement(sites, kind, number, signals, valid_from, valid_to)
    agreement = Agreement.objects.create(
        place=place,
        also_places=sites[1:],
        departments=[unit.pk for unit in departments],
        kind=kind,
        number=number.strip(),
        signals=[signal for signal in SIGNALS if signal in signals],
        valid_from=valid_from,
        valid_to=valid_to,
        retention_ceiling_days=retention_ceiling_days,
        recorded_by=actor.user,
    )
    log.append(
        action="jurisdictions.record_agreement",
        actor=actor,
        obj=agreement,
        facts={
            "place": place,
            "also_places": agreement.also_places,
            "departments": [str(unit) for unit in agreement.departments],
            "kind": kind,
            "signals": agreement.signals,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "retention_ceiling_days": retention_ceiling_days,
        },
        details={"number": agreement.number},
    )
    leases_change()
    return agreement


def _check_agreement(
    sites: Sequence[str], kind: str, number: str, signals: Sequence[str], valid_from: date, valid_to: date
) -> None:
    known = {area for body in LawPack.objects.values_list("body", flat=True) for area in _areas_of(body)}
    for place in sites:
        if place not in known and place.partition("-")[0] not in known:
            field = "place" if place == sites[0] else "also_places"
            raise Invalid(f"No law pack covers this place: {place[:8]}.", field=field)
    if kind not in _KINDS:
        raise Invalid("There is no such kind of agreement.", field="kind")
    if not number.strip():
        raise Invalid("Give the number or title by which the agreement can be found.", field="number")
    if not signals or not set(signals) <= set(SIGNALS):
        raise Invalid("Choose the signals that the agreement allows.", field="signals")
    if valid_to < valid_from:
        raise Invalid("The last day comes before the first.", field="valid_to")


def _areas_of(body: dict[str, Any]) -> list[str]:
    return [body["place"], *body.get("members", [])]


@audited("jurisdictions.end_agreement")
def end_agreement(*, agreement: Agreement, reason: str, actor: Actor) -> Agreement:
    """From now on it allows nothing."""
    permissions.require(actor, "jurisdictions.end_agreement")
    reason = reasons.given(reason)
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)
    if agreement.ended_at is not None:
        raise Conflict("This agreement was ended already.")
    agreement.ended_at = timezone.now()
    agreement.save(update_fields=["ended_at"])
    log.append(
        action="jurisdictions.end_agreement",
        actor=actor,
        obj=agreement,
        reason=reason,
        facts={"place": agreement.place, "kind": agreement.kind},
    )
    leases_change()
    return agreement
