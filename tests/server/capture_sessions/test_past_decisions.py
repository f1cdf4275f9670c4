"""What is told about stored sessions: totals by entry and signal under the facts of their leases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agents.models import Lease
from capture_policies import past_cells, queries, simulating
from capture_sessions.models import CaptureSession, SessionTotal
from capture_sessions.past_decisions import StoredSessions
from mci_core import policy as policies
from tests.server.cast import Cast
from tests.server.recordings import available


def test_stored_totals_are_told_under_the_facts_of_the_lease(cast: Cast) -> None:
    session = available(cast)
    Lease.objects.filter(pk=session.lease_id).update(groups=["g"], tags=["b", "a"], denied_signals=["text"])
    rows = list(SessionTotal.objects.filter(session=session))
    since = min(row.day for row in rows)
    until = max(row.day for row in rows) + timedelta(days=1)
    source = past_cells.provider()
    assert isinstance(source, StoredSessions)
    entries = source.entries(since, until)
    assert {name for name, _label in entries} == {row.entry_id for row in rows}
    found = [one for entry, _label in entries for one in source.counted(entry, since, until)]
    assert sum(one.events for one in found) == sum(row.events for row in rows)
    assert {one.subject for one in found} == {session.subject_id}
    (facts,) = {one.facts for one in found}
    assert (facts.place, facts.groups, facts.tags, facts.denied) == (
        session.place,
        ("g",),
        ("a", "b"),
        ("text",),
    )
    assert source.entries(until, until + timedelta(days=9)) == []
    CaptureSession.objects.update(state="quarantined")
    assert source.entries(since, until) == []


def test_under_its_own_policy_every_stored_event_would_be_kept(cast: Cast, settings: Any) -> None:
    settings.MIN_GROUP_SIZE = 1  # one person's recording stands for many
    session = available(cast)
    rows = list(SessionTotal.objects.filter(session=session))
    since, until = min(row.day for row in rows), max(row.day for row in rows) + timedelta(days=1)
    source = StoredSessions()
    cells = [
        cell
        for entry, label in source.entries(since, until)
        for cell in past_cells.cells_of(entry, label, source.counted(entry, since, until))
    ]
    policy = queries.policy_by_release(session.release_number)
    found = simulating.Simulation(policy, session.captured_from).rows(cells)
    assert {row.signal for row in found} == {row.signal for row in rows}
    assert sum(row.kept for row in found) == sum(row.events for row in rows)
    nothing = policies.parse({**policy.doc, "entries": [], "rules": []})
    assert sum(
        row.dropped for row in simulating.Simulation(nothing, session.captured_from).rows(cells)
    ) == sum(row.events for row in rows)
