"""Going back: a halt by a person or a gate, and a rollback."""

from __future__ import annotations

import pytest

from agents.models import Delivery, Device
from capture_policies import gates
from capture_policies.actions import rollouts
from capture_policies.models import Release, Rollout
from capture_policies.queries import live_release, policy_by_release
from mci_core.errors import Conflict
from tests.server.capture_policies.rolling import answer, roll_out, run, start
from tests.server.capture_policies.support import EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db


def test_too_many_errors_halt_the_rollout_and_bring_the_old_content_back(desk: Desk) -> None:
    desk.devices(10)
    first = desk.release(entries=[JIRA])
    roll_out(desk, first)
    wider = desk.release(entries=[JIRA, EXCEL])
    rollout = run(start(desk, wider))
    answer(rollout, "failed", limit=1)
    assert run(rollout).state == "halted"
    assert "1 of 2 devices failed" in rollout.halt_reason
    back = Release.objects.get(restores=first)
    assert back.number > wider.number
    assert back.digest == first.digest
    revert = Rollout.objects.get(release=back)
    assert revert.only_release == wider.number
    run(revert)
    answer(revert)
    assert run(revert).state == "done"
    assert not Device.objects.filter(desired_release=wider.number).exists()
    assert Device.objects.filter(desired_release=back.number).count() == 2
    assert live_release() == back
    assert Release.objects.get(pk=wider.pk).withdrawn_at is not None


def test_a_first_release_that_is_halted_leaves_devices_without_one(desk: Desk) -> None:
    desk.devices(3)
    rollout = run(start(desk, desk.release()))
    rollouts.halt_rollout(rollout=rollout, reason="wrong app", actor=desk.actor(desk.admin))
    assert not Device.objects.filter(desired_release__isnull=False).exists()
    assert not Delivery.objects.filter(state__in=("pending", "notified")).exists()
    assert live_release() is None


def test_a_gate_of_another_app_halts_the_rollout(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "_extra", {})
    gates.register("leaks", lambda _rollout: "A leak was found in a session of this release.")
    desk.devices(3)
    rollout = run(start(desk, desk.release()))
    assert rollout.state == "halted"
    assert rollout.halt_reason.startswith("A leak was found")


def test_rollback_is_a_new_release_with_old_content_for_everybody(desk: Desk) -> None:
    desk.devices(4)
    first = desk.release(entries=[JIRA])
    roll_out(desk, first)
    second = desk.release(entries=[JIRA, EXCEL])
    roll_out(desk, second)
    rollout = rollouts.rollback_to(release=first, reason="too wide", actor=desk.actor(desk.admin))
    run(rollout)
    assert rollout.release.number == second.number + 1
    assert rollout.release.digest == first.digest
    assert Device.objects.filter(desired_release=rollout.release.number).count() == 4
    assert policy_by_release(rollout.release.number).digest == first.digest


def test_rolling_back_to_what_is_live_is_refused(desk: Desk) -> None:
    release = desk.release()
    roll_out(desk, release)
    with pytest.raises(Conflict, match="live already"):
        rollouts.rollback_to(release=release, reason="why not", actor=desk.actor(desk.admin))


def test_rolling_back_to_something_wider_needs_bytes_that_two_roles_approved(desk: Desk) -> None:
    roll_out(desk, desk.release(entries=[JIRA, EXCEL]))
    narrower = desk.release(entries=[JIRA])
    roll_out(desk, narrower)
    roll_out(desk, desk.release(entries=[EXCEL]))
    with pytest.raises(Conflict, match="only one person has approved"):
        rollouts.rollback_to(release=narrower, reason="back", actor=desk.actor(desk.admin))
