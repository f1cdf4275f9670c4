"""Acts 1 and 2: an admin writes a policy in the browser, two other people decide on its bytes."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.job.scene import Scene, path_of, row
from tests.browser.support import Walk

REASON = "Read line by line; both examples show what the rule does."
SIGNALS = ("Mouse clicks", "Scrolling", "Typed text")
WRONG_PATTERN, PATTERN = r"INV-(?=\d)\d{6}", r"INV-\d{6}"


def write_policy(scene: Scene) -> None:
    """A draft from the live version, one more site, one more rule; submitted it cannot be changed."""
    scene.prepare_agents()
    walk = scene.sign_in("admin")
    walk.step("01-home-of-an-admin")
    _open_draft(walk)
    _allow_site(walk)
    _write_rule(walk)
    walk.step("06-draft")
    walk.page.get_by_role("button", name="Submit…").click()
    walk.page.get_by_role("dialog").get_by_role("button", name="Submit").click()
    walk.settle()
    expect(walk.page.locator("main")).to_contain_text("Immutable")
    scene.known["version"] = path_of(walk)


def _open_draft(walk: Walk) -> None:
    page = walk.page
    page.get_by_role("link", name="Versions", exact=True).click()
    page.locator("a.row-link").first.click()
    page.get_by_role("link", name="New draft from it").click()
    page.locator("[name=title]").fill("Office work with the wiki")
    page.locator("[name=justification]").fill("Agents shall learn to look things up.")
    walk.step("02-new-draft", axe=False)
    page.get_by_role("button", name="Open draft").click()
    expect(row(walk, "Service desk")).to_have_count(1)


def _allow_site(walk: Walk) -> None:
    """First an address without its scheme: the field says so, and nothing typed is lost."""
    page = walk.page
    page.get_by_role("link", name="Add an app or site").click()
    page.get_by_label("Website", exact=True).check()
    page.locator("[name=label]").fill("Wiki")
    address = page.locator("[name=origin]")
    address.fill("wiki.example.com")
    for signal in SIGNALS:
        page.get_by_label(signal, exact=True).check()
    page.get_by_role("button", name="Save in the draft").click()
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(address).to_be_focused()
    expect(address).to_have_value("wiki.example.com")
    expect(page.locator("[name=label]")).to_have_value("Wiki")
    for signal in SIGNALS:
        expect(page.get_by_label(signal, exact=True)).to_be_checked()
    walk.step("03-wrong-address")
    address.fill("https://wiki.example.com")
    page.get_by_role("button", name="Save in the draft").click()
    expect(row(walk, "Wiki", "wiki.example.com")).to_have_count(1)


def _write_rule(walk: Walk) -> None:
    """First an expression that could stall a device: refused at its field, examples kept."""
    page = walk.page
    page.get_by_role("link", name="Add a rule").click()
    page.locator("[name=label]").fill("Invoice numbers")
    page.get_by_label("An expression").check()
    page.locator("[name=pattern]").fill(WRONG_PATTERN)
    page.locator("[name=redact_examples]").fill("Please pay INV-204418 by Friday.")
    page.locator("[name=keep_examples]").fill("Invoice 12 was paid in time.")
    page.get_by_role("button", name="Save in the draft").click()
    pattern = page.locator("[name=pattern]")
    expect(pattern).to_have_attribute("aria-invalid", "true")
    expect(pattern).to_have_value(WRONG_PATTERN)
    expect(page.locator("[name=keep_examples]")).to_have_value("Invoice 12 was paid in time.")
    walk.step("04-wrong-expression", axe=False)
    pattern.fill(PATTERN)
    page.locator("[name=preview_text]").fill("INV-777123 was sent to jo@example.org")
    # The first text that a process searches waits until a new rule was tried apart and its gates compiled.
    tried = page.locator("#preview")
    expect(tried).to_contain_text("[INVOICE_NUMBERS] was sent to [EMAIL]")
    walk.step("05-rule-tried")
    page.get_by_role("button", name="Save in the draft").click()
    expect(row(walk, "Invoice numbers")).to_have_count(1)


def approve_policy(scene: Scene) -> None:
    """The author has no button; a privacy officer and somebody of the ML staff each give a reason."""
    author = scene.walks["admin"]
    expect(author.page.locator("main")).to_contain_text("You are the author")
    expect(author.page.get_by_role("button", name="Approve…")).to_have_count(0)
    author.step("07-version-as-its-author")
    for number, name in enumerate(("officer", "ml"), start=8):
        _approve(scene, name, f"{number:02d}-approve-as-{name}")
    scene.reload_until(author, author.page.get_by_role("link", name="Roll out…"), what="the signed release")
    author.step("10-version-signed")


def _approve(scene: Scene, name: str, step: str) -> None:
    walk = scene.sign_in(name)
    page = walk.page
    page.get_by_role("link", name=re.compile("waits? for your decision")).click()
    page.locator("a.row-link").first.click()
    page.locator(".page-actions").get_by_text("Approve…").click()
    walk.settle()
    scene.fresh(name)
    page.locator("[name=reason]:visible").fill(REASON)
    walk.step(step)
    page.get_by_role("button", name="Approve", exact=True).click()
    walk.settle()
    expect(page.locator("main")).to_contain_text(REASON)
