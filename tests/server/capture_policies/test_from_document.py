"""A draft from a whole document: all or nothing, the same digest, and never more than a draft."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Department
from capture_policies import document
from capture_policies.actions import rollouts, waves
from capture_policies.actions.from_document import create_draft_from_document
from capture_policies.models import PolicyDraft, PolicyVersion, Release
from mci_core import policy
from mci_core.errors import Forbidden, Invalid, Stale
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, SYSTEM, Desk

pytestmark = pytest.mark.django_db
PATH = "/api/v1/drafts/from-document/"
OPTIONS = {
    "scope": {"platforms": ["macos"], "tags": ["b", "a"], "places": ["US-NY"]},
    "windows_excluded": ["*salary*"],
    "expires": "2027-06-30",
    "owner": "Support desk",
    "purpose": "data_quality",
    "justification": "Tickets are the work.",
    "review_by": "2027-01-31",
}


def whole(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**policy.new_document("Office work"), "entries": list(entries), "rules": [CUSTOMERS], **changes}


def live(desk: Desk, **changes: Any) -> Release:
    release = desk.release(**changes)
    rollout = rollouts.start_rollout(release=release, reason="first", actor=desk.actor(desk.officer))
    while waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM):
        rollout.waves.update(soak_seconds=0)
    return release


def test_every_key_of_an_entry_survives_draft_version_and_document(desk: Desk) -> None:
    tidy = {**OPTIONS, "scope": {**OPTIONS["scope"], "tags": ["a", "b"]}}  # type: ignore[dict-item]  # a mapping
    api = desk.cast.api("ml")
    made = api.post(PATH, {"document": whole(EXCEL, JIRA | OPTIONS), "justification": "by code"})
    assert made.status_code == 201
    assert made.data["problems"] == []
    assert made.data["document"] == whole(EXCEL, JIRA | tidy)
    submitted = api.post(f"/api/v1/drafts/{made.data['id']}/submit/")
    assert submitted.data["digest"] == policy.policy_digest(whole(EXCEL, JIRA | tidy))
    assert PolicyVersion.objects.get().state == "in_review"


def test_the_live_document_comes_back_with_the_same_digest(desk: Desk) -> None:
    release = live(desk, entries=[JIRA | {"windows_excluded": ["*salary*"]}, EXCEL])
    api = desk.cast.api("ml")
    found = api.get("/api/v1/releases/live/").data
    assert (found["number"], found["digest"]) == (release.number, release.digest)
    assert found["version_number"] == release.version.number
    assert api.get(f"/api/v1/releases/{release.pk}/document/").data == found
    assert [row["number"] for row in api.get("/api/v1/releases/?number=1").data["results"]] == [1]
    made = api.post(PATH, {"document": found["document"], "base": found["digest"]})
    assert policy.policy_digest(made.data["document"]) == release.digest
    assert PolicyDraft.objects.get(pk=made.data["id"]).based_on == release.version


def test_nothing_is_live_at_first(desk: Desk) -> None:
    assert desk.cast.api("ml").get("/api/v1/releases/live/").status_code == 404


def test_the_same_document_again_finds_the_draft(desk: Desk) -> None:
    actor = desk.actor(desk.ml)
    first = create_draft_from_document(doc=whole(JIRA), actor=actor)
    assert create_draft_from_document(doc=whole(JIRA), actor=actor) == first
    assert create_draft_from_document(doc=whole(EXCEL), actor=actor) != first
    assert create_draft_from_document(doc=whole(JIRA), actor=desk.actor(desk.admin)) != first


def test_a_plan_against_another_live_policy_is_stale(desk: Desk) -> None:
    actor = desk.actor(desk.ml)
    create_draft_from_document(doc=whole(JIRA), base="", actor=actor)
    with pytest.raises(Stale):
        create_draft_from_document(doc=whole(EXCEL), base="0" * 64, actor=actor)
    live(desk)
    with pytest.raises(Stale):
        create_draft_from_document(doc=whole(EXCEL), base="", actor=actor)


@pytest.mark.parametrize(
    ("doc", "field"),
    [
        (whole(JIRA, JIRA), "entries[1].id"),
        (whole(JIRA | {"scope": {}}), "entries[0].scope"),
        (whole(JIRA, name="x" * 121), "name"),
        (
            whole(EXCEL, JIRA | {"scope": {"groups": ["11111111-2222-4333-8444-555555555555"]}}),
            "entries[1].scope.groups[0]",
        ),
    ],
)
def test_a_fault_is_named_by_its_path_and_nothing_is_made(desk: Desk, doc: Any, field: str) -> None:
    response = desk.cast.api("admin").post(PATH, {"document": doc})
    assert response.status_code == 422
    assert response.json()["field"] == field
    assert not PolicyDraft.objects.exists()


def test_a_group_that_exists_may_be_named(desk: Desk) -> None:
    group = Department.objects.create(name="Finance")
    doc = whole(JIRA | {"scope": {"groups": [str(group.pk)]}})
    draft = create_draft_from_document(doc=doc, actor=desk.actor(desk.admin))
    assert document.parsed(draft).entries[0].scope.groups == (str(group.pk),)


def test_an_entry_put_into_a_draft_may_name_no_unknown_group(desk: Desk) -> None:
    draft = desk.draft()
    data = EXCEL | {"scope": {"groups": ["11111111-2222-4333-8444-555555555555"]}, "expires": "2027-06-30"}
    response = desk.cast.api("admin").post(f"/api/v1/drafts/{draft.pk}/entries/", data, format="json")
    assert response.json()["field"] == "scope.groups[0]"


def test_only_authors_make_drafts_and_a_token_needs_the_scope(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        create_draft_from_document(doc=whole(JIRA), actor=desk.actor(desk.officer))
    reading = desk.cast.api("ml", "capture_policies:read")
    assert reading.get("/api/v1/drafts/").status_code == 200
    assert reading.post(PATH, {"document": whole(JIRA)}).status_code == 403
    with pytest.raises(Invalid):
        create_draft_from_document(doc={}, actor=desk.actor(desk.ml))
