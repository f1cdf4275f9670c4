"""Measures rules in the background: claim the row, gather the texts, ask the engine of the agents, keep the
counts.

Claim and progress are marks on the row, as those of simulations.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from audits.actor import Actor
from capture_policies import corpora
from capture_policies.actions import effects
from capture_policies.models import RuleEffect
from capture_policies.models_effect import EffectState
from mci_core import policy as policies
from mci_core.errors import ActionError
from mci_core.redaction import quality

CLAIM = timedelta(minutes=2)


def run(effect_id: UUID | str, actor: Actor) -> bool:
    """Run one that waits; False when there is none, or another worker has it."""
    row = _claimed(effect_id)
    if row is None:
        return False
    try:
        result = _measured(row)
    except ActionError as fault:
        effects.finish_effect(effect=row, error=fault.code, actor=actor)
        return True
    effects.finish_effect(effect=row, result=result, actor=actor)
    return True


def _claimed(effect_id: UUID | str) -> RuleEffect | None:
    now = timezone.now()
    waiting = RuleEffect.objects.waiting(now).filter(pk=effect_id)
    if not waiting.update(state=EffectState.RUNNING, claimed_until=now + CLAIM):
        return None
    return RuleEffect.objects.get(pk=effect_id)


def _measured(row: RuleEffect) -> dict[str, Any]:
    new = policies.parse(bytes(row.body)).rules
    old = () if row.base is None else policies.parse(bytes(row.base)).rules
    found = corpora.gather()
    total = sum(len(texts) for texts in found.values())
    result: dict[str, Any] = {}
    before = 0
    for name, texts in found.items():

        def mark(done: int, _of: int, start: int = before) -> None:
            _mark(row, start + done, total)

        effect = quality.compare(texts, old, new, progress=mark)
        result[name] = corpora.in_steps(effect) if name == "stored" else effect.as_json()
        before += len(texts)
    return result


def _mark(row: RuleEffect, done: int, total: int) -> None:
    RuleEffect.objects.filter(pk=row.pk, state=EffectState.RUNNING).update(
        done=done, total=total, claimed_until=timezone.now() + CLAIM
    )
    row.total = total
