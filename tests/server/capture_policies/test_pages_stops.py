"""The pages of the kill switch: what a stop would do, what it has reached, and drills that stop nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Department
from agents.actions import confirm_restart, end_drill, open_stop, request_restart, start_drill
from agents.models import CaptureStop, Device, DeviceCommand, StopDrill
from capture_policies.actions.rollouts import WavePlan, hold_rollout
from capture_policies.stop_words import scope_words, words_of
from tests.server.capture_policies.rolling import roll_out, run, start
from tests.server.capture_policies.support import EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db
Text = Callable[[Any], str]


def url(name: str, *args: Any) -> str:
    return reverse(f"capture_policies:{name}", args=args)


def capturing(devices: list[Device]) -> Any:
    ends = timezone.now() + timedelta(minutes=15)
    Device.objects.filter(pk__in=[device.pk for device in devices]).update(
        capture_until=ends, lease_state="on", capture_state="on"
    )
    return ends


def test_the_worst_case_is_shown_before_the_click_and_kept_after_it(desk: Desk, as_text: Text) -> None:
    ends = capturing(desk.devices(3))
    client = desk.cast.client("officer")
    page = as_text(client.get(url("stop_new")))
    assert "3\xa0devices</" in page or "3\xa0devices of 3" in page
    assert ends.isoformat()[:16] in page
    client.post(url("stop_new"), {"scope": "programme", "reason": "an incident"})
    assert CaptureStop.objects.get().worst_case == ends


def test_the_effect_follows_what_is_typed_and_says_nothing_of_what_is_not_there(
    desk: Desk, as_text: Text
) -> None:
    capturing(desk.devices(2))
    client = desk.cast.client("officer")
    elsewhere = as_text(client.get(url("stop_new"), {"scope": "place", "place": "DE"}))
    assert "none of them may capture" in elsewhere
    assert "Say what to stop" in as_text(client.get(url("stop_new"), {"scope": "place", "place": ""}))
    (device, *_rest) = Device.objects.all()
    preset = as_text(client.get(url("stop_new"), {"device": str(device.pk)}))
    assert str(device.pk) in preset


def test_an_entry_can_be_stopped_while_it_is_live_or_on_its_way(desk: Desk, as_text: Text) -> None:
    desk.devices(1)
    roll_out(desk, desk.release(entries=[JIRA]))
    start(desk, desk.release(entries=[JIRA, EXCEL]))
    client = desk.cast.client("officer")
    for entry in ("jira", "excel"):
        answer = client.post(url("stop_new"), {"scope": "entry", "entry": entry, "reason": "x"})
        assert answer.status_code == 302
    assert "Excel (app or site)" in as_text(client.get(url("stop")))
    unknown = client.post(url("stop_new"), {"scope": "entry", "entry": "mail", "reason": "x"})
    assert unknown.context["form"].errors["entry"]


def test_one_person_is_stopped_by_pseudonym_and_named_nowhere(desk: Desk, as_text: Text) -> None:
    desk.devices(1)
    subject = desk.cast.subject()
    client = desk.cast.client("officer")
    made = client.post(
        url("stop_new"), {"scope": "person", "person": subject.pseudonym.lower(), "reason": "safety"}
    )
    assert made.status_code == 302
    for page in (client.get(url("stop")), desk.cast.client("ml").get(made["Location"])):
        assert "One person" in as_text(page)
        assert subject.pseudonym not in as_text(page)
    listed = desk.cast.api("auditor").get("/api/v1/stops/").json()["results"]
    assert [row["scope_value"] for row in listed] == [""]
    unknown = client.post(url("stop_new"), {"scope": "person", "person": "P-000000", "reason": "x"})
    assert unknown.context["form"].errors["person"] == ["That does not exist."]


def test_devices_are_filtered_by_their_proof(desk: Desk, as_text: Text) -> None:
    pending, _other = desk.devices(2)
    capturing([pending])
    stop = open_stop(scope="programme", reason="x", actor=desk.actor(desk.officer))
    client = desk.cast.client("admin")
    address = url("stop_detail", stop.pk)
    assert "device 1" in as_text(client.get(address))
    found = as_text(client.get(address, {"proof": "pending"}))
    assert ("device 0" in found, "device 1" in found) == (True, False)
    found = as_text(client.get(address, {"proof": "ended"}))
    assert ("device 0" in found, "device 1" in found) == (False, True)
    assert "Nothing matches" in as_text(client.get(address, {"proof": "proven"}))


def test_a_scope_without_devices_says_so(desk: Desk, as_text: Text) -> None:
    stop = open_stop(scope="place", value="DE", reason="x", actor=desk.actor(desk.officer))
    page = desk.cast.client("admin").get(url("stop_detail", stop.pk))
    assert "No device in this scope" in as_text(page)


def test_a_drill_runs_from_the_pages_and_is_called_one_everywhere(desk: Desk, as_text: Text) -> None:
    capturing(desk.devices(2))
    client = desk.cast.client("officer")
    assert "2\xa0devices are asked" in as_text(client.get(url("stop_drill_new")))
    made = client.post(url("stop_drill_new"), {"scope": "programme", "reason": "quarterly"})
    drill = StopDrill.objects.get()
    assert not CaptureStop.objects.exists()
    DeviceCommand.objects.filter(device__name="device 0").update(result="done", done_at=timezone.now())
    page = as_text(client.get(made["Location"]))
    assert "Nothing was stopped" in page
    assert 'hx-trigger="every 2s"' in page
    silent = as_text(client.get(made["Location"], {"proof": "silent"}))
    assert ("device 0" in silent, "device 1" in silent) == (False, True)
    assert "A drill is running" in as_text(client.get(url("stop")))
    assert "1 of 2" in as_text(client.get(url("stop_drills")))
    client.post(url("stop_drill_end", drill.pk))
    assert "every 2s" not in as_text(client.get(made["Location"]))
    assert "1 of 2" in as_text(client.get(url("stop_drills")))
    assert "A drill is running" not in as_text(client.get(url("stop")))


def test_what_a_stop_is_about_in_words(desk: Desk) -> None:
    def stop(scope: str, value: str = "") -> CaptureStop:
        return CaptureStop(scope=scope, scope_value=value)

    department = desk.cast.department
    assert words_of([stop("department", str(department.pk)), stop("place", "DE"), stop("entry", "gone")]) == [
        f"Department {department.name}",
        "Place DE",
        "gone (app or site)",
    ]
    assert scope_words(stop("programme")) == "The whole programme"
    assert scope_words(stop("device", "0123456789")) == "Device 01234567"
    gone = str(uuid.uuid4())
    assert scope_words(stop("department", gone)) == f"Department {gone}"


def _past_stop(desk: Desk, department: Department) -> None:
    actor = desk.actor(desk.officer)
    stop = open_stop(scope="department", value=str(department.pk), reason="x", actor=actor)
    request_restart(stop=stop, reason="x", actor=actor)
    confirm_restart(stop=stop, actor=desk.actor(desk.admin))


def _drilled(desk: Desk) -> None:
    StopDrill.objects.create(
        scope="programme", reason="x", started_by=desk.officer, ended_at=timezone.now(), devices=3, answered=2
    )


def _queries(client: Any, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_lists_of_stops_proofs_and_drills_ask_the_same_for_3_and_for_200_rows(desk: Desk) -> None:
    client = desk.cast.client("admin")
    desk.devices(3)
    for _ in range(3):
        _past_stop(desk, desk.cast.department)
        _drilled(desk)
    running = open_stop(scope="programme", reason="x", actor=desk.actor(desk.officer))
    pages = [url("stop"), url("stop_drills"), url("stop_detail", running.pk)]
    few = [_queries(client, page) for page in pages]
    desk.devices(197)
    rows = list(CaptureStop.objects.exclude(restarted_at=None))
    CaptureStop.objects.bulk_create(
        CaptureStop(
            scope="department",
            scope_value=rows[0].scope_value,
            reason="x",
            stopped_by=desk.officer,
            restart_requested_by=desk.officer,
            restarted_by=desk.admin,
            restarted_at=timezone.now(),
        )
        for _ in range(197)
    )
    for _ in range(197):
        _drilled(desk)
    assert [_queries(client, page) for page in pages] == few


def test_the_pages_of_a_drill_and_of_a_rollout_ask_the_same_for_3_and_for_200_devices(desk: Desk) -> None:
    client = desk.cast.client("admin")

    def asked() -> list[int]:
        drill = start_drill(scope="programme", reason="x", actor=desk.actor(desk.officer))
        release = desk.release(entries=[JIRA, EXCEL])
        rollout = run(start(desk, release, (WavePlan(100, soak_seconds=600),)))
        pages = [
            url("stop_drill", drill.pk),
            url("rollout_detail", rollout.pk),
            url("rollout_new", release.pk),
        ]
        found = [_queries(client, page) for page in pages]
        end_drill(drill=drill, actor=desk.actor(desk.officer))
        hold_rollout(rollout=rollout, reason="x", actor=desk.actor(desk.officer))
        return found

    desk.devices(3)
    few = asked()
    desk.devices(197)
    assert asked() == few
