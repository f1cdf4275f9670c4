"""The verbs of simulations: ask for one, count the weeks it is about, keep what came out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils import timezone

import audits.actions as log
from accounts.permissions import require
from audits import background
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from capture_policies import past_cells, simulating
from capture_policies.models import PastWeeks, Simulation
from mci_core import policy as policies
from mci_core.policy import Policy

#: Approvals of a version rest on what people saw, so its simulation outlives the weeks it is about.
KEEP_WEEKS = timedelta(days=180)


@audited("capture_policies.request_simulation")
def request_simulation(*, policy: Policy, title: str, actor: Actor) -> Simulation:
    """Ask what a policy would have made of the last whole weeks. Asked twice: the same answer.

    One that failed begins anew.
    """
    require(actor, "capture_policies.request_simulation")
    since, until = past_cells.weeks_before(timezone.now().date())
    row, made = Simulation.objects.select_for_update().get_or_create(
        digest=policy.digest,
        since=since,
        until=until,
        defaults={
            "body": policies.canonical_bytes(policy.doc),
            "title": title[:160],
            "requested_by": actor.user,
        },
    )
    if not (made or background.begins_anew(row)):
        with nothing_to_do():
            return row
    log.append(
        action="capture_policies.request_simulation",
        actor=actor,
        obj=row,
        facts={"policy": row.digest, "since": since, "until": until},
    )
    enqueue_on_commit("capture_policies.tasks.run_simulation", str(row.pk))
    return row


@audited("capture_policies.count_weeks")
def count_weeks(*, since: date, until: date, cells: Sequence[past_cells.Cell], actor: Actor) -> PastWeeks:
    """Keep the cells of some weeks. Those that were kept first stay: no answer may differ by one person."""
    require(actor, "capture_policies.count_weeks")
    row, made = PastWeeks.objects.get_or_create(
        since=since, until=until, defaults={"cells": [cell.as_json() for cell in cells]}
    )
    if not made:
        with nothing_to_do():
            return row
    log.append(
        action="capture_policies.count_weeks",
        actor=actor,
        obj=row,
        facts={"since": since, "until": until, "cells": len(cells)},
    )
    return row


@audited("capture_policies.forget_weeks")
def forget_weeks(*, actor: Actor) -> int:
    """Delete weeks that nobody can ask about any more, and what was answered about them."""
    require(actor, "capture_policies.forget_weeks")
    before = timezone.now().date() - KEEP_WEEKS
    answers, _ = Simulation.objects.filter(until__lt=before).delete()
    weeks, _ = PastWeeks.objects.filter(until__lt=before).delete()
    if not answers + weeks:
        with nothing_to_do():
            return 0
    facts = {"weeks": weeks, "simulations": answers, "before": before}
    log.append(action="capture_policies.forget_weeks", actor=actor, obj=None, facts=facts)
    return answers + weeks


@audited("capture_policies.finish_simulation")
def finish_simulation(
    *, simulation: Simulation, rows: Iterable[simulating.Row] = (), error: str = "", actor: Actor
) -> Simulation:
    """Keep the result, or the code of what went wrong."""
    require(actor, "capture_policies.finish_simulation")
    row = Simulation.objects.select_for_update().get(pk=simulation.pk)
    if not row.working:
        with nothing_to_do():
            return row
    background.settle(row, error, result=simulating.as_json(rows), done=row.total)
    log.append(
        action="capture_policies.finish_simulation",
        actor=actor,
        obj=row,
        facts={"policy": row.digest, "state": row.state, "error": row.error},
    )
    return row
