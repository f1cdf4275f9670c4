"""Runs a simulation in the background: count the weeks once, ask the evaluator, keep the rows."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from audits import background
from audits.actor import Actor
from capture_policies import past_cells
from capture_policies.actions import simulations
from capture_policies.models import PastWeeks, Simulation
from capture_policies.past_cells import Cell
from capture_policies.simulating import Row
from capture_policies.simulating import Simulation as Held
from mci_core import policy as policies


def run(simulation_id: UUID | str, actor: Actor) -> bool:
    """Run one that waits; False when there is none, or another worker has it."""
    return background.run(
        Simulation.objects.all(),
        simulation_id,
        lambda row: _rows(row, actor),
        lambda row, rows, error: simulations.finish_simulation(
            simulation=row, rows=rows or (), error=error, actor=actor
        ),
    )


def _rows(row: Simulation, actor: Actor) -> list[Row]:
    cells = _cells(row, actor)
    at = datetime.combine(row.until, time.min, UTC) - timedelta(seconds=1)
    held = Held(policies.parse(bytes(row.body)), at)
    return held.rows(cells, lambda done, total: background.mark(row, done, total))


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
        background.mark(row, index, len(entries))
        cells += past_cells.cells_of(entry, label, source.counted(entry, row.since, row.until))
    return cells
