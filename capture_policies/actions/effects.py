"""The verbs of effects: ask what other rules would do, measure the live ones, keep what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

import audits.actions as log
from accounts.permissions import require
from audits import background
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from capture_policies import queries
from capture_policies.models import RuleEffect
from mci_core import policy as policies
from mci_core.policy import Policy

RUN = "capture_policies.tasks.run_effect"


@audited("capture_policies.request_effect")
def request_effect(*, policy: Policy, title: str, actor: Actor) -> RuleEffect:
    """Ask what the rules of a policy would do differently from the live ones. Asked twice on a day: the same
    answer. One that failed begins anew.
    """
    require(actor, "capture_policies.request_effect")
    live = queries.policy_of(queries.live_version())
    row, queued = _queued(policy, live, title, actor)
    if not queued:
        with nothing_to_do():
            return row
    _log(row, actor, "capture_policies.request_effect")
    return row


@audited("capture_policies.measure_rules")
def measure_rules(*, actor: Actor) -> RuleEffect | None:
    """Measure the live rules, once on a day."""
    require(actor, "capture_policies.measure_rules")
    live = queries.policy_of(queries.live_version())
    if live is None:
        with nothing_to_do():
            return None
    row, queued = _queued(live, live, "The live rules", actor)
    if not queued:
        with nothing_to_do():
            return row
    _log(row, actor, "capture_policies.measure_rules")
    return row


def _queued(policy: Policy, live: Policy | None, title: str, actor: Actor) -> tuple[RuleEffect, bool]:
    """The row of today, and whether it waits for a worker from now on."""
    row, made = RuleEffect.objects.select_for_update(no_key=True).get_or_create(
        digest=policy.ruleset_digest,
        against="" if live is None else live.ruleset_digest,
        day=timezone.now().date(),
        defaults={
            "body": policies.canonical_bytes(policy.doc),
            "base": None if live is None else policies.canonical_bytes(live.doc),
            "title": title[:160],
            "requested_by": actor.user,
        },
    )
    if not (made or background.begins_anew(row)):
        return row, False
    enqueue_on_commit(RUN, str(row.pk))
    return row, True


def _log(row: RuleEffect, actor: Actor, action: str) -> None:
    log.append(action=action, actor=actor, obj=row, facts={"rules": row.digest, "against": row.against})


@audited("capture_policies.finish_effect")
def finish_effect(
    *, effect: RuleEffect, result: Mapping[str, Any] | None = None, error: str = "", actor: Actor
) -> RuleEffect:
    """Keep the counts, or the code of what went wrong."""
    require(actor, "capture_policies.finish_effect")
    row = RuleEffect.objects.select_for_update(no_key=True).get(pk=effect.pk)
    if not row.working:
        with nothing_to_do():
            return row
    background.settle(row, error, result=dict(result or {}), done=row.total)
    log.append(
        action="capture_policies.finish_effect",
        actor=actor,
        obj=row,
        facts={"rules": row.digest, "state": row.state, "error": row.error, "corpora": sorted(row.result)},
    )
    return row
