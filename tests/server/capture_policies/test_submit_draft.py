"""Writing a draft and freezing it into a version."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audits.models import AuditEntry
from capture_policies import document
from capture_policies.actions import drafts
from capture_policies.models import PolicyVersion
from mci_core import canonical, policy
from mci_core.errors import ActionError, Conflict, Forbidden, Invalid
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db
OTHER = {"origin": "https://other.example.com", "path_prefix": "/", "subdomains": False}


def test_a_draft_becomes_the_bytes_it_shows(desk: Desk) -> None:
    draft = desk.draft(entries=[JIRA, EXCEL])
    shown = document.document_of(draft)
    version = drafts.submit_draft(draft=draft, actor=desk.actor(desk.admin))
    assert bytes(version.body) == policy.canonical_bytes(shown)
    assert version.digest == canonical.digest(bytes(version.body))
    assert [entry["id"] for entry in shown["entries"]] == ["excel", "jira"]
    assert (version.number, version.direction, version.compared_with) == (1, "wider", None)


def test_every_step_is_in_the_log(desk: Desk) -> None:
    desk.version()
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions[-4:] == [
        "capture_policies.create_draft",
        "capture_policies.put_entry",
        "capture_policies.put_rule",
        "capture_policies.submit_draft",
    ]


def test_a_submitted_draft_is_closed(desk: Desk) -> None:
    draft = desk.draft()
    drafts.submit_draft(draft=draft, actor=desk.actor(desk.admin))
    with pytest.raises(Conflict, match="no longer open"):
        drafts.put_entry(draft=draft, data=EXCEL, actor=desk.actor(desk.admin))


def test_an_empty_draft_is_not_submitted(desk: Desk) -> None:
    draft = drafts.create_draft(title="Empty", actor=desk.actor(desk.admin))
    with pytest.raises(Invalid, match="allows nothing yet"):
        drafts.submit_draft(draft=draft, actor=desk.actor(desk.admin))


@pytest.mark.parametrize(
    ("examples", "words"),
    [
        ({"redact": [], "keep": ["x"]}, "needs a text in which it must find something"),
        ({"redact": ["Harvest Table"], "keep": []}, "needs a text in which it must find nothing"),
        ({"redact": ["nobody"], "keep": ["x"]}, "."),
        ({"redact": ["Harvest Table"], "keep": ["Harvest Table"]}, "."),
    ],
)
def test_a_rule_without_proof_is_not_submitted(desk: Desk, examples: Any, words: str) -> None:
    draft = desk.draft(rules=[{**CUSTOMERS, "examples": examples}])
    with pytest.raises(Invalid, match=words) as caught:
        drafts.submit_draft(draft=draft, actor=desk.actor(desk.admin))
    assert caught.value.code == "draft_not_ready"
    (problem, *_rest) = document.problems_of(draft)
    assert problem.rule is not None
    assert problem.rule.key == "customers"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"match": {"origin": "jira", "path_prefix": "/", "subdomains": False}}, "match.origin"),
        (
            {"match": {"origin": "https://a.example.com", "path_prefix": "x", "subdomains": False}},
            "match.path_prefix",
        ),
        ({"signals": ["dreams"]}, "signals[0]"),
        ({"keystrokes": "all"}, "keystrokes"),
        ({"frame_interval_s": -1}, "frame_interval_s"),
        ({"id": "Not An Id"}, "id"),
        ({"id": "jira"}, "id"),
        ({"label": ""}, "label"),
    ],
)
def test_a_fault_in_an_entry_names_its_field(desk: Desk, change: Any, field: str) -> None:
    draft = desk.draft()
    data = {
        **JIRA,
        "id": "other",
        "match": OTHER,
        **change,
    }
    with pytest.raises(ActionError) as caught:
        drafts.put_entry(draft=draft, data=data, actor=desk.actor(desk.admin))
    assert caught.value.field == field
    assert draft.entries.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"match": {"type": "regex", "pattern": "(unclosed"}}, "match.pattern"),
        ({"match": {"type": "regex", "pattern": "a*"}}, "match.pattern"),
        ({"match": {"type": "detector", "detector": "MOOD"}}, "match.detector"),
        ({"selector": {"entries": ["nowhere"], "signals": [], "fields": []}}, "selector.entries[0]"),
        ({"method": "blur"}, "method"),
    ],
)
def test_a_fault_in_a_rule_names_its_field(desk: Desk, change: Any, field: str) -> None:
    draft = desk.draft()
    with pytest.raises(Invalid) as caught:
        drafts.put_rule(
            draft=draft, data={**CUSTOMERS, "id": "other", **change}, actor=desk.actor(desk.admin)
        )
    assert caught.value.field == field


def test_an_entry_that_a_rule_looks_in_is_not_removed(desk: Desk) -> None:
    rule = {**CUSTOMERS, "selector": {"entries": ["jira"], "signals": [], "fields": []}}
    draft = desk.draft(rules=[rule])
    with pytest.raises(Conflict, match="Customer names looks in Jira"):
        drafts.remove_entry(draft=draft, entry=draft.entries.get(), actor=desk.actor(desk.admin))


def test_entries_and_rules_are_changed_and_removed(desk: Desk) -> None:
    draft = desk.draft()
    actor = desk.actor(desk.admin)
    entry, rule = draft.entries.get(), draft.rules.get()
    drafts.put_entry(draft=draft, entry=entry, data={**JIRA, "label": "Tickets"}, actor=actor)
    drafts.put_rule(draft=draft, rule=rule, data={**CUSTOMERS, "label": "Names"}, actor=actor)
    assert draft.entries.get().label == "Tickets"
    assert draft.rules.get().label == "Names"
    drafts.remove_rule(draft=draft, rule=rule, actor=actor)
    drafts.remove_entry(draft=draft, entry=entry, actor=actor)
    assert not draft.entries.exists()
    with pytest.raises(Conflict, match="no longer in the draft"):
        drafts.remove_entry(draft=draft, entry=entry, actor=actor)


def test_settings_are_checked_as_the_document_is(desk: Desk) -> None:
    draft = desk.draft()
    actor = desk.actor(desk.admin)
    drafts.update_draft_settings(draft=draft, data={"retention_days": 14, "title": "Fortnight"}, actor=actor)
    assert document.document_of(draft.__class__.objects.get(pk=draft.pk))["retention_days"] == 14
    with pytest.raises(Invalid) as caught:
        drafts.update_draft_settings(draft=draft, data={"retention_days": 0}, actor=actor)
    assert caught.value.field == "retention_days"


def test_performance_is_no_purpose(desk: Desk) -> None:
    with pytest.raises(Invalid) as caught:
        drafts.update_draft_settings(
            draft=desk.draft(), data={"purpose": "performance"}, actor=desk.actor(desk.admin)
        )
    assert caught.value.field == "purpose"


def test_a_draft_of_a_version_starts_with_its_content(desk: Desk) -> None:
    version = desk.version(entries=[JIRA, EXCEL])
    copy = drafts.create_draft(title="Next", actor=desk.actor(desk.ml), from_version=version)
    assert {entry.key for entry in copy.entries.all()} == {"jira", "excel"}
    changes = policy.diff(policy.parse(bytes(version.body)), document.parsed(copy))
    assert [change.path for change in changes] == ["name"]


def test_a_discarded_draft_stays_readable_and_closed(desk: Desk) -> None:
    draft = drafts.discard_draft(draft=desk.draft(), actor=desk.actor(desk.admin))
    assert draft.entries.exists()
    with pytest.raises(Conflict):
        drafts.submit_draft(draft=draft, actor=desk.actor(desk.admin))


@pytest.mark.parametrize("who", ["officer", "auditor", "employee"])
def test_only_admins_and_ml_staff_write_drafts(desk: Desk, who: str) -> None:
    with pytest.raises(Forbidden):
        drafts.create_draft(title="Mine", actor=desk.actor(getattr(desk, who)))


@pytest.mark.parametrize(
    "change",
    [{"body": b"{}"}, {"digest": "0" * 64}, {"direction": "narrower"}, {"number": 9}, {"title": "other"}],
)
def test_the_database_keeps_a_version_as_it_is(desk: Desk, change: dict[str, Any]) -> None:
    version = desk.version()
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(DatabaseError, match="kept as it is"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).delete()
