"""Runs a simulation in the background: claim the row, count the weeks once, ask the evaluator, keep the rows.

Claim and progress are marks on the row that another worker and the page read; they are no change of state
that anybody decided, so they are not logged. A worker that is lost lets its claim run out.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from audits.actor import Actor
from capture_policies import past_cells
from capture_policies.actions import simulations
from capture_policies.models import PastWeeks, Simulation
from capture_policies.models_simulation import SimulationState
from capture_policies.past_cells import Cell
from capture_policies.simulating import Simulation as Held
from mci_core import policy as policies
from mci_core.errors import ActionError

CLAIM = timedelta(minutes=2)


def run(simulation_id: UUID | str, actor: Actor) -> bool:
    """Run one that waits; False when there is none, or another worker has it."""
    row = _claimed(simulation_id)
    if row is None:
        return False
    try:
        cells = _cells(row, actor)
        at = datetime.combine(row.until, time.min, UTC) - timedelta(seconds=1)
        rows = Held(policies.parse(bytes(row.body)), at).rows(cells, lambda *now: _mark(row, *now))
    except ActionError as fault:
        simulations.finish_simulation(simulation=row, error=fault.code, actor=actor)
        return True
    simulations.finish_simulation(simulation=row, rows=rows, actor=actor)
    return True


def _claimed(simulation_id: UUID | str) -> Simulation | None:
    now = timezone.now()
    waiting = Simulation.objects.waiting(now).filter(pk=simulation_id)
    if not waiting.update(state=SimulationState.RUNNING, claimed_until=now + CLAIM):
        return None
    return Simulation.objects.get(pk=simulation_id)


def _mark(row: Simulation, done: int, total: int) -> None:
    Simulation.objects.filter(pk=row.pk, state=SimulationState.RUNNING).update(
        done=done, total=total, claimed_until=timezone.now() + CLAIM
    )


def _cells(row: Simulation, actor: Actor) -> list[Cell]:
    """The cells of the weeks: those that were counted before, else counted now."""
    kept = PastWeeks.objects.filter(since=row.since, until=row.until).first()
    if kept is None:
        kept = simulations.count_weeks(since=row.since, until=row.until, cells=_counted(row), actor=actor)
    return [Cell.of(cell) for cell in kept.cells]


def _counted(row: Simulation) -> list[Cell]:
    source = past_cells.provider()
    if source is None:
        return []
    cells: list[Cell] = []
    entries = source.entries(row.since, row.until)
    for index, (entry, label) in enumerate(entries):
        _mark(row, index, len(entries))
        cells += past_cells.cells_of(entry, label, source.counted(entry, row.since, row.until))
    return cells
