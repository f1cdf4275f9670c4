"""The pages of releases, rollouts and stops; and lists ask few queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.actions import open_stop, request_restart
from agents.models import CaptureStop, Delivery
from capture_policies import tasks
from capture_policies.actions import rollouts
from capture_policies.actions.rollouts import WavePlan
from capture_policies.models import Release, Rollout
from capture_policies.rollout_steps import plan_of
from tests.server.capture_policies.rolling import roll_out, start
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db
Text = Callable[[Any], str]


def wave(index: int, **changes: str) -> dict[str, str]:
    fields = {
        "audience": "percent",
        "percent": "100",
        "soak_minutes": "0",
        "max_error_percent": "2",
        "min_applied_percent": "90",
        "max_crash_percent": "10",
        "max_pause_percent": "25",
        **changes,
    }
    return {f"waves-{index}-{name}": value for name, value in fields.items()}


WAVES = {
    "waves-TOTAL_FORMS": "2",
    "waves-INITIAL_FORMS": "2",
    **wave(0, percent="20"),
    **wave(1),
}


def url(name: str, *args: Any) -> str:
    return reverse(f"capture_policies:{name}", args=args)


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
    assert "Pull the plug" in page
    client.post(url("rollout_hold", rollout.pk), {"reason": "lunch"})
    assert "Go on" in as_text(client.get(made["Location"]))
    changed = client.post(
        url("rollout_wave", rollout.pk, 2),
        {
            "audience": "percent",
            "percent": "100",
            "soak_minutes": "1",
            "max_error_percent": "5",
            "min_applied_percent": "50",
            "max_crash_percent": "10",
            "max_pause_percent": "25",
            "reason": "slower",
        },
    )
    assert changed.status_code == 302
    client.post(url("rollout_resume", rollout.pk), {"reason": "back"})
    client.post(url("rollout_halt", rollout.pk))
    rollout.refresh_from_db()
    assert rollout.halt_reason == "The plug was pulled."
    page = as_text(client.get(made["Location"]))
    assert "There is no earlier release" in page
    assert "Ended" in page
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


def test_a_done_rollout_is_taken_back_with_one_click_and_its_time_is_shown(desk: Desk, as_text: Text) -> None:
    desk.devices(2)
    client = desk.cast.client("admin")
    for entries in ([JIRA], [JIRA, EXCEL]):
        roll_out(desk, desk.release(entries=entries))
    live = Rollout.objects.get(release__number=2)
    page = as_text(client.get(url("rollout_detail", live.pk)))
    assert "Roll back now" in page
    assert live.previous is not None
    back = url("release_rollback", live.previous.pk)
    assert back in page
    made = client.post(back, {"reason": "Back to what held before release 2."})
    tasks.sweep_rollouts()
    rollout = Rollout.objects.get(release__number=3)
    at = rollout.started_at + timedelta(seconds=3)
    Delivery.objects.of_rollout(rollout.pk).update(state="applied", applied_at=at)
    page = as_text(client.get(made["Location"]))
    assert "The last after" in page
    assert "3\xa0s" in page


def test_the_live_page_says_what_every_gate_says_now(desk: Desk, as_text: Text) -> None:
    desk.devices(10)
    rollout = start(desk, desk.release(), (WavePlan(20, soak_seconds=600), WavePlan(100)))
    tasks.advance_rollout(str(rollout.pk))
    page = as_text(desk.cast.client("auditor").get(url("rollout_detail", rollout.pk)))
    for words in ("Leak findings", "Apply errors", "Agents down", "Pauses", "Confirmed", "Rest"):
        assert words in page
    assert "0 of 2 devices failed" in page
    assert "too few people online to say" in page
    assert "10\xa0min" in page
    assert "Pull the plug" not in page
    rollouts.halt_rollout(rollout=rollout, reason="x", actor=desk.actor(desk.officer))
    page = as_text(desk.cast.client("auditor").get(url("rollout_detail", rollout.pk)))
    assert "never opened" in page.lower()
    assert "Apply errors" not in page


def test_waves_are_planned_for_groups_and_tags_and_rows_come_and_go(desk: Desk, as_text: Text) -> None:
    desk.devices(4)
    release = desk.release()
    client = desk.cast.client("officer")
    address = url("rollout_new", release.pk)
    more = client.post(address, {**WAVES, "add_wave": "1", "reason": "kept"})
    assert more.status_code == 200
    rows = [form["percent"].value() for form in more.context["waves"]]
    assert rows == ["20", "", "100"]
    assert "kept" in as_text(more)
    fewer = client.post(address, {**WAVES, "remove_wave": "0"})
    assert [form["percent"].value() for form in fewer.context["waves"]] == ["100"]
    full = {"waves-TOTAL_FORMS": "10", "waves-INITIAL_FORMS": "10", "add_wave": "1"}
    assert len(client.post(address, full).context["waves"].forms) == 10
    odd = {"waves-TOTAL_FORMS": "x", "waves-INITIAL_FORMS": "", "remove_wave": "y"}
    assert len(client.post(address, odd).context["waves"].forms) == 0
    assert not Rollout.objects.exists()
    given = {
        "waves-TOTAL_FORMS": "3",
        "waves-INITIAL_FORMS": "3",
        **wave(0, audience="tag", percent="", tag="Pilot"),
        **wave(1, audience="group", percent="", group=str(desk.cast.department.pk)),
        **wave(2),
        "reason": "go",
    }
    assert client.post(address, given).status_code == 302
    rollout = Rollout.objects.get()
    assert [plan.who for plan in map(plan_of, rollout.waves.all())] == [
        "tag:pilot",
        f"group:{desk.cast.department.pk}",
        100,
    ]
    page = as_text(client.get(url("rollout_detail", rollout.pk)))
    assert "tag pilot" in page
    assert f"group {desk.cast.department.name}" in page
    changing = client.get(url("rollout_wave", rollout.pk, 2))
    assert changing.context["form"].initial["group"] == str(desk.cast.department.pk)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"audience": "tag", "tag": ""}, "tag"),
        ({"audience": "tag", "tag": "no tag"}, "tag"),
        ({"audience": "group", "group": ""}, "group"),
        ({"audience": "percent", "percent": ""}, "percent"),
        ({"audience": "nobody"}, "audience"),
    ],
)
def test_a_wave_for_nobody_is_refused_beside_its_field(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    response = desk.cast.client("officer").post(
        url("rollout_new", desk.release().pk), {**WAVES, **wave(0, **changes), "reason": "x"}
    )
    assert response.status_code == 422
    assert list(response.context["waves"].forms[0].errors) == [field]


def test_capture_is_stopped_by_one_and_restarted_by_two(desk: Desk, as_text: Text) -> None:
    desk.devices(2)
    first, second = desk.cast.client("officer"), desk.cast.client("admin")
    assert "Nothing is stopped" in as_text(first.get(url("stop")))
    assert first.get(url("stop_new")).status_code == 200
    made = first.post(url("stop_new"), {"scope": "programme", "reason": "an incident"})
    stop = CaptureStop.objects.get()
    assert "Proven stopped" in as_text(first.get(made["Location"]))
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
        ({"scope": "place", "place": ""}, "place"),
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
