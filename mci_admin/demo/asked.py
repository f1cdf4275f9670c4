"""What people of the demo ask of the allowlist: one wish of many, one of few, one of a member of staff."""

from __future__ import annotations

from collections.abc import Sequence

from audits.actor import Actor
from capture_policies import queries
from capture_policies.actions.requests import ask_for_entry, file_request
from capture_policies.request_things import to_add, to_remove

MANY, FEW = 6, 2


def ask(employees: Sequence[Actor], staff: Actor) -> None:
    """Ask, once the first policy is live."""
    live = queries.policy_of(queries.live_version())
    assert live is not None
    gone = to_remove(live.entries[-1].id)
    for actor in employees[:MANY]:
        ask_for_entry(thing=gone, words="Customers write private things there.", actor=actor)
    wanted = to_add(entry_kind="site", label="Travel desk", where="https://travel.example.com/bookings")
    for actor in employees[-FEW:]:
        ask_for_entry(thing=wanted, words="The same steps every week.", actor=actor)
    planner = to_add(entry_kind="app", label="Shift planner", where="shiftplanner")
    file_request(thing=planner, words="Support plans its shifts there.", actor=staff)
