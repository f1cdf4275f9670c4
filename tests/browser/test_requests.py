"""Asking, removing at once and excluding, in a real browser: every page on the way is clean."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.models import Device
from capture_policies import tasks
from capture_policies.actions.waves import assign_device
from capture_policies.models import AllowlistRequest, PolicyDraft, Rollout
from tests.browser.support import Walk
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import EXCEL, JIRA, SYSTEM, Desk
from tests.server.cast import Cast

pytestmark = [
    pytest.mark.usefixtures("repository"),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]
WalkAs = Callable[[str], Walk]


def _live(cast: Cast) -> Desk:
    """Jira and Excel are captured on the employee's computer."""
    desk = Desk(cast)
    desk.devices(1)
    roll_out(desk, desk.release(entries=[JIRA, EXCEL]))
    assign_device(device_id=Device.objects.get().pk, actor=SYSTEM)
    return desk


def test_an_employee_asks_and_an_officer_removes_at_once(walk_as: WalkAs, cast: Cast) -> None:
    _live(cast)
    walk = walk_as("employee")
    page = walk.page
    walk.go("/me/asked/")
    walk.step("01-nothing-asked")
    page.click("a.btn-primary")
    page.check("[name=kind][value=remove]")
    page.select_option("[name=entry]", "jira")
    page.fill("[name=words]", "Customers write health data there.")
    walk.step("02-ask-to-remove")
    page.click("main button[type=submit]")
    walk.step("03-asked")
    walk.go("/me/asked/new/")
    page.fill("[name=label]", "Wiki")
    page.fill("[name=where]", "the wiki")
    page.fill("[name=words]", "I write much there.")
    page.click("main button[type=submit]")
    walk.step("04-no-address")
    page.fill("[name=where]", "wiki.example.com/team?id=1")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=https://wiki.example.com/team")

    officer = walk_as("officer")
    officer.go("/policies/requests/")
    officer.step("05-requests")
    officer.page.click("a.row-link >> text=Jira")
    officer.step("06-request")
    officer.page.click("text=Remove now…")
    officer.page.fill("[name=reason]", "Health data.")
    officer.step("07-remove-now")
    officer.page.click("main button[type=submit]")
    rollout = Rollout.objects.running().get()
    officer.step("08-on-its-way")
    tasks.advance_rollout(str(rollout.pk))
    walk.go("/me/asked/")
    walk.page.wait_for_selector("text=Health data.")
    walk.step("09-answered")


def test_an_addition_goes_into_a_draft(walk_as: WalkAs, cast: Cast) -> None:
    _live(cast)
    walk = walk_as("ml")
    page = walk.page
    walk.go("/policies/requests/new/")
    page.fill("[name=label]", "Wiki")
    page.fill("[name=where]", "wiki.example.com")
    page.fill("[name=words]", "Much work is done there.")
    walk.step("01-ask")
    page.click("main button[type=submit]")
    page.click("text=Take into a draft…")
    walk.step("02-take")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("h1 >> text=Add Wiki")
    walk.step("03-draft")
    assert PolicyDraft.objects.get(title="Add Wiki").entries.filter(key="wiki").exists()
    walk.go(f"/policies/requests/{AllowlistRequest.objects.get().pk}/")
    walk.step("04-taken")


def test_an_employee_excludes_an_app(walk_as: WalkAs, cast: Cast) -> None:
    _live(cast)
    walk = walk_as("employee")
    page = walk.page
    walk.go("/me/excluded/")
    walk.step("01-captured")
    page.click("[aria-label='Exclude Jira']")
    page.wait_for_selector("text=Excluded by you")
    walk.step("02-excluded")
    page.click("[aria-label='Take back Jira']")
    page.wait_for_selector("[aria-label='Exclude Jira']")
