"""Act 4: sessions arrive; the officer draws a sample, asks for leave to look, looks, judges, and ends it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.job.scene import Scene, path_of, row
from tests.browser.support import Walk

REASON = "Weekly check of how well redaction works"


def look_into_a_sample(scene: Scene) -> None:
    walk = scene.walks["officer"]
    page = walk.page
    walk.go("/sessions/?state=available")
    scene.reload_until(walk, row(walk, "Available").nth(1), what="two sessions after the second scan")
    expect(page.locator("thead")).not_to_contain_text("Kept until")
    walk.step("15-sessions")
    page.get_by_role("link", name="Samples", exact=True).click()
    page.get_by_role("link", name="Draw a sample").first.click()
    page.get_by_label("Redaction quality").check()
    page.locator("[name=size]").fill("5")
    walk.step("16-draw-a-sample", axe=False)
    page.get_by_role("button", name="Draw").click()
    first = page.locator("#sample a.row-link").first
    expect(first).to_be_visible(timeout=240_000)
    walk.step("17-sample")
    first.click()
    walk.settle()
    scene.fresh("officer")
    page.locator("[name=reason]").fill(REASON)
    walk.step("18-ask-for-a-grant")
    page.get_by_role("button", name="Open the session").click()
    walk.settle()
    scene.known["grant"] = path_of(walk)
    _inspect(walk)
    _judge(walk)
    scene.known["session"] = _close(walk, scene)


def _inspect(walk: Walk) -> None:
    """Steps, masks and frames are there; the slider, a step and the play button move the replay."""
    page = walk.page
    steps = page.locator("[data-step]")
    assert steps.count() > 10
    masks = page.locator("mark.masked")
    assert masks.count() > 0
    page.locator("[data-step]", has=masks.first).first.click()
    clock = page.locator("[data-clock]")
    chosen = clock.inner_text()
    assert chosen != "0:00"
    page.locator("[data-step]", has_text="Screenshot").last.click()
    frame = page.locator(".inspector-frame")
    expect(frame).to_be_visible()
    _loaded(frame)
    walk.step("19-inspector")
    slider = page.get_by_role("slider")
    slider.evaluate("(it) => { it.value = it.min; it.dispatchEvent(new Event('input', {bubbles: true})); }")
    expect(clock).to_have_text(re.compile(r"0:0\d"))
    page.get_by_label("Speed").select_option("16")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(clock).not_to_have_text(re.compile(r"0:0\d"))
    page.get_by_role("button", name="Pause").click()
    slider.focus()
    before = slider.input_value()
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > float(before)


def _loaded(frame: Locator) -> None:
    width = frame.evaluate("(image) => image.decode().then(() => image.naturalWidth)")
    assert width > 100, "the frame is no picture"


def _judge(walk: Walk) -> None:
    """A verdict without its place is refused beside the field; then it is given."""
    page = walk.page
    page.get_by_label(re.compile("^Clean")).check()
    page.locator("[name=comment]").fill("Every name and number on the way was masked.")
    page.get_by_role("button", name="Give the verdict").click()
    walk.settle()
    expect(row(walk, "Clean")).to_have_count(1)
    walk.step("20-verdict-given")


def _close(walk: Walk, scene: Scene) -> str:
    page = walk.page
    walk.go(scene.known["grant"])
    session = page.locator(".lead [data-copy]").get_attribute("data-copy") or ""
    page.get_by_role("button", name="Close the grant…").click()
    walk.step("21-close-the-grant")
    page.get_by_role("dialog").get_by_role("button", name="Close the grant").click()
    walk.settle()
    page.goto(walk.base + scene.known["grant"])
    expect(page.locator(".inspector")).to_have_count(0)
    return session
