"""Less at once: one person takes something out of the live policy, and everybody gets it in one wave."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from agents.models import Device
from audits.models import AuditEntry
from capture_policies import queries
from capture_policies.actions import narrowing
from capture_policies.models import Narrowing, Release, Rollout
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.capture_policies.rolling import FAST, answer, roll_out, run, start
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
ONLY_BOARD = {**CUSTOMERS, "selector": {"entries": ["board"], "signals": [], "fields": []}}


def _live(desk: Desk, *entries: dict[str, Any], rules: list[dict[str, Any]] | None = None) -> Release:
    desk.devices(4)
    release = desk.release(entries=list(entries), rules=[CUSTOMERS] if rules is None else rules)
    roll_out(desk, release)
    return release


def _remove(desk: Desk, *ids: str, by: Any = None) -> narrowing.Narrowed:
    actor = desk.actor(by or desk.officer)
    return narrowing.remove_entries_now(entries=ids, reason="Asked for.", actor=actor)


def _document(release: Release, **changes: Any) -> dict[str, Any]:
    return {**json.loads(bytes(release.version.body)), **changes}


def test_one_person_removes_an_entry_and_everybody_gets_it_in_one_wave(desk: Desk) -> None:
    first = _live(desk, JIRA, EXCEL)
    done = _remove(desk, "jira")
    assert done.new
    assert (done.taken.removed, done.taken.closed) == (("jira",), ())
    assert (done.version.direction, done.version.state) == ("narrower", "approved")
    assert done.version.compared_with == first.version
    assert done.version.author == desk.officer
    assert not done.version.approvals.exists()
    assert done.rollout is not None
    assert [wave.percent for wave in done.rollout.waves.all()] == [100]
    run(done.rollout)
    assert done.release is not None
    assert Device.objects.filter(desired_release=done.release.number).count() == 4
    answer(done.rollout)
    run(done.rollout)
    live = queries.policy_of(queries.live_version())
    assert live is not None
    assert [entry.id for entry in live.entries] == ["excel"]


def test_the_decision_is_in_the_log_with_what_went(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    done = _remove(desk, "jira", by=desk.admin)
    decision = Narrowing.objects.get()
    assert (decision.version, decision.decided_by) == (done.version, desk.admin)
    entries = AuditEntry.objects.filter(action="capture_policies.remove_entries_now")
    assert entries.filter(leaf__contains='"removed":["jira"]').count() == 1


@pytest.mark.parametrize("name", ["ml", "auditor", "employee"])
def test_only_an_officer_or_an_admin_narrows(desk: Desk, name: str) -> None:
    _live(desk, JIRA, EXCEL)
    with pytest.raises(Forbidden):
        _remove(desk, "jira", by=getattr(desk, name))


def test_it_needs_the_second_factor_of_the_last_minutes(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    with pytest.raises(Forbidden) as refused:
        narrowing.remove_entries_now(
            entries=["jira"], reason="x", actor=desk.actor(desk.officer, fresh=False)
        )
    assert refused.value.code == "second_factor_needed"


@pytest.mark.parametrize(("reason", "code"), [("  ", "required"), ("x" * 501, "too_long")])
def test_it_says_why(desk: Desk, reason: str, code: str) -> None:
    _live(desk, JIRA, EXCEL)
    with pytest.raises(Invalid) as refused:
        narrowing.remove_entries_now(entries=["jira"], reason=reason, actor=desk.actor(desk.officer))
    assert refused.value.code == code


def test_without_a_live_policy_there_is_nothing_to_remove(desk: Desk) -> None:
    with pytest.raises(Conflict) as refused:
        _remove(desk, "jira")
    assert refused.value.code == "nothing_live"


def test_an_entry_whose_pages_another_one_would_take_over_is_closed(desk: Desk) -> None:
    _live(desk, JIRA, BOARD)
    done = _remove(desk, "board")
    assert (done.taken.removed, done.taken.closed) == ((), ("board",))
    new = queries.policy_of(done.version)
    assert new is not None
    board = new.entry("board")
    assert board is not None
    assert not board.signals


def test_an_entry_in_which_a_rule_looks_is_closed_and_the_rule_stays(desk: Desk) -> None:
    _live(desk, JIRA, BOARD, rules=[ONLY_BOARD])
    done = _remove(desk, "board", "jira")
    assert (done.taken.removed, done.taken.closed) == (("jira",), ("board",))


def test_doing_it_twice_is_doing_it_once(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    first = _remove(desk, "jira")
    again = _remove(desk, "jira", by=desk.admin)
    assert not again.new
    assert again.version == first.version
    assert Narrowing.objects.count() == 1
    assert _remove(desk, "never-there").new is False


def test_a_second_removal_builds_on_the_first_that_is_still_on_its_way(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    first = _remove(desk, "jira")
    second = _remove(desk, "excel")
    assert second.version.compared_with == first.version
    new = queries.policy_of(second.version)
    assert new is not None
    assert new.entries == ()


def test_a_wider_release_on_its_way_is_superseded_and_reaches_nobody_else(desk: Desk) -> None:
    first = _live(desk, JIRA)
    wider = start(desk, desk.release(entries=[JIRA, EXCEL]), FAST)
    run(wider)
    done = _remove(desk, "jira")
    assert done.version.compared_with == first.version
    wider.refresh_from_db()
    assert wider.state == "superseded"
    new = queries.policy_of(done.version)
    assert new is not None
    assert new.entries == ()


def test_a_narrower_release_on_its_way_stays_as_narrow(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL, WIKI)
    narrower = start(desk, desk.release(entries=[JIRA, EXCEL]), FAST)
    run(narrower)
    done = _remove(desk, "excel")
    assert done.version.compared_with == narrower.release.version


def test_an_entry_that_only_goes_out_now_is_a_matter_of_its_rollout(desk: Desk) -> None:
    _live(desk, JIRA)
    run(start(desk, desk.release(entries=[JIRA, EXCEL, WIKI]), FAST))
    with pytest.raises(Conflict, match="Halt its rollout"):
        _remove(desk, "excel")


def test_a_document_that_captures_less_goes_live_at_once(desk: Desk) -> None:
    live = _live(desk, JIRA, EXCEL)
    less = _document(live, retention_days=1)
    actor = desk.actor(desk.admin)
    done = narrowing.narrow_now(document=less, title="Keep one day", reason="Enough.", actor=actor)
    assert (done.version.title, done.new) == ("Keep one day", True)
    again = narrowing.narrow_now(document=less, title="Keep one day", reason="Enough.", actor=actor)
    assert not again.new


def test_what_a_document_takes_out_is_kept_with_the_decision(desk: Desk) -> None:
    live = _live(desk, JIRA, EXCEL, WIKI)
    entries = [{**JIRA, "signals": [], "keystrokes": "none"}, WIKI]
    less = _document(live, entries=sorted(entries, key=lambda entry: entry["id"]))
    done = narrowing.narrow_now(document=less, title="Less", reason="x", actor=desk.actor(desk.admin))
    assert (done.taken.removed, done.taken.closed) == (("excel",), ("jira",))


@pytest.mark.parametrize("days", [90, 30])
def test_what_is_not_proven_narrower_is_refused(desk: Desk, days: int) -> None:
    live = _live(desk, JIRA, EXCEL)
    entries = [JIRA, {**EXCEL, "signals": ["click", "scroll"]}]
    more = _document(live, retention_days=days, entries=entries)
    with pytest.raises(Conflict) as refused:
        narrowing.narrow_now(document=more, title="More", reason="x", actor=desk.actor(desk.admin))
    assert refused.value.code == "not_narrower"


def test_a_document_that_is_no_policy_is_refused_without_being_repeated(desk: Desk) -> None:
    live = _live(desk, JIRA)
    with pytest.raises(Invalid) as refused:
        narrowing.narrow_now(
            document=_document(live, retention_days=0), title="x", reason="x", actor=desk.actor(desk.admin)
        )
    assert refused.value.field == "document"


def test_the_database_refuses_one_person_for_what_is_wider(desk: Desk) -> None:
    live = _live(desk, JIRA)
    version = desk.version(entries=[JIRA, EXCEL])
    with pytest.raises(IntegrityError, match="captures less"), transaction.atomic():
        Narrowing.objects.create(
            version=version, base=live.version, digest=version.digest, decided_by=desk.officer, reason="x"
        )
    with pytest.raises(IntegrityError, match="exactly these bytes"), transaction.atomic():
        Narrowing.objects.create(
            version=version, base=version, digest=version.digest, decided_by=desk.officer, reason="x"
        )


def test_expired_entries_leave_by_themselves(desk: Desk) -> None:
    _live(desk, {**JIRA, "expires": "2027-01-31"}, EXCEL)
    assert narrowing.drop_expired_entries(actor=SYSTEM, today=date(2027, 1, 31)) is None
    done = narrowing.drop_expired_entries(actor=SYSTEM, today=date(2027, 2, 1))
    assert done is not None
    assert done.taken.removed == ("jira",)
    decision = Narrowing.objects.get()
    assert (decision.cause, decision.decided_by) == ("expired", None)
    assert narrowing.drop_expired_entries(actor=SYSTEM, today=date(2027, 2, 1)) is None
    assert Narrowing.objects.count() == 1


def test_expired_entries_wait_for_a_rollout_in_waves(desk: Desk) -> None:
    _live(desk, {**JIRA, "expires": "2027-01-31"})
    run(start(desk, desk.release(entries=[{**JIRA, "expires": "2027-01-31"}, EXCEL]), FAST))
    assert narrowing.drop_expired_entries(actor=SYSTEM, today=date(2027, 2, 1)) is None
    assert Rollout.objects.running().get().waves.count() == 2
