"""Whatever people, workers and devices do in whatever order: the promises of a rollout hold."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Max
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agents.models import Delivery, Device
from capture_policies import tasks
from capture_policies.actions import rollouts, waves
from capture_policies.actions.rollouts import WavePlan
from capture_policies.models import Release, Rollout
from mci_core.errors import ActionError
from tests.server.capture_policies.support import EXCEL, JIRA, SYSTEM, Desk

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PLAN = (WavePlan(30), WavePlan(100))
OVER = {"halted", "done", "superseded"}


class RolloutMachine(RuleBasedStateMachine):
    """Seven devices and three releases; every refusal is an `ActionError` that changes nothing."""

    desk: Desk

    @initialize()
    def begin(self) -> None:
        self.point = transaction.atomic()
        self.point.__enter__()
        self.desk.devices(7)
        contents: list[Any] = [[JIRA], [JIRA, EXCEL], [EXCEL]]
        self.releases = [self.desk.release(entries=entries) for entries in contents]
        self.ended: dict[Any, str] = {}
        self.highest: dict[Any, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "point"):
            transaction.set_rollback(True)
            self.point.__exit__(None, None, None)

    def _actor(self) -> Any:
        return self.desk.actor(self.desk.officer)

    def _try(self, verb: Any, **kwargs: Any) -> None:
        with suppress(ActionError):
            verb(**kwargs, reason="x", actor=self._actor())

    @rule(index=st.integers(0, 2))
    def start(self, index: int) -> None:
        self._try(rollouts.start_rollout, release=self.releases[index], waves=PLAN)

    @rule(index=st.integers(0, 2))
    def roll_back(self, index: int) -> None:
        self._try(rollouts.rollback_to, release=self.releases[index])

    @precondition(lambda self: Rollout.objects.exists())
    @rule(verb=st.sampled_from(["hold_rollout", "resume_rollout", "halt_rollout"]), pick=st.integers(0, 9))
    def steer(self, verb: str, pick: int) -> None:
        rows = list(Rollout.objects.order_by("-started_at"))
        self._try(getattr(rollouts, verb), rollout=rows[pick % len(rows)])

    @rule()
    def sweep(self) -> None:
        tasks.sweep_rollouts()
        tasks.assign_unassigned_devices()

    @precondition(lambda self: Rollout.objects.running().exists())
    @rule()
    def one_step_and_the_worker_dies(self) -> None:
        rollout = Rollout.objects.running().get()
        waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM)
        with suppress(KeyboardInterrupt), transaction.atomic():
            waves.claim_deliveries(rollout_id=rollout.pk, actor=SYSTEM)
            raise KeyboardInterrupt

    @rule(state=st.sampled_from(["applied", "applied", "applied", "failed"]), count=st.integers(1, 7))
    def devices_answer(self, state: str, count: int) -> None:
        told = Delivery.objects.filter(state="notified").order_by("pk")[:count]
        Delivery.objects.filter(pk__in=[row.pk for row in told]).update(state=state)

    @invariant()
    def at_most_one_runs(self) -> None:
        assert Rollout.objects.open().count() <= 1

    @invariant()
    def what_is_over_stays_over(self) -> None:
        for pk, state in Rollout.objects.values_list("pk", "state"):
            assert self.ended.get(pk, state) == state
            if state in OVER:
                self.ended[pk] = state

    @invariant()
    def no_device_is_given_a_lower_number(self) -> None:
        for pk, number in Device.objects.values_list("pk", "desired_release"):
            assert number is None or number >= self.highest.get(pk, 0)
            if number is not None:
                self.highest[pk] = number

    @invariant()
    def what_devices_are_given_was_signed_under_that_number(self) -> None:
        signed = dict(Release.objects.values_list("number", "digest"))
        for number, digest in Device.objects.exclude(desired_release=None).values_list(
            "desired_release", "desired_digest"
        ):
            assert number is not None
            assert signed[number] == digest

    @invariant()
    def nobody_waits_for_a_rollout_that_is_over(self) -> None:
        over = Rollout.objects.filter(state__in=("halted", "done")).values("pk")
        assert not Delivery.objects.filter(rollout__in=over, state="pending").exists()

    @invariant()
    def no_device_is_left_with_a_halted_release(self) -> None:
        """Once nothing runs any more: each holds a release that was not halted, or none."""
        if Rollout.objects.open().exists():
            return
        halted = Rollout.objects.filter(state="halted", only_release__isnull=True).values("release__number")
        newest = Rollout.objects.filter(state="done").aggregate(n=Max("release__number"))["n"] or 0
        for number in Device.objects.filter(desired_release__in=halted).values_list(
            "desired_release", flat=True
        ):
            assert number is not None
            assert number < newest


def test_rollouts_keep_their_promises_in_any_order(desk: Desk) -> None:
    RolloutMachine.desk = desk
    run_state_machine_as_test(
        RolloutMachine,
        settings=settings(
            max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
