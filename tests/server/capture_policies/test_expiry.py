"""Entries end by themselves: left out of new versions, taken out of the live one by night, told before."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from capture_policies import document, queries, tasks
from capture_policies.actions import drafts, narrowing, requests
from capture_policies.models import AllowlistRequest, Narrowing, Rollout
from capture_policies.request_things import to_add, to_remove
from capture_policies.waiting import waiting
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db


def _day(days: int) -> str:
    return (timezone.now().astimezone(UTC).date() + timedelta(days=days)).isoformat()


def _ending(entry: dict[str, Any], days: int) -> dict[str, Any]:
    return {**entry, "expires": _day(days)}


def _live(desk: Desk, *entries: dict[str, Any]) -> None:
    desk.devices(2)
    roll_out(desk, desk.release(entries=list(entries)))


def _words(user: User) -> list[str]:
    return [item.sentence for item in waiting(User.objects.get(pk=user.pk))]


def test_an_ended_entry_is_left_out_when_a_draft_is_submitted_and_the_page_says_so(desk: Desk) -> None:
    draft = desk.draft(entries=[_ending(JIRA, -1), _ending(EXCEL, 0)])
    assert [row.key for row in document.left_out(draft)] == ["jira"]
    page = desk.cast.client("admin").get(reverse("capture_policies:draft_detail", args=[draft.pk]))
    assert "Past its last day" in page.content.decode()
    version = drafts.submit_draft(draft=draft, actor=desk.actor(desk.admin))
    found = queries.policy_of(version)
    assert found is not None
    assert [entry.id for entry in found.entries] == ["excel"]


def test_an_ended_entry_in_which_a_rule_looks_stays_and_is_denied_by_devices(desk: Desk) -> None:
    looks = {**CUSTOMERS, "selector": {"entries": ["jira"], "signals": [], "fields": []}}
    draft = desk.draft(entries=[_ending(JIRA, -1), EXCEL], rules=[looks])
    assert document.left_out(draft) == []


def test_by_night_ended_entries_leave_the_live_policy_for_everybody(desk: Desk, time_machine: Any) -> None:
    _live(desk, _ending(JIRA, 1), EXCEL)
    tasks.drop_expired_entries()
    assert not Narrowing.objects.exists()
    time_machine(days=3)
    tasks.drop_expired_entries()
    done = Narrowing.objects.get()
    assert (done.cause, done.entries, done.decided_by) == ("expired", ["jira"], None)
    assert Rollout.objects.running().get().release.version == done.version
    page = desk.cast.client("auditor").get(reverse("capture_policies:version_detail", args=[done.version_id]))
    assert page.status_code == 200


def test_two_weeks_before_the_home_pages_of_those_who_decide_say_so(desk: Desk) -> None:
    _live(desk, _ending(JIRA, 14), _ending(EXCEL, 15))
    for person in (desk.admin, desk.officer):
        assert "1 entry of the allowlist ends within 14 days" in _words(person)
    assert not [words for words in _words(desk.ml) if "ends within" in words]


def test_what_is_asked_for_waits_for_those_who_can_do_it(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    for thing in (to_remove("jira"), to_remove("excel"), to_add(entry_kind="app", label="Paint", where="")):
        requests.ask_for_entry(thing=thing, words="x", actor=desk.actor(desk.employee))
    assert "2 removals of apps and sites are asked for" in _words(desk.officer)
    assert "1 addition to the allowlist is asked for" in _words(desk.ml)
    assert not [words for words in _words(desk.auditor) if "asked for" in words]


def test_a_worker_settles_requests(desk: Desk) -> None:
    _live(desk, JIRA)
    asked = requests.ask_for_entry(thing=to_remove("jira"), words="x", actor=desk.actor(desk.employee))
    Rollout.objects.update(state="superseded")
    tasks.settle_requests()
    asked.refresh_from_db()
    assert asked.state == "done"
    assert AllowlistRequest.objects.get().answer == ""


def test_a_draft_older_than_a_removal_says_what_it_would_bring_back(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    draft = drafts.create_draft(
        title="Next month", from_version=queries.live_version(), actor=desk.actor(desk.admin)
    )
    narrowing.remove_entries_now(entries=["jira"], reason="x", actor=desk.actor(desk.officer))
    page = desk.cast.client("admin").get(reverse("capture_policies:draft_detail", args=[draft.pk]))
    assert "Removed since this draft was begun" in page.content.decode()
