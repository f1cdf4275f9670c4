"""The REST API of policies: the same actions, with problem documents that name the field."""

from __future__ import annotations

from typing import Any

import pytest

from capture_policies import tasks
from capture_policies.models import PolicyDraft, PolicyVersion, Release, Rollout
from tests.server.capture_policies.support import CUSTOMERS, JIRA, Desk

pytestmark = pytest.mark.django_db
BASE = "/api/v1"


def test_a_policy_is_written_as_code_and_submitted(desk: Desk) -> None:
    api = desk.cast.api("ml")
    made = api.post(f"{BASE}/drafts/", {"title": "Support desk"})
    assert made.status_code == 201
    draft = f"{BASE}/drafts/{made.data['id']}/"
    assert [problem["path"] for problem in made.data["problems"]] == ["entries"]
    assert api.post(f"{draft}entries/", JIRA).status_code == 200
    assert api.post(f"{draft}rules/", CUSTOMERS).status_code == 200
    again = api.post(f"{draft}entries/", {**JIRA, "label": "Tickets"})
    assert [entry["label"] for entry in again.data["document"]["entries"]] == ["Tickets"]
    changed = api.patch(draft, {"retention_days": 7, "sampling": {"rate": 0.1}})
    assert changed.data["document"]["retention_days"] == 7
    assert changed.data["problems"] == []
    submitted = api.post(f"{draft}submit/")
    assert submitted.status_code == 201
    assert submitted.data["document"] == changed.data["document"]
    assert {change["direction"] for change in submitted.data["changes"]} == {"wider", "narrower"}


@pytest.mark.parametrize(
    ("path", "data", "field"),
    [
        (
            "entries/",
            {**JIRA, "match": {"origin": "x", "path_prefix": "/", "subdomains": False}},
            "match.origin",
        ),
        ("entries/", {**JIRA, "signals": ["dreams"]}, "signals.0"),
        ("rules/", {**CUSTOMERS, "match": {"type": "regex", "pattern": "("}}, "match.pattern"),
        ("rules/", {**CUSTOMERS, "id": "x", "selector": {"entries": ["gone"]}}, "selector.entries[0]"),
    ],
)
def test_a_fault_is_a_problem_document_with_its_field(desk: Desk, path: str, data: Any, field: str) -> None:
    draft = desk.draft()
    response = desk.cast.api("admin").post(f"{BASE}/drafts/{draft.pk}/{path}", data)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["field"] == field


def test_parts_are_taken_out_and_a_draft_put_away(desk: Desk) -> None:
    draft = desk.draft()
    api = desk.cast.api("admin")
    path = f"{BASE}/drafts/{draft.pk}/"
    assert api.delete(f"{path}rules/customers/").data["document"]["rules"] == []
    assert api.delete(f"{path}entries/jira/").data["document"]["entries"] == []
    assert api.delete(f"{path}entries/jira/").status_code == 404
    assert api.post(f"{path}discard/").data["state"] == "discarded"
    assert api.post(f"{path}submit/").status_code == 409


def test_a_draft_starts_from_a_version(desk: Desk) -> None:
    version = desk.version()
    made = desk.cast.api("admin").post(f"{BASE}/drafts/", {"title": "Next", "from_version": str(version.pk)})
    assert [entry["id"] for entry in made.data["document"]["entries"]] == ["jira"]


def test_versions_and_approvals_are_read(desk: Desk) -> None:
    version = desk.approve(desk.version())
    api = desk.cast.api("auditor")
    listed = api.get(f"{BASE}/versions/", {"state": "approved"}).data["results"]
    assert [row["digest"] for row in listed] == [version.digest]
    found = api.get(f"{BASE}/versions/{version.pk}/").data
    assert found["document"]["schema"] == "mci-policy/1"
    assert {row["role"] for row in found["approvals"]} == {"privacy_officer", "ml_staff"}
    assert api.get(f"{BASE}/approvals/", {"version": str(version.pk)}).data["count"] == 2


def test_nobody_decides_with_a_token(desk: Desk) -> None:
    version = desk.version()
    for verb in ("approve", "reject"):
        response = desk.cast.api("officer").post(
            f"{BASE}/versions/{version.pk}/{verb}/", {"digest": version.digest, "reason": "x"}
        )
        assert response.status_code == 403
        assert response.json()["code"] == "second_factor_needed"


def test_a_signed_in_officer_with_a_fresh_factor_decides(desk: Desk) -> None:
    first, second = desk.version(), desk.version()
    client = desk.cast.client("officer")
    for version, verb in ((first, "approve"), (second, "reject")):
        response = client.post(
            f"{BASE}/versions/{version.pk}/{verb}/",
            {"digest": version.digest, "reason": "x"},
            content_type="application/json",
        )
        assert response.status_code == 200
    assert PolicyVersion.objects.get(pk=second.pk).state == "rejected"


def test_a_rollout_is_started_steered_and_read(desk: Desk) -> None:
    desk.devices(4)
    release = desk.release()
    api = desk.cast.api("officer")
    waves = [{"percent": 50}, {"percent": 100, "soak_seconds": 60}]
    made = api.post(f"{BASE}/rollouts/", {"release": str(release.pk), "reason": "go", "waves": waves})
    assert made.status_code == 201
    assert [wave["percent"] for wave in made.data["waves"]] == [50, 100]
    path = f"{BASE}/rollouts/{made.data['id']}/"
    tasks.advance_rollout(made.data["id"])
    assert api.get(path).data["deliveries"]["notified"] == 2
    assert api.post(f"{path}hold/", {"reason": "x"}).data["state"] == "held"
    assert api.post(f"{path}resume/", {"reason": "x"}).data["state"] == "running"
    assert api.post(f"{path}halt/", {"reason": "x"}).data["state"] == "halted"
    assert api.get(f"{BASE}/rollouts/", {"state": "halted"}).data["count"] == 1


def test_without_waves_a_rollout_has_the_usual_ones(desk: Desk) -> None:
    data = {"release": str(desk.release().pk), "reason": "go"}
    made = desk.cast.api("admin").post(f"{BASE}/rollouts/", data)
    assert [wave["percent"] for wave in made.data["waves"]] == [5, 25, 100]


def test_a_release_is_rolled_back(desk: Desk) -> None:
    api = desk.cast.api("admin")
    first = desk.release()
    for release in (first, desk.release(rules=[])):
        waves = [{"percent": 100}]
        made = api.post(f"{BASE}/rollouts/", {"release": str(release.pk), "reason": "go", "waves": waves})
        tasks.advance_rollout(made.data["id"])
    response = api.post(f"{BASE}/releases/{first.pk}/roll-back/", {"reason": "leaks"})
    assert response.status_code == 201
    assert Rollout.objects.get(pk=response.data["id"]).release.restores == first
    assert [row["number"] for row in api.get(f"{BASE}/releases/").data["results"]] == [3, 2, 1]
    assert Release.objects.count() == 3


def test_what_is_not_open_is_not_found(desk: Desk) -> None:
    draft = desk.draft()
    assert desk.cast.api("auditor").get(f"{BASE}/drafts/{draft.pk}/").status_code == 403
    assert desk.cast.api("employee").get(f"{BASE}/versions/").status_code == 403
    assert PolicyDraft.objects.visible_to(desk.auditor).count() == 0
