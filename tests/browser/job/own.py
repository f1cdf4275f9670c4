"""Act 5: an employee sees what is captured and who looked, reads a notice, and has everything erased."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.job import sessions
from tests.browser.job.scene import Scene, path_of, row
from tests.browser.support import Walk

TITLE = "What your computer records, now with the wiki"
TEXT = "Clicks, scrolling and typed text in the wiki are recorded as well, from today on. Names are masked."
ANSWER = "Granted: it is your right."


def look_after_oneself(scene: Scene) -> None:
    _publish_notice(scene)
    name = _owner(scene)
    scene.known["employee"] = name
    walk = scene.walks[name]
    _see_summary(walk)
    _see_who_looked(walk)
    walk.go("/me/notices/")
    walk.step("28-notice-waits")
    for one in scene.employees:
        _acknowledge(scene.walks[one])
    _be_erased(scene, walk)


def _publish_notice(scene: Scene) -> None:
    walk = scene.walks["officer"]
    walk.go("/law/notices/")
    walk.page.get_by_role("link", name="Write a notice").click()
    walk.settle()
    scene.fresh("officer")
    walk.page.locator("[name=title]").fill(TITLE)
    walk.page.locator("[name=text]").fill(TEXT)
    walk.step("22-new-notice", axe=False)
    walk.page.get_by_role("button", name="Publish notice").click()
    walk.settle()
    scene.fresh("officer")
    expect(walk.page.locator("main")).to_contain_text(TITLE)


def _owner(scene: Scene) -> str:
    """Whose session was looked at: to that person it is there, to a colleague it is not."""
    found: list[str] = []
    for name in scene.employees:
        walk = scene.sign_in(name)
        walk.go("/")
        assert path_of(walk) == "/me/"  # the first page of somebody without a staff role
        answer = walk.page.goto(f"{walk.base}/me/sessions/{scene.known['session']}/")
        assert answer is not None
        assert answer.status in (200, 404)
        if answer.status == 200:
            found.append(name)
    assert len(found) == 1
    return found[0]


def _see_summary(walk: Walk) -> None:
    page = walk.page
    walk.step("23-my-session")
    walk.go("/me/")
    main = page.locator("main")
    expect(main.locator("[data-chart] svg").first).to_be_visible()
    page.locator("summary", has_text="Numbers").first.click()
    expect(row(walk, "Service desk").first).to_be_visible()
    walk.step("24-my-capture")
    walk.go("/me/captured/")
    expect(row(walk, "Wiki")).to_have_count(1)
    walk.step("25-what-is-captured")


def _see_who_looked(walk: Walk) -> None:
    walk.page.get_by_role("link", name="Who looked", exact=True).click()
    expect(row(walk, sessions.REASON, "Privacy officer")).to_have_count(1)
    expect(walk.page.locator("main")).not_to_contain_text("Officer One")
    walk.step("26-who-looked")
    walk.page.locator("a.row-link").first.click()
    expect(row(walk, "part 0").first).to_be_visible()
    walk.step("27-looks-at-my-session")


def _acknowledge(walk: Walk) -> None:
    page = walk.page
    walk.go("/me/")
    page.get_by_role("link", name="Read the notice").click()
    expect(page.locator("main")).to_contain_text(TITLE)
    page.get_by_role("button", name="I have read this notice").click()
    walk.settle()
    expect(row(walk, TITLE)).to_have_count(1)
    expect(page.locator("main")).to_contain_text("You have acknowledged this notice")


def _be_erased(scene: Scene, walk: Walk) -> None:
    page = walk.page
    page.get_by_role("link", name="My requests", exact=True).click()
    page.get_by_role("link", name="New request").first.click()
    page.get_by_label(re.compile("^Delet")).check()
    page.get_by_label("Everything recorded of me").check()
    walk.step("29-ask-for-deletion")
    page.get_by_role("button", name="Send request").click()
    walk.settle()
    own = path_of(walk)
    request = own.rstrip("/").rpartition("/")[2]
    _decide(scene, request)
    scene.reload_until(walk, page.get_by_role("link", name="Receipt"), what="the receipt")
    expect(page.locator("main")).to_contain_text(ANSWER)
    walk.step("32-erased")
    receipt = _download(walk, scene.company.folder)
    expect(page.locator("h1")).to_contain_text(str(receipt["request"]))
    scene.company.until(lambda: "done" in scene.company.act("erasure", request)["purges"], what="the purge")
    left = scene.company.act("erasure", request)
    assert left["receipt_ok"]
    assert (left["states"], left["files_left"], left["living_keys"]) == (["erased"], 0, 0)
    officer = scene.walks["officer"]
    officer.go(f"/requests/{request}/")
    expect(row(officer, "not yet")).to_have_count(0)
    officer.step("33-purge-is-done")


def _decide(scene: Scene, request: str) -> None:
    walk = scene.walks["officer"]
    walk.go("/requests/")
    expect(row(walk, "Received")).to_have_count(1)
    walk.step("30-requests")
    walk.go(f"/requests/{request}/")
    walk.page.get_by_role("button", name="Approve…").click()
    walk.page.locator("dialog[open] textarea").fill(ANSWER)
    walk.step("31-approve-a-request")
    walk.page.locator("dialog[open]").get_by_role("button", name="Approve").click()
    walk.settle()
    scene.fresh("officer")
    expect(walk.page.locator("main")).to_contain_text(ANSWER)


def _download(walk: Walk, folder: Path) -> dict[str, Any]:
    with walk.page.expect_download() as waiting:
        walk.page.get_by_role("link", name="Receipt").click()
    target = folder / "receipt.json"
    waiting.value.save_as(target)
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return found
