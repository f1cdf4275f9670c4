"""One person stops; two restart; and for every device it is known how far the stop has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agents import stops
from agents.actions import confirm_restart, open_stop, request_restart
from agents.models import CaptureStop, Device, Lease
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


def test_the_proof_goes_from_pending_over_told_to_proven(agent: Agent, cast: Cast) -> None:
    first = agent.lease()
    found = stop(cast)
    assert proof(found, agent.device) == "pending"
    held = agent.lease(capture_state="on", lease=first.jti)
    assert proof(found, agent.device) == "told"
    agent.send("heartbeat", {"capture_state": "stopped", "lease": held.jti})
    assert proof(found, agent.device) == "proven"
    progress = stops.progress(found, timezone.now())
    assert (progress.proven, progress.ended, progress.complete) == (1, 1, True)
    assert AuditEntry.objects.filter(action="agents.record_heartbeat").count() == 1
    agent.renew(lease=held.jti)
    assert proof(found, agent.device) == "proven"


def test_an_agent_that_dropped_its_lease_is_proven_before_it_gets_another(agent: Agent, cast: Cast) -> None:
    agent.renew(capture_state="on")
    found = stop(cast)
    agent.send("heartbeat", {"capture_state": "stopped", "lease": str(stops.DROPPED)})
    assert proof(found, agent.device) == "proven"
    entry = AuditEntry.objects.get(action="agents.record_heartbeat")
    assert "capture_stopped" in entry.leaf
    held = agent.lease(lease=str(stops.DROPPED))
    assert (held.state, proof(found, agent.device)) == ("stopped", "proven")


@pytest.mark.parametrize("said", [None, "first", "foreign"])
def test_only_a_lease_of_its_own_from_after_the_stop_proves_anything(
    agent: Agent, cast: Cast, said: str | None
) -> None:
    """Paused when the answer was lost, an agent could go on with the lease that it has."""
    first = agent.lease()
    found = stop(cast)
    agent.renew(capture_state="paused")
    other = Lease.objects.create(
        device=cast.other_device, state="stopped", issued_at=timezone.now(), expires_at=timezone.now()
    )
    held = {None: None, "first": first.jti, "foreign": str(other.pk)}[said]
    agent.send("heartbeat", {"capture_state": "paused", "lease": held})
    assert proof(found, agent.device) == "told"


def test_a_proof_needs_the_key_of_the_device(agent: Agent, cast: Cast) -> None:
    agent.renew()
    found = stop(cast)
    held = agent.lease()
    forger = Agent(agent.device, cast.other_device_key)
    answer = forger.send("heartbeat", {"capture_state": "stopped", "lease": held.jti})
    assert (answer.status_code, proof(found, agent.device)) == (401, "told")


def test_a_silent_device_has_stopped_when_its_last_lease_is_over(agent: Agent, cast: Cast) -> None:
    agent.renew()
    found = stop(cast)
    progress = stops.progress(found, timezone.now())
    assert (progress.total, progress.pending, progress.ended) == (2, 1, 1)
    ends = Device.objects.get(pk=agent.device.pk).capture_until
    assert progress.last_bound == found.worst_case == ends
    Device.objects.update(capture_until=timezone.now() - timedelta(seconds=1))
    assert stops.progress(found, timezone.now()).complete
    assert proof(found, agent.device) == "ended"


def test_what_a_stop_would_do_is_known_before_it(agent: Agent, cast: Cast) -> None:
    agent.renew()
    now = timezone.now()
    ends = Device.objects.get(pk=agent.device.pk).capture_until
    assert stops.effect("programme", "", now) == stops.Effect(devices=2, capturing=1, worst_case=ends)
    assert stops.effect("device", str(cast.other_device.pk), now) == stops.Effect(1, 0, None)


def test_a_stop_of_one_person_names_nobody_in_the_log(agent: Agent, cast: Cast) -> None:
    subject = cast.subject()
    found = stop(cast, "person", subject.pseudonym.lower())
    assert agent.renew()["reason"] == "capture_stopped"
    assert found.scope_value == str(subject.pk)
    entry = AuditEntry.objects.get(action="agents.open_stop")
    assert entry.subject is None
    assert not [word for word in (subject.pseudonym, str(subject.pk), "devices") if word in entry.leaf]
    assert list(stops.devices(found, timezone.now())) == [agent.device]


def test_a_stopped_entry_is_excluded_from_every_lease_and_the_rest_goes_on(agent: Agent, cast: Cast) -> None:
    before = agent.lease(exclusions=["mail"])
    found = stop(cast, "entry", "jira")
    assert proof(found, agent.device) == "pending"
    held = agent.lease(exclusions=["mail"], capture_state="on", lease=before.jti)
    assert (held.state, held.excluded_entries) == ("on", ("jira", "mail"))
    assert proof(found, agent.device) == "told"
    agent.send("heartbeat", {"capture_state": "on", "lease": held.jti})
    assert proof(found, agent.device) == "proven"


def test_a_stopped_entry_is_bounded_by_the_last_lease_that_allows_it(agent: Agent, cast: Cast) -> None:
    agent.renew()
    bound = Device.objects.get(pk=agent.device.pk).capture_until
    found = stop(cast, "entry", "jira")
    agent.renew()
    row = stops.devices(found, timezone.now()).get(pk=agent.device.pk)
    assert row.bound == bound < row.capture_until
    later = timezone.now() + timedelta(days=1)
    assert stops.devices(found, later).get(pk=agent.device.pk).proof == "ended"


def test_a_restarted_entry_is_captured_again(agent: Agent, cast: Cast) -> None:
    found = stop(cast, "entry", "jira")
    assert agent.lease().excluded_entries == ("jira",)
    request_restart(stop=found, reason=REASON, actor=cast.actor("officer"))
    confirm_restart(stop=found, actor=cast.actor("admin"))
    assert agent.lease().excluded_entries == ()


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


def test_a_restart_is_asked_for_once_with_a_reason_and_is_the_end(cast: Cast) -> None:
    found = stop(cast)
    with pytest.raises(Invalid):
        request_restart(stop=found, reason=" ", actor=cast.actor("officer"))
    request_restart(stop=found, reason=REASON, actor=cast.actor("officer"))
    with pytest.raises(Conflict, match="already"):
        request_restart(stop=found, reason=REASON, actor=cast.actor("admin"))
    confirm_restart(stop=found, actor=cast.actor("admin"))
    with pytest.raises(Conflict, match="captures again already"):
        confirm_restart(stop=found, actor=cast.actor("second_admin"))


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
        ("place", "everywhere", "value"),
        ("person", "P-000000", "value"),
        ("entry", "Not a key", "value"),
        ("entry", "e" * 41, "value"),
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
