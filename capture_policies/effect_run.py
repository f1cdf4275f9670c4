"""Measures rules in the background: gather the texts, ask the engine of the agents, keep the counts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from audits import background
from audits.actor import Actor
from capture_policies import corpora
from capture_policies.actions import effects
from capture_policies.models import RuleEffect
from mci_core import policy as policies
from mci_core.redaction import quality


def run(effect_id: UUID | str, actor: Actor) -> bool:
    """Run one that waits; False when there is none, or another worker has it."""
    return background.run(
        RuleEffect.objects.all(),
        effect_id,
        _measured,
        lambda row, result, error: effects.finish_effect(effect=row, result=result, error=error, actor=actor),
    )


def _measured(row: RuleEffect) -> dict[str, Any]:
    new = policies.parse(bytes(row.body)).rules
    old = () if row.base is None else policies.parse(bytes(row.base)).rules
    found = corpora.gather()
    total = sum(len(texts) for texts in found.values())
    result: dict[str, Any] = {}
    before = 0
    for name, texts in found.items():

        def mark(done: int, _of: int, start: int = before) -> None:
            background.mark(row, start + done, total)

        effect = quality.compare(texts, old, new, progress=mark)
        result[name] = corpora.in_steps(effect) if name == "stored" else effect.as_json()
        before += len(texts)
    return result
