"""One example for every action on simulations."""

from __future__ import annotations

from datetime import date

from capture_policies import queries
from capture_policies.actions import simulations
from capture_policies.models import PastWeeks, Simulation
from tests.server.capture_policies.support import Desk, found_repository
from tests.server.cast import REASON, Cast


def _requested(cast: Cast) -> Simulation:
    found_repository()
    policy = queries.policy_of(Desk(cast).version())
    assert policy is not None
    return simulations.request_simulation(policy=policy, title=REASON, actor=cast.actor("officer"))


def request_simulation(cast: Cast) -> None:
    _requested(cast)


def count_weeks(cast: Cast) -> None:
    since, until = date(2026, 1, 5), date(2026, 2, 2)
    simulations.count_weeks(since=since, until=until, cells=[], actor=cast.system())


def finish_simulation(cast: Cast) -> None:
    simulations.finish_simulation(simulation=_requested(cast), actor=cast.system())


def forget_weeks(cast: Cast) -> None:
    count_weeks(cast)
    PastWeeks.objects.update(until=date(2020, 1, 6))
    assert simulations.forget_weeks(actor=cast.system()) == 1


EXAMPLES = {
    f"capture_policies.{example.__name__}": example
    for example in (request_simulation, count_weeks, finish_simulation, forget_weeks)
}
