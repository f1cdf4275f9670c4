"""The console's pages: each renders, forms keep what was typed, and lists ask few queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.actions import open_stop, request_restart
from agents.models import CaptureStop, Delivery
from capture_policies import tasks
from capture_policies.actions import rollouts
from capture_policies.actions.rollouts import WavePlan
from capture_policies.models import PolicyDraft, PolicyVersion, Release, Rollout
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk

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
WAVES = {
    "waves-TOTAL_FORMS": "2",
    "waves-INITIAL_FORMS": "2",
    "waves-0-percent": "20",
    "waves-0-soak_minutes": "0",
    "waves-0-max_error_percent": "2",
    "waves-0-min_applied_percent": "90",
    "waves-1-percent": "100",
    "waves-1-soak_minutes": "0",
    "waves-1-max_error_percent": "2",
    "waves-1-min_applied_percent": "90",
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
    ],
)
def test_a_fault_of_a_rule_stands_at_its_field(desk: Desk, change: dict[str, str], field: str) -> None:
    response = desk.cast.client("ml").post(url("draft_rule_new", desk.draft(rules=[]).pk), {**RULE, **change})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}


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
        assert "is added, with mouse clicks" in page
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


def test_a_rollout_is_started_steered_and_watched(desk: Desk, as_text: Text) -> None:
    desk.devices(10)
    release = desk.release()
    client = desk.cast.client("officer")
    assert "Roll out" in as_text(client.get(url("release_list")))
    assert client.get(url("rollout_new", release.pk)).status_code == 200
    made = client.post(url("rollout_new", release.pk), {**WAVES, "reason": "first"})
    rollout = Rollout.objects.get()
    assert made["Location"] == url("rollout_detail", rollout.pk)
    tasks.advance_rollout(str(rollout.pk))
    Delivery.objects.filter(wave=1).update(state="applied", applied_at=rollout.started_at)
    page = as_text(client.get(made["Location"]))
    assert 'hx-trigger="every 3s"' in page
    assert "Halt and take back" in page
    client.post(url("rollout_hold", rollout.pk), {"reason": "lunch"})
    assert "Go on" in as_text(client.get(made["Location"]))
    changed = client.post(
        url("rollout_wave", rollout.pk, 2),
        {
            "percent": "100",
            "soak_minutes": "1",
            "max_error_percent": "5",
            "min_applied_percent": "50",
            "reason": "slower",
        },
    )
    assert changed.status_code == 302
    client.post(url("rollout_resume", rollout.pk), {"reason": "back"})
    client.post(url("rollout_halt", rollout.pk), {"reason": "wrong"})
    page = as_text(client.get(made["Location"]))
    assert "There is no earlier release" in page
    assert "hx-trigger" not in page.split("<main")[-1].split("</main")[0]
    assert "Halted" in as_text(client.get(url("rollout_list")))


def test_waves_that_make_no_sense_come_back_with_what_was_typed(desk: Desk) -> None:
    release = desk.release()
    client = desk.cast.client("officer")
    response = client.post(url("rollout_new", release.pk), {**WAVES, "waves-1-percent": "50", "reason": "x"})
    assert response.status_code == 422
    assert "the last one is 100" in str(response.context["form"].errors)
    response = client.post(url("rollout_new", release.pk), {**WAVES, "waves-0-percent": "x", "reason": ""})
    assert response.status_code == 422
    assert response.context["waves"].forms[0].errors


def test_an_earlier_release_is_brought_back_in_the_browser(desk: Desk, as_text: Text) -> None:
    client = desk.cast.client("admin")
    done = []
    for entries in ([JIRA], [JIRA, EXCEL]):
        release = desk.release(entries=entries)
        rollout = rollouts.start_rollout(
            release=release, waves=[WavePlan(100)], reason="go", actor=desk.actor(desk.admin)
        )
        tasks.advance_rollout(str(rollout.pk))
        done.append(release)
    assert "Roll back to it" in as_text(client.get(url("release_list")))
    assert "is removed" in as_text(client.get(url("release_rollback", done[0].pk)))
    made = client.post(url("release_rollback", done[0].pk), {"reason": "too wide"})
    assert Release.objects.get(restores=done[0]).number == 3
    assert "old content" in as_text(client.get(made["Location"]))


def test_capture_is_stopped_by_one_and_restarted_by_two(desk: Desk, as_text: Text) -> None:
    desk.devices(2)
    first, second = desk.cast.client("officer"), desk.cast.client("admin")
    assert "Nothing is stopped" in as_text(first.get(url("stop")))
    assert first.get(url("stop_new")).status_code == 200
    made = first.post(url("stop_new"), {"scope": "programme", "reason": "an incident"})
    stop = CaptureStop.objects.get()
    assert "Device by device" in as_text(first.get(made["Location"]))
    assert "whole programme" in as_text(first.get(url("stop")))
    first.post(url("stop_restart", stop.pk), {"reason": "fixed"})
    assert "Confirm restart" not in as_text(first.get(made["Location"]))
    first.post(url("stop_confirm", stop.pk))
    assert CaptureStop.objects.open().exists()
    assert "Confirm restart" in as_text(second.get(made["Location"]))
    second.post(url("stop_confirm", stop.pk))
    assert not CaptureStop.objects.open().exists()
    assert "Restarted" in as_text(second.get(made["Location"]))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"scope": "device", "device": "00000000-0000-0000-0000-000000000000"}, "device"),
        ({"scope": "place", "place": ""}, "__all__"),
        ({"scope": "programme", "reason": ""}, "reason"),
    ],
)
def test_a_stop_of_nothing_is_refused(desk: Desk, given: dict[str, str], field: str) -> None:
    response = desk.cast.client("officer").post(url("stop_new"), {"reason": "x", **given})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not CaptureStop.objects.exists()


@pytest.mark.parametrize("scope", ["device", "department", "place"])
def test_a_part_of_the_fleet_is_stopped(desk: Desk, as_text: Text, scope: str) -> None:
    (device,) = desk.devices(1)
    values = {"device": str(device.pk), "department": str(desk.cast.department.pk), "place": "DE"}
    client = desk.cast.client("admin")
    made = client.post(url("stop_new"), {"scope": scope, "reason": "x", scope: values[scope]})
    assert made.status_code == 302
    stop = CaptureStop.objects.get()
    assert stop.scope_value == values[scope]
    assert client.get(made["Location"]).status_code == 200


def test_lists_ask_a_bounded_number_of_queries(
    desk: Desk, django_assert_max_num_queries: Any, client: Client
) -> None:
    for _ in range(3):
        desk.version(entries=[JIRA, EXCEL], rules=[CUSTOMERS])
        release = desk.release()
        rollout = rollouts.start_rollout(
            release=release, waves=[WavePlan(100)], reason="go", actor=desk.actor(desk.admin)
        )
        tasks.advance_rollout(str(rollout.pk))
    officer = desk.cast.client("officer")
    for name in ("draft_list", "version_list", "release_list", "rollout_list"):
        officer.get(url(name))
        with django_assert_max_num_queries(16):
            officer.get(url(name))


def test_the_stop_page_names_what_waits(desk: Desk) -> None:
    stop = open_stop(scope="place", value="IT", reason="law", actor=desk.actor(desk.officer))
    request_restart(stop=stop, reason="agreement", actor=desk.actor(desk.officer))
    assert "asked for" in desk.cast.client("ml").get(url("stop")).content.decode()
