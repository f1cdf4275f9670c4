"""Many entries are put into a draft together: all or none, and only into what the person saw."""

from __future__ import annotations

from typing import Any

import pytest

from audits.models import AuditEntry
from capture_policies import bulk, document
from capture_policies.actions.bulk import Put, put_entries
from capture_policies.actions.drafts import discard_draft
from mci_core.errors import Conflict, Forbidden, Invalid, Stale
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db
WIKI: dict[str, Any] = {
    **JIRA,
    "id": "wiki",
    "label": "Wiki",
    "match": {**JIRA["match"], "origin": "https://wiki.example.com"},
}


def test_entries_are_added_and_replaced_with_one_entry_in_the_log(desk: Desk) -> None:
    draft = desk.draft(rules=[{**CUSTOMERS, "selector": {**CUSTOMERS["selector"], "entries": ["jira"]}}])
    known = draft.entries.get().pk
    data = [{**JIRA, "label": "Jira of support", "signals": ["click"]}, EXCEL, WIKI]
    actor = desk.actor(desk.ml)
    assert put_entries(draft=draft, data=data, source="import", actor=actor) == Put(added=2, changed=1)
    rows = {row.key: row for row in draft.entries.all()}
    assert rows["jira"].pk == known
    assert rows["jira"].label == "Jira of support"
    assert [document.entry_doc(rows[key])["signals"] for key in ("jira", "excel")] == [["click"], ["click"]]
    told = AuditEntry.objects.order_by("-pk")[0]
    assert '"action":"capture_policies.put_entries"' in told.leaf
    assert '"added":["excel","wiki"],"changed":["jira"]' in told.leaf


def test_nothing_is_stored_when_one_of_them_is_wrong(desk: Desk) -> None:
    draft = desk.draft()
    same = {**WIKI, "id": "again", "match": JIRA["match"]}
    odd = {**WIKI, "scope": {"groups": ["5a0c52f8-0000-4000-8000-000000000001"]}}
    for wrong, words in (
        (same, "name the same app or site"),
        (odd, "There is no group"),
        ({**WIKI, "id": "x" * 41}, "at most 40"),
        ({**WIKI, "signals": ["all"]}, "wiki: "),
    ):
        with pytest.raises(Invalid, match=words):
            put_entries(draft=draft, data=[EXCEL, wrong], source="import", actor=desk.actor(desk.admin))
    assert [row.key for row in draft.entries.all()] == ["jira"]


def test_a_preview_holds_only_while_the_draft_stays_as_it_was(desk: Desk) -> None:
    draft, actor = desk.draft(), desk.actor(desk.admin)
    seen = bulk.entries_digest([document.entry_doc(row) for row in draft.entries.all()])
    put_entries(draft=draft, data=[EXCEL], source="import", actor=actor, seen=seen)
    with pytest.raises(Stale):
        put_entries(draft=draft, data=[WIKI], source="import", actor=actor, seen=seen)


def test_only_authors_and_only_open_drafts(desk: Desk) -> None:
    draft = desk.draft()
    with pytest.raises(Forbidden):
        put_entries(draft=draft, data=[EXCEL], source="import", actor=desk.actor(desk.officer))
    discard_draft(draft=draft, actor=desk.actor(desk.admin))
    with pytest.raises(Conflict, match="no longer open"):
        put_entries(draft=draft, data=[EXCEL], source="import", actor=desk.actor(desk.admin))
