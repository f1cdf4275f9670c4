"""One evaluator: whatever the agent's half lets out, the server's half lets in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mci_core import captured, policy, redaction, samples
from mci_core.evaluator import StreamEvaluator, apply
from mci_core.policy_model import Policy
from tests.pure import building

SAMPLE = samples.generate("agrees", minutes=1.5)


def policy_with(granularity: str, *left_out: str) -> Policy:
    """The policy of the samples with other keys and fewer signals."""
    document = samples.policy_document()
    document["rules"] = []
    for entry in document["entries"]:
        entry["keystrokes"] = granularity
        entry["signals"] = [name for name in entry["signals"] if name not in left_out]
    return policy.parse(document)


def let_out(parsed: Policy, denied: tuple[str, ...]) -> list[dict[str, Any]]:
    """What an agent without a camera uploads of the sample."""
    lease = replace(building.lease_for(parsed), denied_signals=denied)
    header, *events = SAMPLE.lines
    follower = StreamEvaluator(parsed, "windows")
    kept = [apply(event, follower.step(event, lease, building.NOW)) for event in events]
    left, _ = redaction.redact_session([header, *(one for one in kept if one is not None)], parsed)
    return left[1:]


@pytest.mark.parametrize("granularity", ["count", "shortcut", "class", "text"])
@pytest.mark.parametrize("left_out", [(), ("window_title", "url"), ("click", "clipboard", "scroll")])
def test_what_the_agent_keeps_the_server_lets_in(granularity: str, left_out: tuple[str, ...]) -> None:
    gone = (*left_out, "shortcut") if granularity == "count" else left_out
    gone = (*gone, "keystroke") if granularity == "shortcut" else gone
    parsed = policy_with(granularity, *gone)
    kept = let_out(parsed, ())
    assert len(kept) > 50
    assert [one for one in kept if captured.judge(one, parsed, ()) is not None] == []


def test_what_the_law_takes_away_is_out_on_both_sides() -> None:
    parsed, denied = policy_with("class"), ("keystroke", "text", "window_title")
    assert [one for one in let_out(parsed, denied) if captured.judge(one, parsed, denied)] == []
    assert {captured.judge(one, parsed, denied) for one in let_out(parsed, ())} >= {
        "signal_denied_by_law",
        "signal_not_allowed",
    }
