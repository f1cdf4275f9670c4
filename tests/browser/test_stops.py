"""The live page of a rollout and the kill switch in a real browser: planning waves, gates, pulling the plug,
proof of stop, a drill.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from agents.models import CaptureStop, Delivery, Device, DeviceCommand, Lease, StopDrill
from capture_policies import tasks
from capture_policies.models import Release, Rollout
from tests.browser.support import Walk
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import EXCEL, JIRA, Desk
from tests.server.cast import Cast

pytestmark = [
    pytest.mark.usefixtures("repository"),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]
MakeDesk = Callable[[str], Walk]


def _new_release(desk: Desk) -> Release:
    """Release 2, which adds Excel to what is live."""
    roll_out(desk, desk.release(entries=[JIRA]))
    return desk.release(entries=[JIRA, EXCEL])


def _spread(rollout: Rollout, state: str, share: float = 1.0) -> None:
    """The devices that were told answer one after the other."""
    told = list(Delivery.objects.filter(rollout=rollout.pk, state="notified").order_by("pk"))
    for index, row in enumerate(told[: round(len(told) * share)]):
        at = rollout.started_at + timedelta(seconds=2 + index)
        row.state, row.leased_at = state, at
        row.applied_at = at + timedelta(seconds=1) if state == "applied" else None
        row.failed_at = at + timedelta(seconds=1) if state == "failed" else None
        row.save()


def test_waves_are_planned_watched_and_the_plug_is_pulled(walk_as: MakeDesk, cast: Cast) -> None:
    desk = Desk(cast)
    devices = desk.devices(40)
    Device.objects.filter(pk__in=[device.pk for device in devices[:8]]).update(tags=["pilot"])
    release = _new_release(desk)
    walk = walk_as("officer")
    page = walk.page
    walk.go(f"/policies/releases/{release.pk}/roll-out/")
    page.click("text=Add a wave")
    expect(page.locator("fieldset.wave")).to_have_count(4)
    page.click("text=Remove wave 1")
    expect(page.locator("fieldset.wave")).to_have_count(3)
    page.locator("[name=waves-0-audience]").select_option("tag")
    page.locator("[name=waves-0-tag]").fill("pilot")
    page.locator("[name=waves-1-percent]").fill("50")
    page.locator("fieldset.wave summary").first.click()
    page.fill("[name=reason]", "Excel was asked for by Finance.")
    walk.step("01-waves")
    page.click("text=Start rollout")
    page.wait_for_selector("#live")
    rollout = Rollout.objects.get(release=release)
    rollout.waves.update(soak_seconds=0)
    rollout.waves.filter(number=2).update(soak_seconds=1800, max_error_share=0.5)
    tasks.advance_rollout(str(rollout.pk))
    _spread(rollout, "applied")
    tasks.advance_rollout(str(rollout.pk))
    _spread(rollout, "failed", 0.1)
    _spread(rollout, "applied", 0.6)
    Rollout.objects.filter(pk=rollout.pk).update(started_at=rollout.started_at - timedelta(seconds=40))
    walk.go(f"/policies/rollouts/{rollout.pk}/")
    expect(page.locator("#live")).to_contain_text("Gate of wave 2")
    expect(page.locator("#live")).to_contain_text("tag pilot")
    walk.step("02-rollout-live")
    page.click("text=Pull the plug…")
    walk.step("03-pull-the-plug")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("text=The plug was pulled.")
    tasks.sweep_rollouts()
    back = Rollout.objects.get(only_release=release.number)
    _spread(back, "applied")
    tasks.sweep_rollouts()
    walk.go(f"/policies/rollouts/{rollout.pk}/")
    walk.step("04-halted")
    walk.go(f"/policies/rollouts/{back.pk}/")
    expect(page.locator("#live")).to_contain_text("The last after")
    walk.step("05-taken-back")


def _confirm(stop: CaptureStop, devices: list[Device]) -> None:
    """These devices say, with their key, that they hold a lease that allows nothing."""
    now = timezone.now()
    for device in devices:
        lease = Lease.objects.create(
            device=device, state="stopped", issued_at=now, expires_at=now + timedelta(minutes=15)
        )
        Device.objects.filter(pk=device.pk).update(
            held_lease=lease.pk,
            reported_at=now,
            lease_state="stopped",
            lease_issued_at=now,
            capture_state="stopped",
        )


def test_a_stop_is_bounded_before_and_proven_after_it(walk_as: MakeDesk, cast: Cast) -> None:
    desk = Desk(cast)
    devices = desk.devices(30)
    roll_out(desk, desk.release(entries=[JIRA, EXCEL]))
    ends = timezone.now() + timedelta(minutes=14)
    Device.objects.update(capture_until=ends, lease_state="on", capture_state="on")
    walk = walk_as("officer")
    page = walk.page
    walk.go("/stop/new/")
    expect(page.locator("#effect")).to_contain_text("In the worst case")
    page.get_by_label("An app or site").check()
    page.fill("[name=entry]", "excel")
    page.wait_for_selector("#effect >> text=of 30")
    walk.step("06-stop-an-app")
    page.get_by_label("The whole programme").check()
    page.fill("[name=reason]", "Something was recorded that should not be.")
    page.click("text=Stop now")
    page.wait_for_selector("#proof")
    stop = CaptureStop.objects.get()
    expect(page.locator("#proof")).to_contain_text("At the moment of the stop")
    _confirm(stop, devices[:22])
    Device.objects.filter(pk__in=[device.pk for device in devices[22:25]]).update(
        lease_state="stopped", lease_issued_at=timezone.now()
    )
    Device.objects.filter(pk=devices[25].pk).update(capture_until=timezone.now())
    expect(page.locator("#proof .tile", has_text="Proven stopped")).to_contain_text("22")
    walk.go(re.sub(r"^https?://[^/]+", "", page.url))
    walk.step("07-proof-of-stop")
    page.select_option("[name=proof]", "pending")
    expect(page.locator("#list tbody tr")).to_have_count(4)
    walk.step("08-pending")
    walk.go("/stop/")
    walk.step("09-stops")


def test_a_drill_says_how_fast_agents_answer(walk_as: MakeDesk, cast: Cast) -> None:
    desk = Desk(cast)
    desk.devices(12)
    walk = walk_as("officer")
    page = walk.page
    walk.go("/stop/drills/new/")
    page.fill("[name=reason]", "Quarterly drill.")
    walk.step("10-new-drill")
    page.click("text=Start drill")
    page.wait_for_selector("#answers")
    drill = StopDrill.objects.get()
    for index, command in enumerate(DeviceCommand.objects.order_by("pk")[:10]):
        command.result = "done"
        command.done_at = drill.started_at + timedelta(milliseconds=300 + 90 * index)
        command.save()
    expect(page.locator("#answers .tile", has_text="Answered")).to_contain_text("10")
    walk.step("11-drill")
    page.click("text=End drill…")
    page.click("dialog[open] button[type=submit]")
    walk.go("/stop/drills/")
    expect(page.locator("#list")).to_contain_text("10 of 12")
    walk.step("12-drills")
