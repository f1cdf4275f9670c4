"""One person stops; two restart; and for every device it is known how far the stop has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agents import stops
from agents.actions import confirm_restart, open_stop, request_restart
from agents.models import CaptureStop, Device
from audits.models import AuditEntry
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.agents.support import Agent
from tests.server.cast import REASON, Cast


def stop(cast: Cast, scope: str = "programme", value: Any = "", by: str = "officer") -> CaptureStop:
    return open_stop(scope=scope, value=str(value), reason=REASON, actor=cast.actor(by))


def proof(found: CaptureStop, device: Device) -> str:
    row = stops.devices(found, timezone.now()).get(pk=device.pk)
    return str(row.proof)


def test_a_stop_of_the_programme_stops_the_next_lease(agent: Agent, cast: Cast) -> None:
    assert agent.lease().state == "on"
    stop(cast)
    answer = agent.renew()
    assert (answer["state"], answer["reason"]) == ("stopped", "capture_stopped")


@pytest.mark.parametrize("scope", ["place", "department", "device"])
def test_a_stop_reaches_its_scope_and_nobody_else(agent: Agent, cast: Cast, scope: str) -> None:
    mine = {"place": "US", "department": cast.department.pk, "device": cast.device.pk}
    found = stop(cast, scope, mine[scope])
    assert agent.renew()["reason"] == "capture_stopped"
    assert cast.device in stops.devices(found, timezone.now())


def test_a_stop_elsewhere_does_not_concern_this_device(agent: Agent, cast: Cast) -> None:
    stop(cast, "place", "US-CA")
    stop(cast, "device", cast.other_device.pk)
    assert agent.lease().state == "on"


def test_the_proof_goes_from_bounded_over_told_to_proven(agent: Agent, cast: Cast) -> None:
    agent.renew()
    found = stop(cast)
    assert proof(found, agent.device) == "bounded"
    agent.renew(capture_state="on")
    assert proof(found, agent.device) == "told"
    agent.send("heartbeat", {"capture_state": "stopped"})
    assert proof(found, agent.device) == "proven"
    assert stops.progress(found, timezone.now()).complete
    assert AuditEntry.objects.filter(action="agents.record_heartbeat").count() == 1


def test_a_silent_device_is_proven_when_its_last_lease_is_over(agent: Agent, cast: Cast) -> None:
    agent.renew()
    found = stop(cast)
    progress = stops.progress(found, timezone.now())
    assert (progress.total, progress.bounded, progress.proven) == (2, 1, 1)
    assert progress.last_bound == Device.objects.get(pk=agent.device.pk).capture_until
    Device.objects.update(capture_until=timezone.now() - timedelta(seconds=1))
    assert stops.progress(found, timezone.now()).complete


def test_a_restart_needs_two_people(agent: Agent, cast: Cast) -> None:
    found = stop(cast)
    with pytest.raises(Conflict, match="Nobody has asked"):
        confirm_restart(stop=found, actor=cast.actor("admin"))
    request_restart(stop=found, reason=REASON, actor=cast.actor("officer"))
    with pytest.raises(Conflict, match="second person"):
        confirm_restart(stop=found, actor=cast.actor("officer"))
    assert agent.lease().state == "stopped"
    confirm_restart(stop=found, actor=cast.actor("admin"))
    assert agent.lease().state == "on"


def test_the_database_itself_refuses_a_restart_by_one_person(cast: Cast) -> None:
    found = stop(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        CaptureStop.objects.filter(pk=found.pk).update(
            restart_requested_by=cast.officer, restarted_by=cast.officer
        )


def test_the_same_scope_is_stopped_once(cast: Cast) -> None:
    stop(cast)
    with pytest.raises(Conflict):
        stop(cast, by="admin")


@pytest.mark.parametrize(
    ("scope", "value", "field"),
    [
        ("planet", "", "scope"),
        ("programme", "US", "value"),
        ("place", "", "value"),
        ("device", "no-uuid", "value"),
        ("department", "0f0e5a3c-6f4e-4b7c-9d7e-0c1e8b1f2a3b", "value"),
    ],
)
def test_a_scope_that_does_not_exist_is_refused(cast: Cast, scope: str, value: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        stop(cast, scope, value)
    assert refused.value.field == field


def test_a_stop_needs_a_reason_a_role_and_the_second_factor(cast: Cast) -> None:
    with pytest.raises(Invalid):
        open_stop(scope="programme", reason=" ", actor=cast.actor("officer"))
    for name in ("ml", "auditor", "employee"):
        with pytest.raises(Forbidden):
            stop(cast, by=name)
    with pytest.raises(Forbidden) as refused:
        open_stop(scope="programme", reason=REASON, actor=cast.actor("officer", fresh=False))
    assert refused.value.code == "second_factor_needed"
