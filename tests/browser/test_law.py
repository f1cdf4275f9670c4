"""Places, laws, notices and agreements in a real browser: every page on the way is clean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actions import set_work_location
from jurisdictions.actions import load_packs
from jurisdictions.models import Acknowledgement, Agreement, LawPack, Notice, PlaceLook
from tests.browser.support import Walk
from tests.server.cast import Cast
from tests.server.jurisdictions.policies import SITE, live_policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
MakeDesk = Callable[[str], Walk]
FRAMES: dict[str, Any] = {
    **SITE,
    "signals": ["click", "text", "keystroke", "screenshot"],
    "keystrokes": "class",
    "frame_interval_s": 5,
}


@pytest.fixture(autouse=True)
def _law(cast: Cast) -> None:
    load_packs(actor=cast.system())
    start = timezone.now() - timedelta(days=40)
    for name, place in (("employee", "US-NY"), ("officer", "US-NY")):
        set_work_location(
            subject=cast.subject(name), place=place, start=start, end=None, source="hr", actor=cast.system()
        )


def test_a_notice_is_previewed_published_and_read(walk_as: MakeDesk, cast: Cast) -> None:
    live_policy(cast, SITE)
    officer = walk_as("officer")
    page = officer.page
    officer.go("/law/notices/")
    officer.step("01-notices")
    page.click("tr:has-text('New York') >> text=Preview")
    officer.step("02-preview")
    page.click("text=Publish this text")
    page.wait_for_selector("text=Facts")
    employee = walk_as("employee")
    employee.go("/me/notices/")
    employee.step("04-notice-waits")
    employee.page.click("text=I have read this notice")
    employee.page.wait_for_selector("text=You have acknowledged this notice")
    assert Acknowledgement.objects.get().notice == Notice.objects.get()
    live_policy(cast, FRAMES)
    officer.go("/law/notices/place/US-NY/")
    page.wait_for_selector("text=Captured, and not told")
    officer.step("06-more-is-captured")


def test_laws_are_looked_at_and_chosen_between(walk_as: MakeDesk, cast: Cast) -> None:
    LawPack.objects.filter(key="de").update(review_by=timezone.now().date() - timedelta(days=3))
    walk = walk_as("officer")
    page = walk.page
    walk.go("/law/")
    walk.step("01-law-packs")
    page.click("tr:has-text('Germany') a.row-link")
    page.click("text=Looked at it…")
    page.fill("dialog[open] [name=note]", "Read the ruling and the commentary.")
    page.fill("dialog[open] [name=next_by]", (timezone.now() + timedelta(days=200)).date().isoformat())
    walk.step("02-review")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("text=Looks at this law")
    walk.go("/law/")
    page.click("tr:has-text('Delaware') a.row-link")
    page.click("text=Choose…")
    page.check("dialog[open] [value=each_day]")
    page.fill("dialog[open] [name=reason]", "Counsel advises it.")
    walk.step("04-choice")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("text=Counts now")
    walk.step("05-chosen")
    walk.go("/law/why/?place=DE&on=2026-11-20")
    walk.step("06-why")


def test_an_agreement_is_recorded(walk_as: MakeDesk, cast: Cast) -> None:
    walk = walk_as("officer")
    page, today = walk.page, timezone.now().date()
    walk.go("/law/agreements/new/")
    page.fill("[name=place]", "DE")
    page.fill("[name=also_places]", "AT")
    page.fill("[name=number]", "BV 2026/07")
    page.check("[name=signals][value=click]")
    page.fill("[name=valid_from]", today.isoformat())
    page.fill("[name=valid_to]", (today + timedelta(days=20)).isoformat())
    page.fill("[name=retention_ceiling_days]", "14")
    walk.step("01-new-agreement")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Ends soon")
    walk.step("02-agreements")
    assert Agreement.objects.get().sites == ["DE", "AT"]


def test_a_person_states_a_trip_and_sees_who_looked(walk_as: MakeDesk, cast: Cast) -> None:
    officer = walk_as("officer")
    officer.go("/law/places/")
    officer.page.fill("[name=pseudonym]", cast.subject().pseudonym)
    officer.page.fill("[name=reason]", "To answer the objection of October.")
    officer.page.click("main button[type=submit]")
    officer.page.wait_for_selector("text=This page is shown once")
    officer.step("02-history")
    walk = walk_as("employee")
    page, today = walk.page, timezone.now().date()
    walk.go("/me/places/")
    page.fill("[name=place]", "DE-BE")
    page.fill("[name=start]", today.isoformat())
    page.fill("[name=end]", (today + timedelta(days=3)).isoformat())
    page.check("[name=trip]")
    walk.step("03-my-places")
    page.click("text=Save place")
    page.wait_for_selector("td:has-text('Trip')")
    walk.step("04-on-a-trip")
    assert PlaceLook.objects.count() == 1
