"""What one person removed stays removed: nothing older, no rollout and no gate brings it back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from agents.models import CaptureStop
from capture_policies import gates, narrowings
from capture_policies.actions import narrowing, rollouts
from capture_policies.models import Release, Rollout
from mci_core.errors import Conflict, Stale
from tests.server.capture_policies.ceremony import Ceremony
from tests.server.capture_policies.rolling import answer, roll_out, run
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, SYSTEM, Desk

pytestmark = pytest.mark.django_db

BOARD: dict[str, Any] = {
    **JIRA,
    "id": "board",
    "label": "Board",
    "match": {"origin": "https://jira.example.com", "path_prefix": "/board", "subdomains": False},
    "signals": ["click"],
}
WIKI: dict[str, Any] = {
    **JIRA,
    "id": "wiki",
    "label": "Wiki",
    "match": {"origin": "https://wiki.example.com", "path_prefix": "/", "subdomains": False},
}


def _live(desk: Desk, *entries: dict[str, Any], rules: list[dict[str, Any]] | None = None) -> Release:
    desk.devices(4)
    release = desk.release(entries=list(entries), rules=[CUSTOMERS] if rules is None else rules)
    roll_out(desk, release)
    return release


def _remove(desk: Desk, *ids: str, by: Any = None) -> narrowing.Narrowed:
    actor = desk.actor(by or desk.officer)
    return narrowing.remove_entries_now(entries=ids, reason="Asked for.", actor=actor)


def test_what_was_removed_after_a_version_was_written_is_named(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    version = desk.version(entries=[JIRA, EXCEL, BOARD])
    assert narrowings.undone_by(version) == []
    _remove(desk, "excel")
    assert narrowings.undone_by(version) == ["Excel"]
    later = desk.version(entries=[JIRA, EXCEL])
    assert narrowings.undone_by(later) == []
    with pytest.raises(Stale) as refused:
        desk.approve(version, desk.officer)
    assert refused.value.code == "removed_since"


def test_neither_a_rollout_nor_a_rollback_brings_back_what_was_removed(desk: Desk) -> None:
    first = _live(desk, JIRA, EXCEL)
    signed = desk.release(entries=[JIRA, EXCEL, WIKI])
    done = _remove(desk, "excel")
    assert done.rollout is not None
    run(done.rollout)
    answer(done.rollout)
    run(done.rollout)
    for again in (first, signed):
        with pytest.raises(Stale):
            rollouts.rollback_to(release=again, reason="x", actor=desk.actor(desk.officer))
    later = desk.release(entries=[JIRA, EXCEL])
    roll_out(desk, later)
    back = rollouts.rollback_to(release=first, reason="x", actor=desk.actor(desk.officer))
    assert back.release.restores == first


def test_a_held_release_to_everybody_is_sent_anew(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    first = _remove(desk, "jira")
    assert first.rollout is not None
    rollouts.hold_rollout(rollout=first.rollout, reason="wait", actor=desk.actor(desk.admin))
    again = _remove(desk, "jira")
    assert again.new
    assert Rollout.objects.running().get() == again.rollout


def test_where_only_approvers_sign_the_entries_are_stopped_at_once(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    Ceremony().begin()
    first = _remove(desk, "jira")
    assert first.rollout is None
    assert first.release is not None
    assert first.release.signed_at is None
    stop = CaptureStop.objects.get()
    assert (stop.scope, stop.scope_value, stop.stopped_by) == ("entry", "jira", desk.officer)
    again = _remove(desk, "jira", by=desk.admin)
    assert (again.new, again.version) == (False, first.version)
    both = _remove(desk, "jira", "excel")
    assert both.new
    assert CaptureStop.objects.count() == 2


def test_what_has_ended_needs_no_stop_while_it_waits_for_signatures(desk: Desk) -> None:
    _live(desk, {**JIRA, "expires": "2027-01-31"}, EXCEL)
    Ceremony().begin()
    done = narrowing.drop_expired_entries(actor=SYSTEM, today=date(2027, 2, 1))
    assert done is not None
    assert done.rollout is None
    assert not CaptureStop.objects.exists()


def test_neither_a_person_nor_a_gate_turns_a_narrowing_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _live(desk, JIRA, EXCEL)
    done = _remove(desk, "jira")
    assert done.rollout is not None
    with pytest.raises(Conflict) as refused:
        rollouts.halt_rollout(rollout=done.rollout, reason="x", actor=desk.actor(desk.admin))
    assert refused.value.code == "narrowing_goes_on"
    monkeypatch.setattr(gates, "_extra", {"leaks": lambda _rollout: "A leak was found."})
    assert run(done.rollout).state == "running"


def test_the_page_of_the_version_says_who_decided(desk: Desk) -> None:
    _live(desk, {**JIRA, "expires": "2027-01-31"}, EXCEL)
    done = _remove(desk, "excel")
    address = reverse("capture_policies:version_detail", args=[done.version.pk])
    assert "Olga Oak decided alone" in desk.cast.client("auditor").get(address).content.decode()
    ended = narrowing.drop_expired_entries(actor=SYSTEM, today=date(2027, 2, 1))
    assert ended is not None
    address = reverse("capture_policies:version_detail", args=[ended.version.pk])
    assert "past their last day" in desk.cast.client("auditor").get(address).content.decode()
