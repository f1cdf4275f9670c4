"""What a file would change of the live policy: words, directions, removals, who approves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from mci_core import policy, policy_code, policy_diff
from mci_core.policy_code import compare
from tests.pure.building import app, document, rule, site
from tests.pure.strategies import documents

LIVE = document([app(), site()], [rule()])


@given(documents())
def test_what_was_exported_changes_nothing(doc: dict[str, Any]) -> None:
    file = policy_code.read(policy_code.written(doc))
    plan = compare(doc, file.document)
    assert (plan.changes, plan.direction, plan.lines, plan.approval) == ((), None, (), "")
    assert plan.old_digest == policy.policy_digest(doc)


@given(documents(), documents())
def test_a_plan_goes_the_way_of_the_prover(one: dict[str, Any], two: dict[str, Any]) -> None:
    plan = compare(one, two)
    if plan.direction is not None:
        assert plan.direction == policy.direction(plan_order(one), plan_order(two))
        assert plan.lines
    else:
        assert plan_order(one) == plan_order(two)


def plan_order(doc: dict[str, Any]) -> dict[str, Any]:
    return policy_code.shape.ordered(doc)


def test_removals_are_named_and_shown_line_by_line() -> None:
    plan = compare(LIVE, document([app()], []))
    assert (plan.removed_entries, plan.removed_rules) == (("jira",), ("customers",))
    assert plan.direction == "wider"
    assert (plan.count("wider"), plan.count("narrower"), plan.count("neutral")) == (1, 1, 0)
    assert "-  - id: jira" in plan.lines
    assert "-      origin: https://jira.example.com" in plan.lines
    assert "privacy officer and" in plan.approval


@pytest.mark.parametrize(
    ("new", "direction", "words"),
    [
        (document([site()], [rule()]), "narrower", "one privacy officer or admin"),
        (document([app(), site()], [rule()], name="Other"), "neutral", "one privacy officer or admin"),
        (document([app(), site(), site("b", "https://b.example.com")], [rule()]), "wider", "officer and"),
    ],
)  # fmt: skip
def test_the_direction_says_who_approves(new: dict[str, Any], direction: str, words: str) -> None:
    plan = compare(LIVE, new)
    assert plan.direction == direction
    assert words in plan.approval
    told = plan.as_dict()
    assert told["direction"] == direction
    assert [change["direction"] for change in told["changes"]] == [direction]
    assert told["diff"][0] == "--- live"


def test_where_nothing_is_live_everything_is_wider() -> None:
    plan = compare(None, LIVE)
    assert (plan.direction, plan.old_digest, plan.removed_entries) == ("wider", "", ())
    assert compare(None, document()).direction == "wider"
    assert compare(None, document()).changes[0].path == "$"


def test_a_difference_without_words_is_wider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_diff, "diff", lambda old, new: [])
    plan = compare(LIVE, document([app()], [rule()]))
    assert (plan.direction, plan.changes[0].path) == ("wider", "$")
