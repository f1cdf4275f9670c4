"""What workers and beat do for policies. A task is an id and one action; sweeps find rows whose hint was
lost.
"""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from audits.actor import Actor
from capture_policies import effect_run, fleet, simulation_run
from capture_policies.actions import (
    ceremony,
    effects,
    keys,
    narrowing,
    releases,
    repository,
    requests,
    simulations,
    versions,
    waves,
)
from capture_policies.models import PolicyVersion, Rollout, RuleEffect, Simulation
from mci_core.errors import ActionError

log = structlog.get_logger(__name__)

SCHEDULE: dict[str, float | crontab] = {
    "capture_policies.tasks.sweep_rollouts": 3.0,
    "capture_policies.tasks.sweep_decisions": 10.0,
    "capture_policies.tasks.sweep_versions": 10.0,
    "capture_policies.tasks.assign_unassigned_devices": 10.0,
    "capture_policies.tasks.refresh_timestamp": 600.0,
    "capture_policies.tasks.retire_releases": 3600.0,
    "capture_policies.tasks.settle_requests": 60.0,
    # Entries end with their day in UTC, and agents deny them from then on by themselves. Every hour, for a
    # midnight at which no worker ran or a rollout was under way.
    "capture_policies.tasks.drop_expired_entries": crontab(minute="5"),
    "capture_policies.tasks.sweep_simulations": 15.0,
    "capture_policies.tasks.forget_weeks": 86_400.0,
    "capture_policies.tasks.sweep_effects": 15.0,
    # Once a day is enough; asked more often, so that a night without workers is made up for.
    "capture_policies.tasks.measure_rules": 3600.0,
}
#: More steps than any rollout has; what is left is found by the next sweep.
MAX_STEPS = 50
WORKER = Actor.system("worker")


@shared_task(name="capture_policies.tasks.sign_release")
def sign_release(version_id: str) -> None:
    releases.sign_release(version=PolicyVersion.objects.get(pk=version_id), actor=WORKER)


@shared_task(name="capture_policies.tasks.advance_rollout")
def advance_rollout(rollout_id: str) -> None:
    """Hand out what waits, then make steps until the rollout has to wait for its devices or for time."""
    for _ in range(MAX_STEPS):
        while waves.claim_deliveries(rollout_id=rollout_id, actor=WORKER):
            pass
        if not waves.advance_rollout(rollout_id=rollout_id, actor=WORKER):
            return


@shared_task(name="capture_policies.tasks.assign_device")
def assign_device(device_id: str) -> None:
    waves.assign_device(device_id=device_id, actor=WORKER)


@shared_task(name="capture_policies.tasks.sweep_rollouts")
def sweep_rollouts() -> None:
    for pk in Rollout.objects.running().values_list("pk", flat=True):
        advance_rollout(str(pk))


@shared_task(name="capture_policies.tasks.sweep_versions")
def sweep_versions() -> None:
    for pk in PolicyVersion.objects.unsigned().values_list("pk", flat=True):
        _guarded("sign_release", sign_release, str(pk))


@shared_task(name="capture_policies.tasks.sweep_decisions")
def sweep_decisions() -> None:
    """What waited long enough is signed; what can be signed no more goes back to review."""
    open_ones = PolicyVersion.objects.waiting() | PolicyVersion.objects.unsigned()
    for version in open_ones.defer("body"):
        if not versions.reopen_version(version=version, actor=WORKER):
            versions.finish_cool_down(version=version, actor=WORKER)


@shared_task(name="capture_policies.tasks.assign_unassigned_devices")
def assign_unassigned_devices() -> None:
    for pk in fleet.unassigned_devices():
        _guarded("assign_device", assign_device, str(pk))


@shared_task(name="capture_policies.tasks.refresh_timestamp")
def refresh_timestamp() -> None:
    repository.publish_lease_keys(actor=WORKER)
    keys.drop_lease_keys(actor=WORKER)
    repository.refresh_timestamp(actor=WORKER)
    ceremony.ask_for_renewal(actor=WORKER)


@shared_task(name="capture_policies.tasks.retire_releases")
def retire_releases() -> None:
    releases.retire_releases(actor=WORKER)


@shared_task(name="capture_policies.tasks.run_simulation", queue="default")
def run_simulation(simulation_id: str) -> None:
    simulation_run.run(simulation_id, WORKER)


@shared_task(name="capture_policies.tasks.forget_weeks", queue="default")
def forget_weeks() -> None:
    simulations.forget_weeks(actor=WORKER)


@shared_task(name="capture_policies.tasks.sweep_simulations", queue="default")
def sweep_simulations() -> None:
    for pk in (
        Simulation.objects.waiting(timezone.now()).order_by("requested_at").values_list("pk", flat=True)
    ):
        run_simulation(str(pk))


@shared_task(name="capture_policies.tasks.settle_requests", queue="default")
def settle_requests() -> None:
    requests.settle_requests(actor=WORKER)


@shared_task(name="capture_policies.tasks.drop_expired_entries")
def drop_expired_entries() -> None:
    narrowing.drop_expired_entries(actor=WORKER)


def _guarded(name: str, task: Any, row_id: str) -> None:
    """One row that cannot be worked on must not keep the others waiting."""
    try:
        task(row_id)
    except ActionError as fault:
        log.warning("sweep_refused", task=name, code=fault.code)


@shared_task(name="capture_policies.tasks.run_effect", queue="default")
def run_effect(effect_id: str) -> None:
    effect_run.run(effect_id, WORKER)


@shared_task(name="capture_policies.tasks.sweep_effects", queue="default")
def sweep_effects() -> None:
    waiting = RuleEffect.objects.waiting(timezone.now()).order_by("requested_at")
    for pk in list(waiting.values_list("pk", flat=True)[:20]):
        run_effect(str(pk))


@shared_task(name="capture_policies.tasks.measure_rules", queue="default")
def measure_rules() -> None:
    effects.measure_rules(actor=WORKER)
