"""The pages of drafts and versions: each renders, and forms keep what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from capture_policies import document
from capture_policies.actions import drafts
from capture_policies.models import PolicyDraft, PolicyVersion
from mci_core.errors import Invalid
from tests.server.capture_policies.support import Desk

pytestmark = pytest.mark.django_db
Text = Callable[[Any], str]

ENTRY = {
    "kind": "site",
    "label": "Wiki",
    "key": "",
    "origin": "https://wiki.example.com",
    "path_prefix": "/",
    "signals": ["click", "scroll"],
    "keystrokes": "none",
    "frame_interval_s": "0",
}
RULE = {
    "label": "Project names",
    "key": "",
    "method": "mask",
    "match_type": "regex",
    "pattern": "Project [A-Z][a-z]+",
    "redact_examples": "the plan of Project Bluebird",
    "keep_examples": "the plan",
}


def url(name: str, *args: Any) -> str:
    return reverse(f"capture_policies:{name}", args=args)


def test_a_draft_is_written_in_the_browser_and_submitted(desk: Desk, as_text: Text) -> None:
    client = desk.cast.client("admin")
    made = client.post(url("draft_new"), {"title": "Support desk", "justification": "for tests"})
    draft = PolicyDraft.objects.get()
    assert made["Location"] == url("draft_detail", draft.pk)
    assert "allows nothing yet" in as_text(client.get(made["Location"]))
    assert client.post(url("draft_entry_new", draft.pk), ENTRY).status_code == 302
    assert client.post(url("draft_rule_new", draft.pk), RULE).status_code == 302
    page = as_text(client.get(made["Location"]))
    assert "https://wiki.example.com" in page
    assert "mouse clicks, scrolling" in page
    submitted = client.post(url("draft_submit", draft.pk))
    version = PolicyVersion.objects.get()
    assert submitted["Location"] == url("version_detail", version.pk)
    assert version.title == "Support desk"
    assert "You are the author" in as_text(client.get(submitted["Location"]))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"origin": "wiki"}, "origin", ""),
        ({"label": ""}, "label", "This field is required."),
        ({"key": "Bad Key"}, "key", ""),
        ({"kind": "app", "windows": ""}, "windows", "at least one platform"),
        ({"frame_interval_s": "x"}, "frame_interval_s", "whole number"),
    ],
)
def test_a_fault_of_an_entry_stands_at_its_field_and_input_is_kept(
    desk: Desk, as_text: Text, change: dict[str, str], field: str, words: str
) -> None:
    client = desk.cast.client("admin")
    draft = desk.draft(entries=[], rules=[])
    response = client.post(url("draft_entry_new", draft.pk), {**ENTRY, **change})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert words in str(response.context["form"].errors[field])
    assert "scroll" in response.context["form"]["signals"].value()
    assert not draft.entries.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pattern": "(open"}, "pattern"),
        ({"match_type": "dictionary", "words": ""}, "words"),
        ({"match_type": "detector", "detector": ""}, "detector"),
        ({"match_type": "hashed", "names": ""}, "names"),
        ({"match_type": "hashed", "names": "Zebra\none two three four five"}, "names"),
        ({"in_region": "the top"}, "in_region"),
        ({"in_region": "0 0 100 120"}, "in_region"),
        ({"in_region": "0 50 100 20"}, "in_region"),
    ],
)
def test_a_fault_of_a_rule_stands_at_its_field(desk: Desk, change: dict[str, str], field: str) -> None:
    response = desk.cast.client("ml").post(url("draft_rule_new", desk.draft(rules=[]).pk), {**RULE, **change})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}


def test_a_pasted_list_is_kept_as_hashes_and_never_shown_again(desk: Desk, as_text: Text) -> None:
    draft = desk.draft(rules=[])
    client = desk.cast.client("ml")
    examples = {"redact_examples": "to Invented Person", "keep_examples": "to support"}
    data = {**RULE, **examples, "match_type": "hashed", "names": "Invented  Person\r\n\r\nQuagga\r\n"}
    tried = client.post(url("draft_rule_new", draft.pk), {**data, "preview": "1", "preview_text": "a quagga"})
    assert "a [PROJECT_NAMES]" in as_text(tried)
    assert client.post(url("draft_rule_new", draft.pk), data).status_code == 302
    row = draft.rules.get()
    first = row.match
    assert first.keys() == {"type", "salt", "hashes", "lengths"}
    assert (len(first["hashes"]), first["lengths"]) == (2, [1, 2])
    page = client.get(url("draft_rule", draft.pk, row.pk))
    assert "The list has 2 entries, which cannot be shown." in as_text(page)
    assert "Quagga" not in page.content.decode()
    assert "a hashed list of 2 entries" in as_text(client.get(url("draft_detail", draft.pk)))
    # Left empty, the list stays as it is; another one takes its place, with another salt.
    assert client.post(url("draft_rule", draft.pk, row.pk), {**data, "names": ""}).status_code == 302
    assert draft.rules.get().match == first
    again = client.post(url("draft_rule", draft.pk, row.pk), {**data, "names": "Invented Person"})
    assert again.status_code == 302
    second = draft.rules.get().match
    assert second["salt"] != first["salt"]
    assert not set(second["hashes"]) & set(first["hashes"])
    # Nothing but the form hashes: words in the clear are refused everywhere else.
    doc = {**document.rule_doc(row), "match": {"type": "hashed", "words": ["Quagga"]}}
    with pytest.raises(Invalid):
        drafts.put_rule(draft=draft, rule=row, data=doc, actor=desk.actor(desk.ml))


def test_a_rule_looks_in_kinds_of_field_and_in_a_part_of_the_screen(desk: Desk, as_text: Text) -> None:
    draft = desk.draft(rules=[])
    client = desk.cast.client("ml")
    where = {"in_roles": "Search box\n", "in_region": "0, 0, 100, 12 %", "in_fields": ["frame"]}
    assert client.post(url("draft_rule_new", draft.pk), {**RULE, **where}).status_code == 302
    row = draft.rules.get()
    assert (row.selector["roles"], row.selector["region"]) == (["search box"], [0, 0, 100, 12])
    page = as_text(client.get(url("draft_rule", draft.pk, row.pk)))
    assert "search box" in page
    assert "0 0 100 12" in page
    assert "from 0 to 100 % across and 0 to 12 % down" in as_text(client.get(url("draft_detail", draft.pk)))


def test_a_rule_may_replace_at_exact_paths(desk: Desk, as_text: Text) -> None:
    draft = desk.draft(rules=[])
    client = desk.cast.client("ml")
    where = {"method": "replace", "in_paths": ["$.target.id", "$.windows[*].title"]}
    assert client.post(url("draft_rule_new", draft.pk), {**RULE, **where}).status_code == 302
    row = draft.rules.get()
    assert (row.method, row.selector["paths"]) == ("replace", where["in_paths"])
    assert "$.windows[*].title" in as_text(client.get(url("draft_rule", draft.pk, row.pk)))
    shown = as_text(client.get(url("draft_detail", draft.pk)))
    assert "replace by an invented value of the same kind" in shown
    assert "$.target.id, $.windows[*].title" in shown


def test_a_rule_is_tried_on_a_text_without_being_saved(desk: Desk, as_text: Text) -> None:
    draft = desk.draft(rules=[])
    text = "Project Bluebird, call olivia@example.com"
    page = as_text(
        desk.cast.client("admin").post(
            url("draft_rule_new", draft.pk), {**RULE, "preview": "1", "preview_text": text}
        )
    )
    assert "[PROJECT_NAMES]" in page
    assert "[EMAIL]" in page
    assert "Examples hold" in page
    assert not draft.rules.exists()


def test_an_incomplete_rule_cannot_be_tried(desk: Desk, as_text: Text) -> None:
    client, path = desk.cast.client("admin"), url("draft_rule_new", desk.draft(rules=[]).pk)
    page = as_text(client.post(path, {**RULE, "method": "", "preview": "1", "preview_text": "x"}))
    assert "not complete yet" in page
    page = as_text(client.post(path, {**RULE, "pattern": "(open", "preview": "1", "preview_text": "x"}))
    assert "not valid RE2" in page


def test_parts_of_a_draft_are_changed_and_removed(desk: Desk) -> None:
    client = desk.cast.client("admin")
    draft = desk.draft()
    entry, rule = draft.entries.get(), draft.rules.get()
    assert "Jira" in client.get(url("draft_entry", draft.pk, entry.pk)).content.decode()
    client.post(url("draft_entry", draft.pk, entry.pk), {**ENTRY, "label": "Tickets"})
    assert draft.entries.get().label == "Tickets"
    assert "Customer names" in client.get(url("draft_rule", draft.pk, rule.pk)).content.decode()
    client.post(url("draft_rule", draft.pk, rule.pk), {**RULE, "key": "customers"})
    assert draft.rules.get().match == {"type": "regex", "pattern": "Project [A-Z][a-z]+"}
    client.post(url("draft_rule_remove", draft.pk, rule.pk))
    client.post(url("draft_entry_remove", draft.pk, entry.pk))
    assert not draft.entries.exists()
    assert not draft.rules.exists()
    client.post(url("draft_discard", draft.pk))
    draft.refresh_from_db()
    assert draft.state == "discarded"


def test_settings_are_shown_and_saved(desk: Desk) -> None:
    client, draft = desk.cast.client("admin"), desk.draft()
    form = client.get(url("draft_settings", draft.pk)).context["form"]
    given = {**form.initial, "retention_days": 7, "pause_minutes": "10 20"}
    assert client.post(url("draft_settings", draft.pk), given).status_code == 302
    draft.refresh_from_db()
    assert draft.settings["retention_days"] == 7
    assert draft.settings["limits"]["pause_minutes"] == [10, 20]
    wrong = client.post(url("draft_settings", draft.pk), {**given, "pause_minutes": "0"})
    assert wrong.context["form"].errors.keys() == {"pause_minutes"}
    wrong = client.post(url("draft_settings", draft.pk), {**given, "pause_minutes": "soon"})
    assert wrong.context["form"].errors.keys() == {"pause_minutes"}


def test_two_people_approve_in_the_browser(desk: Desk, as_text: Text) -> None:
    version = desk.version()
    for name in ("officer", "ml"):
        client = desk.cast.client(name)
        page = as_text(client.get(url("version_detail", version.pk)))
        assert "Approve" in page
        assert "Captures mouse clicks and typed text in Jira" in page
        given = {"digest": version.digest, "reason": "read it"}
        assert client.post(url("version_approve", version.pk), given).status_code == 302
    version.refresh_from_db()
    assert version.state == "approved"


def test_a_decision_without_a_reason_comes_back_with_the_form(desk: Desk) -> None:
    version = desk.version()
    response = desk.cast.client("officer").post(
        url("version_reject", version.pk), {"digest": version.digest, "reason": ""}
    )
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"reason"}


def test_without_a_fresh_factor_the_person_is_asked_for_it_first(desk: Desk) -> None:
    version = desk.version()
    client = desk.cast.client("officer", fresh=False)
    assert (
        url("version_approve", version.pk) in client.get(url("version_detail", version.pk)).content.decode()
    )
    assert client.get(url("version_approve", version.pk)).status_code == 302


def test_the_document_is_the_canonical_bytes(desk: Desk) -> None:
    version = desk.version()
    response = desk.cast.client("auditor").get(url("version_document", version.pk))
    assert response.content == bytes(version.body)
    assert "policy-version-1.json" in response["Content-Disposition"]
