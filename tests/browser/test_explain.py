"""Explaining, comparing and simulating policies, and the employee's own question, in a real browser."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from agents.models import Device
from capture_policies import past_cells, tasks
from capture_policies.models import Rollout
from capture_policies.past_cells import Counted, Facts
from jurisdictions.actions import load_packs
from tests.browser.support import Walk
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk
from tests.server.cast import Cast
from tests.server.jurisdictions.support import notice, work_in

pytestmark = [
    pytest.mark.usefixtures("repository"),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
MakeDesk = Callable[[str], Walk]
WIDE: dict[str, Any] = {
    **JIRA,
    "signals": ["click", "keystroke", "shortcut", "url", "window_title"],
    "keystrokes": "class",
}


@pytest.fixture(autouse=True)
def _law(cast: Cast) -> None:
    load_packs(actor=cast.system())


def live(desk: Desk, *, days_ago: int, **changes: Any) -> int:
    then = timezone.now() - timedelta(days=days_ago)
    with patch("django.utils.timezone.now", lambda: then):
        release = desk.release(**changes)
    Rollout.objects.create(release=release, reason="x", state="done", started_at=then, finished_at=then)
    return release.number


def test_an_event_is_explained_and_two_versions_are_compared(walk_as: MakeDesk, cast: Cast) -> None:
    desk = Desk(cast)
    live(desk, days_ago=9, entries=[EXCEL])
    live(desk, days_ago=5, entries=[WIDE, EXCEL], rules=[CUSTOMERS])
    walk = walk_as("officer")
    page = walk.page
    walk.go("/policies/explain/")
    walk.step("01-explain-empty")
    page.fill("[name=address]", "https://jira.example.com/browse/SUP-7")
    page.fill("[name=title]", "SUP-7 Olivia Sample cannot sign in")
    page.select_option("[name=signal]", "window_title")
    page.fill("[name=place]", "US-NY")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=What stays of the event")
    walk.step("02-explained")
    page.fill("[name=place]", "New York")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Write a country")
    walk.step("03-explain-with-a-fault")
    page.fill("[name=place]", "DE")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Not captured")
    walk.step("04-not-captured-in-germany")
    page.fill("[name=place]", "US-NY")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=What stays of the event")
    page.click("text=Compare two")
    page.check("[name=a-which][value=version]")
    page.fill("[name=a-version]", "1")
    page.check("[name=b-which][value=live]")
    page.click("main button[type=submit]")
    page.wait_for_selector("section[aria-label='Version 1']")
    walk.step("05-compared")


class Weeks:
    """Four weeks of an invented company."""

    def entries(self, since: Any, until: Any) -> list[tuple[str, str]]:
        return [("excel", "Excel"), ("jira", "Jira")]

    def counted(self, entry: str, since: Any, until: Any) -> list[Counted]:
        number = Rollout.objects.get().release.number
        many = {"click": 40, "keystroke": 30, "url": 12, "focus": 12} if entry == "jira" else {"click": 9}
        return [
            Counted(signal, Facts(number, "windows", place), desk_mate, 100 + index)
            for signal, count in many.items()
            for place, share in (("US-NY", count), ("US-TX", 3))
            for index, desk_mate in enumerate(_mates(share))
        ]


def _mates(count: int) -> list[Any]:
    import uuid

    return [uuid.UUID(bytes=secrets.token_bytes(16)) for _ in range(count)]


def test_recent_decisions_are_replayed_under_a_version(
    walk_as: MakeDesk, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_cells, "_provider", [Weeks()])
    desk = Desk(cast)
    live(desk, days_ago=9, entries=[WIDE, EXCEL])
    desk.devices(8)
    less = {**WIDE, "signals": ["click", "keystroke", "screenshot"], "keystrokes": "count"}
    version = desk.version(entries=[less], rules=[CUSTOMERS])
    walk = walk_as("ml")
    walk.go(f"/policies/versions/{version.pk}/")
    walk.page.click("text=Simulate")
    walk.page.wait_for_selector("text=Recent decisions")
    walk.step("06-before-a-simulation")
    walk.page.click("main button[type=submit]")
    walk.page.wait_for_selector("text=Running")
    walk.step("07-running")
    tasks.sweep_simulations()
    walk.page.wait_for_selector("text=By app or site and signal")
    walk.step("08-simulated")


def test_an_employee_asks_about_the_own_computer(walk_as: MakeDesk, cast: Cast) -> None:
    walk = walk_as("employee")
    desk = Desk(cast)
    (device,) = desk.devices(1)
    number = live(desk, days_ago=3, entries=[WIDE])
    Device.objects.filter(pk=device.pk).update(applied_release=number)
    work_in(cast, "US-TX")
    notice(cast)
    walk.go("/me/captured/")
    walk.page.click("text=Would this be captured?")
    walk.step("09-my-question")
    walk.page.fill("[name=address]", "https://jira.example.com/browse/SUP-7")
    walk.page.click("main button[type=submit]")
    walk.page.wait_for_selector("text=which your computer has")
    walk.step("10-my-answer")
