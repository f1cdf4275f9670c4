"""What people are told: the employee's page, the home page, and a policy in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.models import Device
from capture_policies import queries, tasks, words
from capture_policies.actions import rollouts
from capture_policies.actions.rollouts import WavePlan
from capture_policies.models import Rollout
from capture_policies.waiting import waiting
from mci_core.policy import parse_entry, parse_rule
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db


def _sentences(desk: Desk, name: str) -> list[str]:
    return [item.sentence for item in waiting(desk.cast.user(name))]


def test_a_site_is_said_in_words() -> None:
    match = {"origin": "https://jira.example.com", "path_prefix": "/browse", "subdomains": True}
    row = words.describe_entry(
        parse_entry(
            {
                **JIRA,
                "match": match,
                "signals": ["keystroke", "screenshot"],
                "keystrokes": "count",
                "frame_interval_s": 30,
            }
        )
    )
    assert row.where == "https://jira.example.com/browse and its sub-domains"
    assert row.captured == ("keystrokes (only that a key was pressed), screenshots (at most one in 30 s)")
    assert "typed text" in row.not_captured
    assert row.kind_words == "Website"


def test_an_app_is_said_in_words() -> None:
    row = words.describe_entry(parse_entry({**EXCEL, "signals": []}))
    assert row.where == "Windows: EXCEL.EXE; named: Excel"
    assert (row.captured, row.kind_words) == ("nothing", "App")


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ({"type": "dictionary", "words": ["Harvest Table"]}, "a list of 1 word"),
        (
            {"type": "hashed", "salt": "0" * 32, "hashes": ["0" * 24, "1" * 24], "lengths": [1]},
            "a hashed list of 2 entries",
        ),
        ({"type": "regex", "pattern": "x+"}, "the expression x+"),
        ({"type": "detector", "detector": "EMAIL"}, "what the detector EMAIL finds"),
    ],
)
def test_a_rule_is_said_without_the_words_it_looks_for(match: dict[str, Any], said: str) -> None:
    selector = {"entries": ["jira"], "signals": ["text"], "fields": []}
    row = words.describe_rule(
        parse_rule({**CUSTOMERS, "match": match, "selector": selector}), {"jira": "Jira"}
    )
    assert row.looks_for == said
    assert row.where == "Jira; typed text"


def test_an_employee_reads_what_is_captured_on_their_own_devices(
    desk: Desk, as_text: Callable[[Any], str]
) -> None:
    (device, other) = desk.devices(2)
    Device.objects.filter(pk=other.pk).update(subject=desk.cast.subject("colleague"), name="not mine")
    rollout = rollouts.start_rollout(
        release=desk.release(entries=[JIRA, EXCEL]),
        waves=[WavePlan(100)],
        reason="go",
        actor=desk.actor(desk.admin),
    )
    client = desk.cast.client("employee")
    assert "This device has no policy" in as_text(client.get("/me/captured/"))
    tasks.advance_rollout(str(rollout.pk))
    Device.objects.filter(pk=device.pk).update(exclusions=["excel"])
    page = as_text(client.get("/me/captured/"))
    assert "mouse clicks, typed text" in page
    assert "Switched off by you" in page
    assert "not mine" not in page
    assert "Harvest" not in page
    assert "No device of yours" in as_text(desk.cast.client("ml").get("/me/captured/"))


def test_an_applied_release_is_what_holds_on_a_device(desk: Desk) -> None:
    release = desk.release()
    (device,) = desk.devices(1)
    assert queries.live_policy_for(device) is None
    device.desired_release = release.number
    found = queries.live_policy_for(device)
    assert found is not None
    assert found.digest == release.digest


def test_the_home_page_names_versions_that_wait_for_this_person(desk: Desk) -> None:
    version = desk.version(author=desk.ml)
    waits = ["1 policy version waits for your decision"]
    assert _sentences(desk, "officer") == waits
    assert _sentences(desk, "admin") == waits
    assert _sentences(desk, "ml") == []
    assert _sentences(desk, "auditor") == []
    desk.approve(version, desk.officer)
    assert _sentences(desk, "officer") == []
    assert _sentences(desk, "second_officer") == []
    assert _sentences(desk, "admin") == waits


def test_the_home_page_names_releases_and_a_held_rollout(desk: Desk) -> None:
    release = desk.release()
    assert _sentences(desk, "officer") == ["1 signed release is not rolled out yet"]
    actor = desk.actor(desk.admin)
    rollout = rollouts.start_rollout(release=release, reason="go", actor=actor)
    assert _sentences(desk, "officer") == []
    rollouts.hold_rollout(rollout=rollout, reason="x", actor=actor)
    assert _sentences(desk, "admin") == ["1 rollout is held and waits to go on or to be halted"]
    assert Rollout.objects.visible_to(desk.employee).count() == 0
