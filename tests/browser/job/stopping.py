"""Act 6: one person stops the whole programme, the page proves it, and two people let it run again."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.job.scene import Scene, path_of, row

REASON = "A colleague reported something that should not be recorded."
#: A machine that is busy with other tests is slow; what comes ends the wait.
LONG = 240_000


def stop_and_restart(scene: Scene) -> None:
    """The colleague of the erased employee is still captured, so that there is something to stop."""
    walk = scene.walks["admin"]
    page = walk.page
    walk.go("/devices/")
    scene.reload_until(walk, row(walk, "Capturing"), what="an agent that captures")
    page.get_by_role("link", name="Stop capture", exact=True).click()
    walk.step("34-nothing-is-stopped")
    page.get_by_role("link", name="Stop capture…").click()
    walk.settle()
    scene.fresh("admin")
    page.get_by_label("The whole programme").check()
    page.locator("[name=reason]").fill(REASON)
    walk.step("35-stop", axe=False)
    page.get_by_role("button", name="Stop now").click()
    walk.settle()
    scene.fresh("admin")
    expect(page.get_by_text("Every device in the scope is proven stopped.")).to_be_visible(timeout=LONG)
    expect(row(walk, "Proven stopped")).to_have_count(len(scene.homes))
    walk.step("36-proof-of-stop")
    states = [scene.company.status(home)["capture"] for home in scene.homes]
    assert "on" not in states, states
    scene.known["stop"] = path_of(walk)
    _restart(scene)


def _restart(scene: Scene) -> None:
    """The one who asks cannot confirm."""
    admin, officer = scene.walks["admin"], scene.walks["officer"]
    admin.page.get_by_role("link", name="Ask for a restart…").click()
    admin.settle()
    scene.fresh("admin")
    admin.page.locator("[name=reason]").fill("Looked into; it was masked.")
    admin.page.get_by_role("button", name="Ask for a restart").click()
    admin.settle()
    scene.fresh("admin")
    expect(admin.page.locator("main")).to_contain_text("Restart asked for")
    expect(admin.page.get_by_role("button", name="Confirm restart…")).to_have_count(0)
    officer.go("/")
    officer.step("37-home-of-an-officer")
    officer.go(scene.known["stop"])
    officer.page.get_by_text("Confirm restart…").first.click()
    officer.settle()
    scene.fresh("officer")
    officer.step("38-confirm-the-restart", axe=False)
    officer.page.locator("dialog[open]").get_by_role("button", name="Confirm restart").click()
    officer.settle()
    scene.fresh("officer")
    expect(officer.page.locator("h1")).to_contain_text("restarted")
    admin.go("/devices/")
    scene.reload_until(admin, row(admin, "Capturing"), what="an agent that captures again")
    officer.go(scene.known["stop"])
    expect(officer.page.locator("main")).to_contain_text(re.compile("asked for by .* and confirmed by"))
    officer.step("39-restarted")
