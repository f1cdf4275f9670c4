"""What the person decides: kept, read again at once, and only ever tightening."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mci_agent import local
from mci_agent.config import State
from mci_agent.errors import StateBroken
from mci_agent.gate import WORDS, Applied, Facts, judge
from mci_agent.local import Choices, Watcher
from mci_core.evaluator import Reason
from tests.pure import building
from tests.pure.agent_support import recordings
from tests.pure.building import NOW

POLICY = recordings.policy()
OPEN = Facts(NOW, lease=building.lease_for(POLICY), applied=Applied(7, POLICY))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path)


def test_decisions_are_kept(state: State) -> None:
    local.pause(state, 15, NOW)
    local.exclude(state, "b")
    local.exclude(state, "a")
    assert local.read_choices(state) == Choices(NOW + 900, ("a", "b"))
    assert local.read_choices(state).paused(NOW + 899)
    assert not local.read_choices(state).paused(NOW + 900)
    local.resume(state)
    assert local.include(state, "a") == Choices(0, ("b",))


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"paused_until": "x", "exclusions": []}'])
def test_a_broken_file_of_decisions_is_not_taken_for_none(state: State, text: str) -> None:
    state.local.write_text(text)
    with pytest.raises(StateBroken):
        Watcher(state)


def test_a_change_is_seen_once(state: State) -> None:
    watcher = Watcher(state)
    assert not watcher.look()
    local.pause(state, 1, NOW)
    assert watcher.look()
    assert not watcher.look()
    assert watcher.choices.paused(NOW)
    local.pause(state, 1, NOW)
    assert not watcher.look()


def test_two_changes_at_once_are_both_kept(state: State) -> None:
    threads = [threading.Thread(target=local.exclude, args=(state, f"entry-{n}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(local.read_choices(state).exclusions) == 8


def test_orders_come_in_the_order_given_and_an_unreadable_one_is_a_purge(state: State) -> None:
    assert local.read_orders(state) == []
    first = local.give_order(state, "forget", 5)
    local.give_order(state, "purge")
    for name, text in (("3", "{"), ("4", '{"kind": "dance", "minutes": 1}'), ("5", "[]")):
        (state.control / f"9{name}.json").write_text(text)
    found = local.read_orders(state)
    assert [(one.kind, one.minutes) for one in found] == [("forget", 5), *[("purge", 0)] * 4]
    assert not local.wait_until_gone(first, 0.01)
    first.unlink()
    assert local.wait_until_gone(first, 0.01)


def test_everything_in_order_is_on() -> None:
    verdict = judge(OPEN)
    assert (verdict.on, verdict.state, verdict.words) == (True, "on", WORDS["on"])


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        (replace(OPEN, revoked=True), "stopped", "revoked"),
        (replace(OPEN, choices=Choices(NOW + 1)), "paused", "paused_here"),
        (replace(OPEN, clock_back=True), "stopped", "clock_back"),
        (replace(OPEN, metadata_expired=True), "stopped", "metadata_expired"),
        (replace(OPEN, spool_full=True), "stopped", "spool_full"),
        (replace(OPEN, lease=None), "stopped", "no_lease"),
        (replace(OPEN, now=NOW + 840), "stopped", "lease_expired"),
        (replace(OPEN, lease=building.lease_for(POLICY, state="paused")), "paused", "paused"),
        (replace(OPEN, lease=building.lease_for(POLICY, state="stopped")), "stopped", "stopped"),
        (replace(OPEN, lease=building.lease_for(POLICY, place=None)), "stopped", "unknown_place"),
        (replace(OPEN, lease=building.lease_for(POLICY, notice=None)), "stopped", "notice_missing"),
        (
            replace(OPEN, lease=building.lease_for(POLICY, jurisdiction_reason="agreement_missing")),
            "stopped",
            "law_forbids",
        ),
        (replace(OPEN, applied=Applied()), "stopped", "wrong_release"),
        (replace(OPEN, applied=Applied(6, POLICY)), "stopped", "wrong_release"),
    ],
)
def test_each_doubt_closes_the_gate_and_is_named(facts: Facts, state: str, reason: str) -> None:
    verdict = judge(facts)
    assert (verdict.on, verdict.state, verdict.reason) == (False, state, reason)
    assert verdict.words


def test_a_policy_can_want_shorter_leases_than_the_server_gives() -> None:
    short = recordings.policy(lease_seconds=300)
    facts = Facts(NOW, lease=building.lease_for(short), applied=Applied(7, short))
    assert judge(facts).on
    assert judge(replace(facts, now=NOW + 240)).reason == "lease_expired"


def test_own_exclusions_are_added_to_those_of_the_lease() -> None:
    lease = building.lease_for(POLICY, excluded_entries=("mail",))
    verdict = judge(replace(OPEN, lease=lease, choices=Choices(0, ("excel", "mail"))))
    assert verdict.lease is not None
    assert verdict.lease.excluded_entries == ("excel", "mail")


def test_every_reason_of_the_core_has_words() -> None:
    assert {reason.value for reason in Reason} <= set(WORDS)
