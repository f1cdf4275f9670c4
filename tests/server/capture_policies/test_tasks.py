"""What workers and beat do: tasks by id, sweeps for lost hints, and several workers at the same rollout."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from agents.actions import record_acks
from agents.models import Delivery, Device
from agents.wire import Ack
from audits.actor import Actor
from capture_policies import tasks
from capture_policies.actions import rollouts
from capture_policies.actions.rollouts import WavePlan
from capture_policies.models import Release, Rollout, TufFile
from capture_policies.queries import policy_by_release
from tests.server.capture_policies.support import EXCEL, JIRA, Desk


@pytest.mark.django_db
def test_an_approved_version_is_signed_by_its_task(desk: Desk, queued: Any) -> None:
    version = desk.approve(desk.version())
    assert queued.calls[-1] == ("capture_policies.tasks.sign_release", (str(version.pk),))
    tasks.sign_release(str(version.pk))
    assert Release.objects.get().version == version


@pytest.mark.django_db
def test_a_version_whose_task_was_lost_is_signed_by_the_sweep(desk: Desk) -> None:
    version = desk.approve(desk.version())
    tasks.sweep_versions()
    tasks.sweep_versions()
    assert Release.objects.get().version == version


@pytest.mark.django_db
def test_without_keys_the_sweep_waits_and_says_so(
    desk: Desk, keys_dir: Any, settings: Any, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk.approve(desk.version())
    settings.KEYS_DIR = tmp_path
    with transaction.atomic():
        tasks.sweep_versions()
    assert not Release.objects.exists()
    assert "signing_key_missing" in caplog.text


@pytest.mark.django_db
def test_a_new_device_is_assigned_by_its_task(desk: Desk) -> None:
    release = desk.release()
    rollout = rollouts.start_rollout(
        release=release, waves=[WavePlan(100)], reason="go", actor=desk.actor(desk.admin)
    )
    tasks.advance_rollout(str(rollout.pk))
    (device,) = desk.devices(1)
    tasks.assign_device(str(device.pk))
    assert Device.objects.get(pk=device.pk).desired_release == release.number


@pytest.mark.django_db
def test_signatures_are_kept_fresh_and_old_releases_leave(
    desk: Desk, time_machine: Callable[..., None]
) -> None:
    for entries in ([JIRA], [JIRA, EXCEL]):
        rollout = rollouts.start_rollout(
            release=desk.release(entries=entries),
            waves=[WavePlan(100)],
            reason="go",
            actor=desk.actor(desk.admin),
        )
        tasks.advance_rollout(str(rollout.pk))
    before = TufFile.objects.get(pk="timestamp.json").sha256
    tasks.refresh_timestamp()
    assert TufFile.objects.get(pk="timestamp.json").sha256 == before
    time_machine(hours=13)
    tasks.refresh_timestamp()
    assert TufFile.objects.get(pk="timestamp.json").sha256 != before
    tasks.retire_releases()
    assert Release.objects.get(number=1).withdrawn_at is not None
    assert policy_by_release(1).entry("jira") is not None


@pytest.mark.django_db(transaction=True)
def test_workers_and_answering_devices_at_once_leave_every_device_with_the_release_once(desk: Desk) -> None:
    """Four workers at one rollout while devices acknowledge: no deadlock, nothing twice, nobody forgotten."""
    desk.devices(60)
    release = desk.release()
    rollout = rollouts.start_rollout(
        release=release,
        waves=[WavePlan(20), WavePlan(60), WavePlan(100)],
        reason="go",
        actor=desk.actor(desk.admin),
    )
    faults: list[BaseException] = []
    over = threading.Event()

    def forever(step: Callable[[], None]) -> None:
        try:
            while not over.is_set():
                step()
        except BaseException as fault:
            faults.append(fault)
            over.set()
        finally:
            connection.close()

    def work() -> None:
        tasks.advance_rollout(str(rollout.pk))
        if not Rollout.objects.running().exists():
            over.set()

    def answer() -> None:
        for row in Delivery.objects.filter(state="notified").select_related("device")[:5]:
            ack = Ack(release=release.number, digest=release.digest, state="applied", at=int(time.time()))
            record_acks(device=row.device, items=[ack], actor=Actor.device(row.device_id))

    threads = [threading.Thread(target=forever, args=(step,)) for step in (work, work, work, work, answer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    assert Rollout.objects.get().state == "done"
    assert Device.objects.filter(desired_release=release.number).count() == 60
    assert Delivery.objects.filter(rollout=rollout.pk).count() == 60
