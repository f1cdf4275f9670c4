"""A drill measures how fast agents would confirm a stop, and changes no lease."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents import drills, tasks
from agents.actions import end_drill, start_drill
from agents.models import CaptureStop, StopDrill
from audits.models import AuditEntry
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.agents.support import Agent
from tests.server.cast import REASON, Cast


def drill(cast: Cast, scope: str = "programme", value: str = "") -> StopDrill:
    return start_drill(scope=scope, value=value, reason=REASON, actor=cast.actor("officer"))


def ordered(agent: Agent) -> list[dict[str, Any]]:
    return [command for command in agent.renew()["commands"] if command["kind"] == "drill"]


def test_a_drill_asks_every_agent_and_stops_none(agent: Agent, cast: Cast) -> None:
    agent.renew()
    found = drill(cast)
    assert (found.devices, found.connected) == (2, 1)
    assert found.worst_case is not None
    answer = agent.renew()
    assert (answer["state"], len(answer["commands"])) == ("on", 1)
    assert not CaptureStop.objects.exists()


@pytest.mark.parametrize("result", ["done", "failed"])
def test_every_signed_answer_counts(agent: Agent, cast: Cast, result: str) -> None:
    """An agent that knows no drills says "failed", and has answered all the same."""
    found = drill(cast)
    (command,) = ordered(agent)
    agent.send(f"commands/{command['id']}/done", {"result": result})
    seen = drills.result_of(found)
    assert (seen.answered, seen.silent) == (1, 1)
    assert seen.median_ms == seen.slowest_ms
    assert seen.median_ms is not None
    assert [row.proof for row in drills.answers(found)] == ["answered", "silent"]
    assert ordered(agent) == []


def test_the_result_stays_when_a_drill_ends(agent: Agent, cast: Cast) -> None:
    found = drill(cast)
    assert drills.result_of(found).median_ms is None
    (command,) = ordered(agent)
    agent.send(f"commands/{command['id']}/done", {"result": "done"})
    ended = end_drill(drill=found, actor=cast.actor("officer"))
    assert (ended.answered, ended.devices) == (1, 2)
    assert drills.result_of(ended).slowest_ms == ended.slowest_ms
    assert AuditEntry.objects.filter(action="agents.end_drill").exists()
    with pytest.raises(Conflict, match="ended already"):
        end_drill(drill=found, actor=cast.actor("officer"))


def test_an_order_that_nobody_answered_is_taken_back(agent: Agent, cast: Cast) -> None:
    found = drill(cast)
    (command,) = ordered(agent)
    end_drill(drill=found, actor=cast.actor("officer"))
    assert ordered(agent) == []
    agent.send(f"commands/{command['id']}/done", {"result": "done"})
    found.refresh_from_db()
    assert drills.result_of(found).answered == 0


def test_a_drill_ends_by_itself(agent: Agent, cast: Cast) -> None:
    found = drill(cast, "device", str(agent.device.pk))
    tasks.end_drills()
    assert StopDrill.objects.running().exists()
    (command,) = ordered(agent)
    agent.send(f"commands/{command['id']}/done", {"result": "done"})
    tasks.end_drills()
    assert not StopDrill.objects.running().exists()
    assert drills.is_over(drill(cast), timezone.now() + timedelta(hours=1))
    assert found.devices == 1


def test_one_drill_at_a_time_with_a_reason_by_those_who_may_stop(cast: Cast) -> None:
    drill(cast)
    with pytest.raises(Conflict, match="Another drill"):
        drill(cast)
    with pytest.raises(Invalid):
        start_drill(scope="programme", reason=" ", actor=cast.actor("officer"))
    with pytest.raises(Forbidden):
        start_drill(scope="programme", reason=REASON, actor=cast.actor("ml"))


def test_a_drill_is_seen_by_those_who_see_stops(cast: Cast) -> None:
    found = drill(cast)
    assert str(found) == "drill programme"
    assert str(found.answers.first()).endswith(str(found.pk))
    assert list(StopDrill.objects.visible_to(cast.ml)) == [found]
    assert not StopDrill.objects.visible_to(cast.employee).exists()
