"""An entry with everything that narrows it, and a draft that came from a file, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ApiToken, Department
from accounts.token_secrets import new_secret, secret_digest
from capture_policies import document
from capture_policies.models import PolicyDraft, PolicyVersion
from mci_agent import policy_cli
from mci_core import policy, policy_code
from tests.browser.support import Walk
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk
from tests.server.cast import Cast

pytestmark = [
    pytest.mark.usefixtures("repository"),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


def test_an_entry_says_for_whom_where_and_until_when(walk_as: Callable[[str], Walk], cast: Cast) -> None:
    Department.objects.get_or_create(name="Finance")
    draft = Desk(cast).draft(entries=[JIRA])
    walk = walk_as("admin")
    page = walk.page
    walk.go(f"/policies/drafts/{draft.pk}/entries/{draft.entries.get().pk}/")
    page.check("label:has-text('Finance') input")
    page.check("[name=platforms][value=windows]")
    page.fill("[name=tags]", "pilot")
    page.fill("[name=work_places]", "New York")
    page.fill("[name=windows_excluded]", "*salary*")
    page.fill("[name=expires]", "2027-06-30")
    page.fill("[name=owner]", "Support desk")
    page.fill("[name=justification]", "Tickets are the work.")
    walk.step("01-entry")
    page.click("text=Save in the draft")
    walk.step("02-entry-with-a-fault")
    page.fill("[name=work_places]", "US-NY")
    page.click("text=Save in the draft")
    page.wait_for_selector("text=Only while working in US-NY.")
    walk.step("03-draft")
    entry = document.parsed(draft).entries[0]
    assert (entry.scope.places, entry.windows_excluded) == (("US-NY",), ("*salary*",))


def command(*arguments: str) -> int:
    """The command in a thread of its own: the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(policy_cli.main, list(arguments)).result()


def test_a_file_becomes_a_draft_that_people_submit(
    walk_as: Callable[[str], Walk],
    cast: Cast,
    live_server: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = new_secret()
    ApiToken.objects.create(
        user=cast.ml,
        name="pipeline",
        secret_sha256=secret_digest(secret),
        scopes=["capture_policies:read", "capture_policies:write"],
        expires_at=timezone.now() + timedelta(days=1),
    )
    monkeypatch.setenv("MCI_TOKEN", secret)
    walk = walk_as("ml")
    doc = {**policy.new_document("Support desk"), "entries": [EXCEL, JIRA], "rules": [CUSTOMERS]}
    path = tmp_path / "policy.yaml"
    path.write_text(policy_code.written(doc), "utf-8")
    assert command("plan", str(path), "--server", live_server.url) == 3
    assert command("apply", str(path), "--server", live_server.url, "--reason", "By pull request.") == 0
    draft = PolicyDraft.objects.get()
    walk.go(f"/policies/drafts/{draft.pk}/")
    walk.step("01-draft-from-a-file")
    walk.page.click("text=Submit…")
    walk.page.click("dialog[open] button[type=submit]")
    walk.page.wait_for_selector("text=You are the author")
    walk.step("02-version")
    assert PolicyVersion.objects.get().digest == policy.policy_digest(doc)
