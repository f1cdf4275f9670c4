"""The allowlist in a real browser: its list, one entry, the catalogue and a file, on clean pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Department
from capture_policies import catalogue
from capture_policies.models import PolicyDraft
from tests.browser.support import Walk
from tests.server.capture_policies.living import live, people
from tests.server.capture_policies.support import CUSTOMERS, JIRA, Desk
from tests.server.cast import Cast

pytestmark = [
    pytest.mark.usefixtures("repository"),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
PICKED = ("microsoft-excel", "slack", "github", "figma", "google-docs", "salesforce", "microsoft-teams")


def _entries(group: str) -> list[dict[str, Any]]:
    """A list as a company has it: some with an owner, one that ends soon, one whose review is overdue."""
    day = timezone.now().date()
    least = {"signals": ["click", "scroll"], "keystrokes": "none", "frame_interval_s": 0}
    found = [catalogue.by_id()[name].entry(least, "acme") for name in PICKED]
    found[0] |= {"owner": "Finance tools", "review_by": (day - timedelta(days=3)).isoformat()}
    found[1] |= {"scope": {"groups": [group]}, "windows_excluded": ["*salary*", "DM with *"]}
    found[2] |= {"expires": (day + timedelta(days=9)).isoformat(), "owner": "Engineering tools"}
    jira = {
        **JIRA,
        "signals": ["click", "scroll", "shortcut", "keystroke", "text", "screenshot"],
        "keystrokes": "class",
        "frame_interval_s": 30,
        "owner": "Support tools",
        "purpose": "agent_training",
        "justification": "Most tickets are read and answered there; the agents learn to fill its forms.",
        "review_by": (day + timedelta(days=90)).isoformat(),
        "scope": {"groups": [group], "platforms": ["windows", "macos"], "places": ["US-NY", "US-TX"]},
    }
    return [jira, *found]


def test_the_allowlist_is_read_and_a_change_is_proposed(walk_as: Callable[[str], Walk], cast: Cast) -> None:
    desk = Desk(cast)
    people(desk, 7)
    group = str(Department.objects.get(name="Support").pk)
    live(desk, [{**JIRA, "signals": ["click"]}])
    live(desk, _entries(group), [CUSTOMERS])
    walk = walk_as("admin")
    page = walk.page
    walk.go("/policies/allowlist/")
    walk.step("01-allowlist")
    page.fill("#list-search", "example.com")
    page.wait_for_selector("#list tr:has-text('GitHub')", state="detached")
    page.select_option("#filter_attention", "unused")
    page.wait_for_selector("text=Nothing matches")
    walk.step("02-nothing-matches", shots=False)
    page.click("text=Clear the filters")
    page.click("a.row-link:text-is('Jira')")
    walk.step("03-entry")
    page.click("text=Propose a change")
    walk.settle()
    assert page.input_value("[name=label]") == "Jira"


def test_entries_are_picked_and_imported(walk_as: Callable[[str], Walk], cast: Cast, tmp_path: Path) -> None:
    draft = Desk(cast).draft(author=cast.admin)
    walk = walk_as("admin")
    page = walk.page
    walk.go(f"/policies/drafts/{draft.pk}/")
    page.click("text=Pick from the catalogue")
    page.fill("#catalogue-search", "zendesk")
    page.wait_for_selector("text=Microsoft Excel", state="detached")
    page.check("[name=items][value=zendesk]")
    page.fill("[name=tenant-zendesk]", "acme")
    page.fill("#catalogue-search", "excel")
    page.wait_for_selector("[name=items][value=microsoft-excel]")
    page.check("[name=items][value=microsoft-excel]")
    page.fill("[name=owner]", "Office tools")
    walk.step("04-catalogue")
    page.click("text=Add to the draft")
    page.wait_for_selector("text=Added to the draft")
    assert draft.entries.get(key="zendesk").match["origin"] == "https://acme.zendesk.com"
    page.click("text=Import")
    walk.step("05-import")
    table = tmp_path / "entries.csv"
    table.write_text(
        "id;kind;label;origin;signals\n"
        "wiki;site;Wiki;https://wiki.example.com;click|scroll\n"
        "jira;site;Jira;https://jira.example.com;click|text|screenshot\n"
        "bad;site;Bad;not an address;click\n"
    )
    page.set_input_files("[name=file]", str(table))
    page.click("text=Show what it would do")
    page.wait_for_selector("text=Nothing is stored yet")
    walk.step("06-preview")
    page.click("text=into the draft")
    page.wait_for_selector("text=1 entry added, 1 changed")
    assert {row.key for row in PolicyDraft.objects.get().entries.all()} == {
        "jira",
        "microsoft-excel",
        "wiki",
        "zendesk",
    }
    with page.expect_download() as file:
        page.click("text=CSV")
    assert "https://wiki.example.com" in file.value.path().read_text("utf-8-sig")
    walk.step("07-draft", shots=False)
