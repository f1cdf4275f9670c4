"""Removals by several people in the same moment: each is done once, and none is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capture_policies import queries
from capture_policies.actions import narrowing, requests
from capture_policies.models import AllowlistRequest, Narrowing, Release, Rollout
from capture_policies.request_things import to_add
from tests.server.attacks.together import at_once
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import EXCEL, JIRA, Desk, found_repository
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live(cast: Cast, settings: Any, tmp_path: Path, queued: Any) -> Desk:
    """Jira and Excel are captured everywhere."""
    settings.KEYS_DIR = tmp_path
    found_repository()
    desk = Desk(cast)
    desk.devices(2)
    roll_out(desk, desk.release(entries=[JIRA, EXCEL]))
    return desk


def _remove(desk: Desk, entry: str, person: Any) -> Any:
    actor = desk.actor(person)
    return lambda: narrowing.remove_entries_now(entries=[entry], reason="x", actor=actor).new


def test_two_people_who_remove_the_same_do_it_once(live: Desk) -> None:
    results = at_once(_remove(live, "jira", live.officer), _remove(live, "jira", live.admin))
    assert sorted(results) == [False, True]
    assert Narrowing.objects.count() == 1
    assert Release.objects.count() == 2


def test_two_people_who_remove_different_entries_both_succeed(live: Desk) -> None:
    assert at_once(_remove(live, "jira", live.officer), _remove(live, "excel", live.admin)) == [True, True]
    left = queries.policy_of(Rollout.objects.running().get().release.version)
    assert left is not None
    assert left.entries == ()


def test_people_who_ask_for_the_same_in_one_moment_join(live: Desk) -> None:
    def ask(name: str) -> Any:
        actor = live.cast.actor(name)
        thing = to_add(entry_kind="app", label="Paint", where="")
        return lambda: requests.ask_for_entry(thing=thing, words="x", actor=actor).pk

    first, second = at_once(ask("employee"), ask("colleague"))
    assert first == second
    assert AllowlistRequest.objects.get().voices.count() == 2
