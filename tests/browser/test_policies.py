"""A policy from the first draft to the fleet, in a real browser: every page on the way is clean."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from agents.models import Delivery
from capture_policies import tasks
from capture_policies.models import PolicyVersion, Rollout
from tests.browser.support import Walk
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, SYSTEM, Desk
from tests.server.cast import Cast

pytestmark = [
    pytest.mark.usefixtures("repository"),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]
MakeDesk = Callable[[str], Walk]


def test_a_draft_is_written_and_submitted(walk_as: MakeDesk, cast: Cast) -> None:
    walk = walk_as("admin")
    page = walk.page
    walk.go("/policies/drafts/")
    walk.step("01-no-drafts")
    page.click("text=New draft")
    page.fill("[name=title]", "Support desk")
    walk.step("02-new-draft")
    page.click("text=Open draft")
    walk.step("03-empty-draft")
    page.click("text=Add an app or site")
    page.fill("[name=label]", "Jira")
    page.fill("[name=origin]", "jira")
    page.check("[name=signals][value=click]")
    page.click("text=Save in the draft")
    walk.step("04-entry-with-a-fault")
    page.fill("[name=origin]", "https://jira.example.com")
    page.click("text=Save in the draft")
    page.click("text=Add a rule")
    page.fill("[name=label]", "Project names")
    page.check("[name=match_type][value=regex]")
    page.fill("[name=pattern]", "Project [A-Z][a-z]+")
    page.fill("[name=redact_examples]", "the plan of Project Bluebird")
    page.fill("[name=keep_examples]", "the plan")
    page.fill("[name=preview_text]", "Project Bluebird, mail olivia@example.com")
    page.wait_for_selector("#preview mark")
    walk.step("05-rule-preview")
    page.click("text=Save in the draft")
    walk.step("06-draft")
    page.click("text=Settings")
    walk.step("07-settings")
    page.go_back()
    page.click("text=Submit…")
    walk.step("08-submit")
    page.click("dialog[open] button[type=submit]")
    walk.step("09-version")
    assert PolicyVersion.objects.get().title == "Support desk"


def test_two_people_approve_and_a_rollout_goes_out(walk_as: MakeDesk, cast: Cast) -> None:
    desk = Desk(cast)
    desk.devices(12)
    version = desk.version(entries=[JIRA, EXCEL], rules=[CUSTOMERS])
    for number, name in enumerate(("officer", "ml"), start=1):
        walk = walk_as(name)
        walk.go(f"/policies/versions/{version.pk}/")
        walk.page.click("text=Approve…")
        walk.page.fill("dialog[open] [name=reason]", "Read entry by entry.")
        walk.step(f"0{number}-approve")
        walk.page.click("dialog[open] button[type=submit]")
        walk.step(f"0{number}-approved")
    tasks.sweep_versions()
    walk = walk_as("officer")
    page = walk.page
    walk.go("/policies/releases/")
    walk.step("03-releases")
    page.click("text=Roll out…")
    page.fill("[name=reason]", "First policy.")
    walk.step("04-new-rollout")
    page.click("text=Start rollout")
    rollout = Rollout.objects.get()
    rollout.waves.update(soak_seconds=0)
    tasks.advance_rollout(str(rollout.pk))
    page.wait_for_selector("text=Holds a lease on it")
    walk.step("05-first-wave")
    _applied(rollout)
    tasks.advance_rollout(str(rollout.pk))
    page.click("text=Hold…")
    walk.step("06-hold")
    page.fill("dialog[open] [name=reason]", "Lunch.")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("text=Go on…")
    walk.step("07-held")
    walk.go("/policies/rollouts/")
    walk.step("08-rollouts")


def test_capture_is_stopped_and_restarted(walk_as: MakeDesk, cast: Cast) -> None:
    Desk(cast).devices(4)
    walk = walk_as("officer")
    page = walk.page
    walk.go("/stop/")
    walk.step("01-stop")
    page.click("text=Stop capture…")
    page.fill("[name=reason]", "A leak was reported.")
    walk.step("02-new")
    page.click("text=Stop now")
    walk.step("03-proof")
    page.click("text=Ask for a restart…")
    page.fill("[name=reason]", "The rule was fixed.")
    page.click("main button[type=submit]")
    walk.step("04-asked")
    second = walk_as("admin")
    second.go(re.sub(r"^https?://[^/]+", "", page.url))
    second.page.click("text=Confirm restart…")
    second.step("05-confirm")
    second.page.click("dialog[open] button[type=submit]")
    second.step("06-restarted")


def test_an_employee_reads_what_is_captured(walk_as: MakeDesk, cast: Cast) -> None:
    desk = Desk(cast)
    desk.devices(1)
    release = desk.release(entries=[JIRA, EXCEL], rules=[CUSTOMERS])
    from capture_policies.actions.waves import assign_device

    Rollout.objects.create(release=release, reason="x", state="done")
    assign_device(device_id=desk.cast.subject().devices.get().pk, actor=SYSTEM)
    walk = walk_as("employee")
    walk.go("/me/captured/")
    walk.step("01-captured")


def _applied(rollout: Rollout) -> None:
    rows = Delivery.objects.filter(rollout=rollout.pk, state="notified")
    rows.update(state="applied", applied_at=rollout.started_at)
