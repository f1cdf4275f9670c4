"""Act 3: the signed release goes out in two waves, and the page follows without being loaded again."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.job.scene import Scene, path_of, row
from tests.browser.support import Walk

WAVES = ((50, 0), (75, 0), (100, 0))
#: A machine that is busy with other tests is slow; what comes ends the wait.
LONG = 240_000


def roll_out(scene: Scene) -> None:
    """Started while no agent runs: the page shows who was told, then follows them as they come."""
    enrolled = scene.agents_ready()
    scene.company.act("tell_everybody")  # it captures more: without a notice that says so nobody is captured
    walk = scene.walks["admin"]
    page = walk.page
    page.get_by_role("link", name="Roll out…").click()
    walk.settle()
    scene.fresh("admin")
    _fill_waves(walk)
    walk.step("11-plan-a-rollout")
    page.get_by_role("button", name="Start rollout").click()
    walk.settle()
    scene.fresh("admin")
    live = page.locator("#live")
    expect(live).to_contain_text("Running")
    expect(live.locator(".funnel li", has_text="Told").locator(".funnel-value")).to_have_text(
        re.compile(r"[1-9]"), timeout=LONG
    )
    walk.step("12-rollout-is-live")
    scene.known["rollout"] = path_of(walk)
    scene.start_agents()
    applied = live.locator(".funnel li", has_text="Applied").locator(".funnel-value")
    expect(applied).to_have_text(str(enrolled), timeout=LONG)
    expect(live.locator(".tile", has_text="State")).to_contain_text("Done", timeout=LONG)
    walk.step("13-rollout-is-done")
    walk.go("/devices/")
    expect(row(walk, "Capturing")).to_have_count(enrolled, timeout=LONG)
    walk.step("14-devices")


def _fill_waves(walk: Walk) -> None:
    for number, (percent, minutes) in enumerate(WAVES):
        walk.page.locator(f"[name=waves-{number}-percent]").fill(str(percent))
        walk.page.locator(f"[name=waves-{number}-soak_minutes]").fill(str(minutes))
    walk.page.locator("[name=reason]").fill("The wiki was asked for by the ML staff.")
