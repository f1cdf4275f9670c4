"""The proof behind "narrower": no event of any session, on any device, at any place and time, is let through
that was refused, and of none is anything shown that was not. And the proof of that proof: with a fault put
into the prover on purpose it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import make_dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings

from mci_core import policy, policy_diff, policy_diff_entries, policy_diff_scope
from mci_core.policy_diff_heirs import Heirs
from mci_core.policy_model import KEYSTROKES, Change, Limits, Policy
from tests.pure.building import document, parsed, rule, site
from tests.pure.proving import captures_more, captures_more_anywhere, pairs, tried


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tried())
def test_what_is_called_narrower_or_neutral_captures_nothing_more(
    found: tuple[Policy, Policy, dict[str, Any]],
) -> None:
    old, new, case = found
    way = policy.direction(old, new)
    event(way)
    assert way == "wider" or not captures_more(old, new, case)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pairs())
def test_in_a_session_with_everything_in_it_it_captures_nothing_more(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    way = policy.direction(*pair)
    event(way)
    assert way == "wider" or not captures_more_anywhere(*pair)


def _narrower(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same changes, every one of them called narrower."""

    def faulty(*args: Any) -> Any:
        found = function(*args)
        if isinstance(found, Change):
            return replace(found, direction="narrower")
        return [replace(change, direction="narrower") for change in found]

    return faulty


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "who takes over is forgotten": (Heirs, "of", lambda self, entry: None),
    "every scope is narrower": (policy_diff_scope, "part_direction", lambda name, before, after: "narrower"),
    "a later end is narrower": (policy_diff_scope, "_expiry", _narrower(policy_diff_scope._expiry)),
    "windows let in again are narrower": (
        policy_diff_scope,
        "_windows",
        _narrower(policy_diff_scope._windows),
    ),
    "any interval is narrower": (policy_diff_entries, "_interval_direction", lambda old, new: "narrower"),
    "any granularity is narrower": (
        policy_diff_entries,
        "_FEWER_KEYS",
        frozenset((one, two) for one in KEYSTROKES for two in KEYSTROKES),
    ),
    "a signal more is narrower": (
        policy_diff_entries,
        "_changed_signal",
        _narrower(policy_diff_entries._changed_signal),
    ),
    "a new entry is narrower": (policy_diff_entries, "_addition", _narrower(policy_diff_entries._addition)),
}


def _under(fault: str, old: Policy, new: Policy) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*FAULTS[fault])
        return policy.direction(old, new)


def test_with_any_fault_in_the_prover_the_property_fails() -> None:
    """One search for all faults: where a fault changes the answer, the property is tried with that answer."""
    unseen = set(FAULTS)

    class AllSeen(Exception):
        pass

    @settings(
        max_examples=3000,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs())
    def search(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
        old, new = policy.parse(pair[0]), policy.parse(pair[1])
        if policy.direction(old, new) != "wider":
            return
        wrong = {fault for fault in unseen if _under(fault, old, new) != "wider"}
        if wrong and captures_more_anywhere(*pair):
            unseen.difference_update(wrong)
        if not unseen:
            raise AllSeen

    with pytest.raises(AllSeen):
        search()
    assert not unseen


# ------------------------------------------------------------ what nobody has judged is wider
def _with_new_part(value: Any, **part: Any) -> Any:
    """The same value in a model that has a part more, as after a later change of the model."""
    kind = type(value)
    grown = make_dataclass(
        kind.__name__, [(name, object, None) for name in part], bases=(kind,), frozen=True, slots=True
    )
    return grown(**{name: getattr(value, name) for name in kind.__dataclass_fields__}, **part)


def test_a_part_of_an_entry_that_the_prover_does_not_know_is_wider() -> None:
    made = parsed([site()])
    entry = _with_new_part(made.entries[0], camera="on")
    assert policy_diff.direction(made, replace(made, entries=(entry,))) == "wider"
    (change,) = policy_diff.diff(made, replace(made, entries=(entry,)))
    assert change.words == "Jira: camera changes."


@pytest.mark.parametrize("part", ["limits", "rules", "policy"])
def test_a_part_of_a_policy_that_the_prover_does_not_know_is_wider(part: str) -> None:
    made = policy.parse(document([site()], [rule()]))
    if part == "limits":
        new = replace(made, limits=_with_new_part(made.limits, gpu_percent=9))
        assert isinstance(new.limits, Limits)
    elif part == "rules":
        new = replace(made, rules=(_with_new_part(made.rules[0], until="noon"),))
    else:
        new = _with_new_part(made, recording="always")
    assert policy_diff.direction(made, new) == "wider"


def test_every_key_of_an_entry_is_judged_by_name() -> None:
    """Where the model grows, somebody decides here what the new key does to capture."""
    from dataclasses import fields

    from mci_core.policy_model import Entry, Scope

    assert {part.name for part in fields(Entry)} == policy_diff_entries._JUDGED
    assert {part.name for part in fields(Scope)} == set(policy_diff_scope._PARTS)
