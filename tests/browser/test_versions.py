"""What a version changes, in sentences, and how it is decided: comments, changes, two roles, a cool-down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from capture_policies import tasks
from capture_policies.actions import rollouts, waves
from capture_policies.models import PolicyVersion
from jurisdictions.actions import load_packs
from tests.browser.support import Walk
from tests.server.capture_policies import deciding
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, SYSTEM, Desk
from tests.server.capture_policies.test_impact import people
from tests.server.cast import Cast

pytestmark = [
    pytest.mark.usefixtures("repository"),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]

CLICKS: dict[str, Any] = {**JIRA, "signals": ["click"]}
TYPING: dict[str, Any] = {**JIRA, "signals": ["click", "keystroke"], "keystrokes": "text"}
WIKI: dict[str, Any] = {
    **JIRA,
    "id": "wiki",
    "label": "Wiki",
    "match": {"origin": "https://wiki.example.com", "path_prefix": "/", "subdomains": True},
    "signals": ["click", "scroll", "url"],
}


@pytest.fixture(autouse=True)
def _cool_down(settings: Any) -> None:
    settings.COOL_DOWN_HOURS = 24


def _live(desk: Desk, **changes: Any) -> None:
    """A policy of clicks is live, on an empty fleet."""
    release = desk.release(**changes)
    rollout = rollouts.start_rollout(
        release=release, waves=[rollouts.WavePlan(100)], reason="first", actor=desk.actor(desk.officer)
    )
    while waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM):
        pass


def _decide(walk: Walk, verb: str, reason: str) -> None:
    walk.page.click(f"text={verb}…")
    walk.page.fill("dialog[open] [name=reason]", reason)


def test_a_version_is_discussed_sent_back_approved_by_two_and_signed_after_its_cool_down(
    walk_as: Callable[[str], Walk], cast: Cast
) -> None:
    desk = Desk(cast)
    _live(desk, entries=[CLICKS, EXCEL, WIKI], rules=[CUSTOMERS])
    load_packs(actor=cast.system())
    people(desk, "Sales", 9)
    people(desk, "Support", 6, place="US-CA")
    people(desk, "Field", 3, place="US-TX")
    changed = {
        **WIKI,
        "signals": ["click", "scroll"],
        "scope": {"places": ["US"]},
        "windows_excluded": ["*draft*"],
    }
    version = desk.version(title="Ticket texts", entries=[TYPING, changed], rules=[CUSTOMERS])
    page_of = f"/policies/versions/{version.pk}/"

    officer = walk_as("officer")
    officer.go(page_of)
    officer.step("01-difference")
    officer.page.fill("[name=text]", "Why keystroke text in Jira? Clicks were enough so far.")
    officer.page.click("text=Add comment")
    officer.page.wait_for_selector("text=Your comment was added.")
    officer.step("02-comment")
    _decide(officer, "Request changes", "Say in the justification what the text is for.")
    officer.step("03-request-changes")
    officer.page.click("dialog[open] button[type=submit]")
    officer.page.wait_for_selector("text=Changes were requested")
    officer.step("04-sent-back")

    author = walk_as("admin")
    author.go(f"/policies/drafts/{version.draft_id}/")
    author.step("05-draft-with-what-was-said")
    author.page.click("text=Submit…")
    author.page.click("dialog[open] button[type=submit]")
    author.page.wait_for_selector("text=Replaces")
    successor = PolicyVersion.objects.get(replaces=version)
    page_of = f"/policies/versions/{successor.pk}/"

    officer.go(page_of)
    _decide(officer, "Approve", "The purpose is clear now.")
    officer.page.click("dialog[open] button[type=submit]")
    officer.page.wait_for_selector("text=Your approval was recorded.")
    ml = walk_as("ml")
    ml.go(page_of)
    _decide(ml, "Approve", "Needed for the ticket task.")
    ml.page.click("dialog[open] button[type=submit]")
    ml.page.wait_for_selector("text=Approved, waits")
    ml.step("06-waits")
    _decide(ml, "Withdraw approval", "I want to read the rule again.")
    ml.step("07-withdraw")
    ml.page.click("dialog[open] button[type=submit]")
    ml.page.wait_for_selector("text=Your approval no longer counts.")
    _decide(ml, "Approve", "Read it.")
    ml.page.click("dialog[open] button[type=submit]")
    ml.page.wait_for_selector("text=Approved, waits")
    with deciding.earlier(hours=-25):
        tasks.sweep_decisions()
        tasks.sweep_versions()
    ml.go(page_of)
    ml.page.wait_for_selector("text=Release 2")
    ml.step("08-signed")


def test_any_two_versions_are_found_and_compared(walk_as: Callable[[str], Walk], cast: Cast) -> None:
    desk = Desk(cast)
    desk.version(title="Clicks", entries=[CLICKS])
    deciding.lapsed(desk)
    last = desk.version(
        title="Many sites",
        entries=[
            {
                **WIKI,
                "id": f"s{n}",
                "label": f"Site {n}",
                "match": {**WIKI["match"], "origin": f"https://s{n}.example.com"},
            }
            for n in range(30)
        ],
    )
    walk = walk_as("auditor")
    walk.go("/policies/versions/?q=office&sort=-author")
    walk.step("01-list")
    walk.go(f"/policies/versions/{last.pk}/compare/?with=1")
    walk.step("02-compare")
    walk.page.fill("[name=with]", "77")
    walk.page.click("main button[type=submit]")
    walk.page.wait_for_selector("text=There is no version 77.")
    walk.step("03-no-such-version")
    walk.go(f"/policies/versions/{last.pk}/captured/?page=2")
    walk.step("04-captured")
    walk.go(f"/policies/versions/{PolicyVersion.objects.get(number=2).pk}/")
    walk.step("05-ended-approvals")
