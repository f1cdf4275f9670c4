"""A release on its way: waves, gates, halt, rollback, and the rows that are left when a worker dies."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from agents.models import Delivery, Device
from audits.models import AuditEntry
from capture_policies import fleet, tasks
from capture_policies.actions import releases, rollouts, waves
from capture_policies.actions.rollouts import WavePlan
from capture_policies.models import Rollout
from capture_policies.queries import live_release, policy_by_release
from capture_policies.release_steps import withdraw
from mci_core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.server.capture_policies.rolling import ALL, answer, roll_out, run, start
from tests.server.capture_policies.support import EXCEL, JIRA, SYSTEM, Desk

pytestmark = pytest.mark.django_db


def test_a_release_reaches_the_fleet_wave_by_wave(desk: Desk) -> None:
    desk.devices(10)
    release = desk.release()
    rollout = run(start(desk, release))
    assert Delivery.objects.filter(rollout=rollout.pk).count() == 2
    assert set(Device.objects.values_list("desired_release", flat=True)) == {None, release.number}
    answer(rollout)
    run(rollout)
    assert Device.objects.filter(desired_release=release.number, desired_digest=release.digest).count() == 10
    answer(rollout)
    assert run(rollout).state == "done"
    assert live_release() == release


def test_who_is_in_a_wave_is_decided_by_the_rollout_and_the_device_alone(desk: Desk) -> None:
    devices = desk.devices(40)
    rollout = start(desk, desk.release())
    wave = rollout.waves.get(number=1)
    first = fleet.members(rollout, wave)
    assert first == fleet.members(rollout, wave)
    assert len(first) == 8
    other = Rollout(pk=uuid.uuid4(), release=rollout.release)
    assert sorted(map(other.place_of, first)) != sorted(map(rollout.place_of, first))
    assert set(first) <= {device.pk for device in devices}


def test_a_wave_waits_for_its_devices_to_apply(desk: Desk) -> None:
    desk.devices(10)
    rollout = run(start(desk, desk.release()))
    answer(rollout, limit=1)
    run(rollout)
    assert Delivery.objects.filter(rollout=rollout.pk).count() == 2


def test_a_wave_does_not_wait_for_devices_that_are_away(desk: Desk) -> None:
    desk.devices(10)
    rollout = run(start(desk, desk.release()))
    answer(rollout, limit=1)
    Device.objects.update(last_seen_at=timezone.now() - timedelta(hours=2))
    run(rollout)
    assert Delivery.objects.filter(rollout=rollout.pk).count() == 10


def test_a_wave_that_adds_nobody_passes(desk: Desk) -> None:
    desk.devices(2)
    rollout = roll_out(desk, desk.release(), (WavePlan(50), WavePlan(75), WavePlan(100)))
    assert [wave.passed_at is not None for wave in rollout.waves.all()] == [True, True, True]


def test_a_wave_rests_before_the_next_one(desk: Desk, time_machine: Any) -> None:
    desk.devices(5)
    rollout = run(start(desk, desk.release(), (WavePlan(20, soak_seconds=600), WavePlan(100))))
    answer(rollout)
    assert Delivery.objects.filter(rollout=run(rollout).pk).count() == 1
    time_machine(seconds=601)
    assert Delivery.objects.filter(rollout=run(rollout).pk).count() == 5


def test_a_held_rollout_reaches_nobody_else(desk: Desk) -> None:
    desk.devices(10)
    rollout = run(start(desk, desk.release()))
    actor = desk.actor(desk.admin)
    rollouts.hold_rollout(rollout=rollout, reason="wait", actor=actor)
    answer(rollout)
    run(rollout)
    assert Delivery.objects.filter(rollout=rollout.pk).count() == 2
    rollouts.resume_rollout(rollout=rollout, reason="fine", actor=actor)
    assert Delivery.objects.filter(rollout=run(rollout).pk).count() == 10


def test_at_most_one_rollout_runs(desk: Desk) -> None:
    first, second = desk.release(), desk.release()
    running = start(desk, first)
    with pytest.raises(Conflict, match="Another rollout is running"):
        start(desk, second)
    rollouts.hold_rollout(rollout=running, reason="wait", actor=desk.actor(desk.officer))
    start(desk, second)
    running.refresh_from_db()
    assert running.state == "superseded"
    with pytest.raises(Conflict, match="Only a held rollout"):
        rollouts.resume_rollout(rollout=running, reason="again", actor=desk.actor(desk.officer))


def test_a_lower_number_is_never_rolled_out(desk: Desk) -> None:
    desk.devices(2)
    first, second = desk.release(), desk.release()
    roll_out(desk, second)
    with pytest.raises(Conflict, match="never go back to a lower number"):
        start(desk, first)


def test_a_withdrawn_release_is_not_rolled_out(desk: Desk) -> None:
    release = desk.release()
    withdraw([release.number])
    with pytest.raises(Conflict, match="withdrawn"):
        start(desk, release)


@pytest.mark.parametrize(
    "plan",
    [
        (),
        (WavePlan(50),),
        (WavePlan(50), WavePlan(50), WavePlan(100)),
        (WavePlan(0), WavePlan(100)),
        (WavePlan(100, soak_seconds=-1),),
        (WavePlan(100, max_error_share=2),),
        tuple(WavePlan(percent) for percent in (*range(1, 11), 100)),
    ],
)
def test_waves_that_make_no_sense_are_refused(desk: Desk, plan: Sequence[WavePlan]) -> None:
    with pytest.raises(Invalid) as caught:
        start(desk, desk.release(), plan)
    assert caught.value.field == "waves"


def test_a_wave_that_has_not_started_can_be_changed(desk: Desk) -> None:
    desk.devices(10)
    rollout = run(start(desk, desk.release(), (WavePlan(10), WavePlan(20), WavePlan(100))))
    actor = desk.actor(desk.admin)
    first, second, _last = rollout.waves.all()
    rollouts.change_wave(wave=second, plan=WavePlan(50), reason="faster", actor=actor)
    answer(rollout)
    run(rollout)
    assert Delivery.objects.filter(rollout=rollout.pk).count() == 5
    with pytest.raises(Conflict, match="has started"):
        rollouts.change_wave(wave=first, plan=WavePlan(5), reason="late", actor=actor)


def test_a_worker_killed_between_two_steps_loses_nothing(desk: Desk) -> None:
    """Each step commits by itself; the sweep goes on from the rows."""
    desk.devices(10)
    rollout = start(desk, desk.release(), ALL)
    assert waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM)
    with suppress(KeyboardInterrupt), transaction.atomic():
        waves.claim_deliveries(rollout_id=rollout.pk, actor=SYSTEM)
        raise KeyboardInterrupt
    assert not Device.objects.filter(desired_release__isnull=False).exists()
    tasks.sweep_rollouts()
    assert Device.objects.filter(desired_release=rollout.release.number).count() == 10


def test_a_step_that_has_nothing_to_do_writes_nothing(desk: Desk) -> None:
    desk.devices(3)
    rollout = run(start(desk, desk.release(), ALL))
    before = AuditEntry.objects.count()
    tasks.sweep_rollouts()
    run(rollout)
    assert AuditEntry.objects.count() == before
    assert waves.claim_deliveries(rollout_id=uuid.uuid4(), actor=SYSTEM) == 0


def test_a_new_device_gets_the_live_release(desk: Desk) -> None:
    release = desk.release()
    roll_out(desk, release)
    (device,) = desk.devices(1)
    assert waves.assign_device(device_id=device.pk, actor=SYSTEM) == release.number
    assert waves.assign_device(device_id=device.pk, actor=SYSTEM) is None


def test_a_device_that_a_wave_reached_first_is_left_to_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep looked before the wave came: the assignment changes nothing, and nothing is logged."""
    (device,) = desk.devices(1)
    roll_out(desk, desk.release())
    Device.objects.update(desired_release=None)
    before = AuditEntry.objects.count()
    monkeypatch.setattr(waves, "assign_release", lambda **_given: 0)
    assert waves.assign_device(device_id=device.pk, actor=SYSTEM) is None
    assert AuditEntry.objects.count() == before


def test_a_device_whose_task_was_lost_is_found_by_the_sweep(desk: Desk) -> None:
    release = desk.release()
    roll_out(desk, release)
    desk.devices(3)
    tasks.assign_unassigned_devices()
    assert Device.objects.filter(desired_release=release.number).count() == 3


def test_a_device_that_comes_during_the_last_wave_gets_what_is_on_its_way(desk: Desk) -> None:
    desk.devices(2)
    rollout = run(start(desk, desk.release(), ALL))
    (device,) = desk.devices(1)
    assert waves.assign_device(device_id=device.pk, actor=SYSTEM) == rollout.release.number


def test_without_a_live_release_a_new_device_gets_none(desk: Desk) -> None:
    (device,) = desk.devices(1)
    assert waves.assign_device(device_id=device.pk, actor=SYSTEM) is None
    assert fleet.unassigned_devices() == []


def test_a_revoked_device_does_not_hold_the_rollout_up(desk: Desk) -> None:
    desk.devices(4)
    rollout = start(desk, desk.release(), ALL)
    waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM)
    Device.objects.filter(pk=Device.objects.first().pk).update(revoked_at=timezone.now())  # type: ignore[union-attr]
    run(rollout)
    answer(rollout)
    assert run(rollout).state == "done"


def test_old_releases_leave_the_repository(desk: Desk) -> None:
    desk.devices(1)
    old = desk.release(entries=[JIRA])
    roll_out(desk, old)
    new = desk.release(entries=[JIRA, EXCEL])
    roll_out(desk, new)
    assert releases.retire_releases(actor=SYSTEM) == [old.number]
    assert releases.retire_releases(actor=SYSTEM) == []
    assert policy_by_release(old.number).digest == old.digest
    with pytest.raises(NotFound):
        policy_by_release(99)


@pytest.mark.parametrize("who", ["ml", "auditor", "employee"])
def test_others_do_not_start_rollouts(desk: Desk, who: str) -> None:
    with pytest.raises(Forbidden):
        rollouts.start_rollout(release=desk.release(), reason="go", actor=desk.actor(getattr(desk, who)))


def test_starting_needs_a_reason(desk: Desk) -> None:
    with pytest.raises(Invalid) as caught:
        rollouts.start_rollout(release=desk.release(), reason="", actor=desk.actor(desk.officer))
    assert caught.value.field == "reason"


def test_a_wave_is_not_over_while_a_chunk_of_it_waits_to_be_told(desk: Desk) -> None:
    """The devices of the first chunk may all have applied it before a worker comes for the second."""
    desk.devices(501)
    rollout = start(desk, desk.release(), ALL)
    assert waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM)
    assert waves.claim_deliveries(rollout_id=rollout.pk, actor=SYSTEM) == 500
    Device.objects.update(last_seen_at=timezone.now() - timedelta(hours=2))
    answer(rollout)
    assert not waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM)
    assert run(rollout).state == "done"
    assert Device.objects.filter(desired_release=rollout.release.number).count() == 501


def test_a_large_fleet_is_served_in_chunks(desk: Desk) -> None:
    desk.devices(1200)
    rollout = run(start(desk, desk.release(), ALL))
    chunks = AuditEntry.objects.filter(action="capture_policies.claim_deliveries", object_id=str(rollout.pk))
    assert chunks.count() == 3
    assert Delivery.objects.filter(rollout=rollout.pk, state="notified").count() == 1200
