"""What the gates of a wave say: errors, agents that go down, pauses, confirmations, rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Department, Subject
from agents.models import Delivery, Device
from capture_policies import fleet
from capture_policies.gates import Gate, Pauses, Reach, judge, readings
from capture_policies.models import Rollout
from capture_policies.rollout_steps import WavePlan
from mci_core.errors import Invalid
from tests.server.capture_policies.rolling import answer, run, start
from tests.server.capture_policies.support import Desk

START = datetime(2026, 11, 1, tzinfo=UTC)
GATE = Gate(0.02, 0.9, timedelta(minutes=10), max_crash_share=0.1, max_pause_rise=0.25)
GOOD = Reach(total=20, failed=0, members=20, expected=20, applied=20, holding=20)


def verdict(reach: Reach, minutes: int = 11) -> tuple[str, str]:
    found = judge(reach, GATE, started_at=START, now=START + timedelta(minutes=minutes))
    return found.verdict, found.reason


def said(reach: Reach) -> dict[str, tuple[str, str]]:
    found = readings(reach, GATE, started_at=START, now=START + timedelta(minutes=5))
    return {reading.name: (reading.value, reading.verdict) for reading in found}


def test_what_halts_comes_before_what_waits() -> None:
    assert verdict(GOOD)[0] == "pass"
    assert verdict(GOOD, minutes=1) == ("wait", "It rests before the next wave.")
    bad = Reach(total=20, failed=1, members=20, expected=20, applied=0, holding=19)
    assert verdict(bad, minutes=1) == ("halt", "1 of 20 devices failed; at most 2.0% may.")


def test_agents_that_go_down_halt() -> None:
    down = Reach(total=20, failed=0, members=20, expected=20, applied=20, holding=20, crashed=3)
    assert verdict(down)[0] == "halt"
    assert "fell silent" in verdict(down)[1]
    assert said(down)["Agents down"][1] == "halt"


def test_a_surge_of_pauses_halts_and_its_reason_counts_nobody() -> None:
    surge = Pauses(people=10, paused=4, before=0.1, least=5)
    reach = Reach(total=20, failed=0, members=20, expected=20, applied=20, holding=20, pauses=surge)
    assert verdict(reach) == ("halt", "Many more people paused than before; at most 25.0% more may.")
    assert said(reach)["Pauses"] == ("fewer than 5 people paused", "halt")
    calm = Reach(
        total=20, failed=0, members=20, expected=20, applied=20, holding=20, pauses=Pauses(20, 6, 0.2, 5)
    )
    assert said(calm)["Pauses"] == ("30\xa0% paused, before 20\xa0%", "pass")
    assert said(GOOD)["Pauses"] == ("too few people online to say", "pass")


def test_each_gate_says_its_value_and_its_limit() -> None:
    found = readings(GOOD, GATE, started_at=START, now=START + timedelta(minutes=5))
    assert [reading.limit for reading in found] == [
        "at most 2\xa0%",
        "at most 10\xa0%",
        "at most 25\xa0% more than before",
        "at least 90\xa0%",
        "10\xa0min",
    ]
    assert said(GOOD)["Rest"] == ("5\xa0min", "wait")


def people(desk: Desk, count: int, *, paused: int = 0) -> list[Device]:
    """Devices of different people, seen just now."""
    devices = desk.devices(count)
    for index, device in enumerate(devices):
        device.subject = Subject.objects.create(
            pseudonym=f"P-GATE{index:02d}", department=desk.cast.department
        )
        device.capture_state = "paused" if index < paused else "on"
    Device.objects.bulk_update(devices, ["subject", "capture_state"])
    return devices


def leased(rollout: Rollout) -> None:
    """Every device that was told asks for its lease and applies, long ago."""
    answer(rollout)
    Delivery.objects.of_rollout(rollout.pk).update(leased_at=timezone.now() - timedelta(minutes=30))


def reach(rollout: Rollout) -> Reach:
    return fleet.reach_of(rollout, rollout.waves.get(number=1))


@pytest.mark.django_db
def test_a_device_that_is_not_heard_of_since_it_got_the_release_is_down(desk: Desk) -> None:
    devices = desk.devices(10)
    rollout = run(start(desk, desk.release(), (WavePlan(100, soak_seconds=600),)))
    leased(rollout)
    now = timezone.now()
    alive, crashed, asleep = devices[0].pk, devices[1].pk, devices[2].pk
    Device.objects.filter(pk=alive).update(last_seen_at=now)
    Device.objects.filter(pk=crashed).update(last_seen_at=now - timedelta(minutes=29))
    Device.objects.filter(pk=asleep).update(last_seen_at=now - timedelta(minutes=15))
    assert (reach(rollout).holding, reach(rollout).crashed) == (10, 1)
    Device.objects.filter(pk__in=[asleep, devices[3].pk]).update(last_seen_at=now - timedelta(minutes=28))
    assert run(rollout).state == "halted"
    assert "fell silent" in rollout.halt_reason


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("errors", "down"), [({"redaction_failed": 2}, 1), ({"unreachable": 9}, 0), ({}, 0), (None, 0)]
)
def test_a_heartbeat_with_faults_of_the_agent_counts(desk: Desk, errors: Any, down: int) -> None:
    (device,) = desk.devices(1)
    rollout = run(start(desk, desk.release(), (WavePlan(100, soak_seconds=600),)))
    leased(rollout)
    health = {} if errors is None else {"errors": errors}
    Device.objects.filter(pk=device.pk).update(health=health, reported_at=timezone.now())
    assert reach(rollout).crashed == down


@pytest.mark.django_db
def test_pauses_are_compared_with_before_and_only_as_a_share_of_enough_people(desk: Desk) -> None:
    devices = people(desk, 10, paused=1)
    rollout = run(start(desk, desk.release(), (WavePlan(100, soak_seconds=600),)))
    leased(rollout)
    assert rollout.waves.get().paused_before == pytest.approx(0.1)
    Device.objects.filter(pk__in=[device.pk for device in devices[:3]]).update(capture_state="paused")
    assert reach(rollout).pauses == Pauses(10, 3, 0.1, 5)
    Device.objects.filter(pk__in=[device.pk for device in devices[:6]]).update(capture_state="paused")
    assert run(rollout).state == "halted"
    assert rollout.halt_reason.startswith("Many more people paused")


@pytest.mark.django_db
def test_pauses_of_a_few_people_are_not_looked_at(desk: Desk) -> None:
    devices = people(desk, 4, paused=0)
    rollout = run(start(desk, desk.release(), (WavePlan(100, soak_seconds=600),)))
    leased(rollout)
    Device.objects.filter(pk__in=[device.pk for device in devices]).update(capture_state="paused")
    assert rollout.waves.get().paused_before is None
    assert reach(rollout).pauses is None
    assert run(rollout).state == "running"


@pytest.mark.django_db
def test_a_wave_is_for_a_tag_or_a_group_and_the_last_for_everybody(desk: Desk) -> None:
    devices = desk.devices(9)
    other = Department.objects.create(name="Sales")
    stranger = Subject.objects.create(pseudonym="P-SALES1", department=other)
    Device.objects.filter(pk__in=[devices[0].pk, devices[1].pk]).update(tags=["pilot"])
    Device.objects.filter(pk__in=[devices[1].pk, devices[2].pk]).update(subject=stranger)
    plan = (
        WavePlan(audience="tag", audience_value="pilot"),
        WavePlan(audience="group", audience_value=str(other.pk)),
        WavePlan(100),
    )
    rollout = run(start(desk, desk.release(), plan))
    sizes = []
    for number in (1, 2, 3):
        sizes.append(Delivery.objects.of_rollout(rollout.pk, number).count())
        answer(rollout)
        run(rollout)
    assert sizes == [2, 1, 6]
    assert rollout.state == "done"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wave",
    [
        WavePlan(audience="tag", audience_value="No Tag"),
        WavePlan(audience="group", audience_value="no-uuid"),
        WavePlan(audience="group", audience_value="0f0e5a3c-6f4e-4b7c-9d7e-0c1e8b1f2a3b"),
        WavePlan(20, audience="tag", audience_value="pilot"),
        WavePlan(audience="moon", audience_value="x"),
        WavePlan(20, max_crash_share=2),
    ],
)
def test_an_audience_that_does_not_exist_is_refused(desk: Desk, wave: WavePlan) -> None:
    with pytest.raises(Invalid) as caught:
        start(desk, desk.release(), (wave, WavePlan(100)))
    assert caught.value.field == "waves"
    with pytest.raises(Invalid):
        start(desk, desk.release(), (WavePlan(100), WavePlan(audience="tag", audience_value="pilot")))


@pytest.mark.django_db
def test_the_api_plans_waves_for_tags_and_shows_them(desk: Desk) -> None:
    release = desk.release()
    api = desk.cast.api("officer")
    waves = [{"audience": "tag", "audience_value": "pilot", "max_crash_share": 0.2}, {"percent": 100}]
    made = api.post(
        "/api/v1/rollouts/", {"release": str(release.pk), "reason": "go", "waves": waves}, format="json"
    )
    assert made.status_code == 201, made.content
    first, last = made.json()["waves"]
    assert (first["audience"], first["audience_value"], first["max_crash_share"]) == ("tag", "pilot", 0.2)
    assert (last["audience"], last["percent"], last["max_pause_rise"]) == ("percent", 100, 0.25)
