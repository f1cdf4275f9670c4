"""What the page explains is what the agent would do: the same evaluator, asked as a recording asks it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from capture_policies import explaining
from capture_policies.explaining import KEYS, Law, Question, event_of, focus_of
from capture_policies.past import Asked
from capture_policies.try_out import is_captured, lease_of
from mci_core import policy as policies
from mci_core.evaluator import StreamEvaluator
from mci_core.jurisdiction import Ruling
from mci_core.lease import LAW_ALLOWS
from mci_core.policy import KEYSTROKES, SIGNALS, new_document

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLACES = st.sampled_from(["US-NY", "US-TX", "DE"])
ADDRESSES = st.sampled_from(["https://jira.example.com/browse/1", "https://other.example.com/", ""])


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": "jira",
        "kind": "site",
        "label": "Jira",
        "match": {"origin": "https://jira.example.com", "path_prefix": "/", "subdomains": False},
        "signals": sorted(draw(st.sets(st.sampled_from(SIGNALS), min_size=1)), key=SIGNALS.index),
        "keystrokes": draw(st.sampled_from(KEYSTROKES)),
        "frame_interval_s": 0,
    }
    if draw(st.booleans()):
        entry["scope"] = {"places": draw(st.sampled_from([["US"], ["US-TX"], ["DE"]]))}
    if draw(st.booleans()):
        entry["windows_excluded"] = ["*payroll*"]
    return entry


@settings(max_examples=150, deadline=None)
@given(
    entries(),
    st.sampled_from(SIGNALS),
    st.sampled_from(sorted(KEYS)),
    ADDRESSES,
    PLACES,
    st.sampled_from([None, "A ticket", "The payroll of May"]),
    st.sets(st.sampled_from(SIGNALS), max_size=3),
    st.booleans(),
    st.booleans(),
)
def test_an_explanation_is_the_decision_of_the_agent(
    entry: dict[str, Any],
    signal: str,
    key: str,
    address: str,
    place: str,
    title: str | None,
    denied: set[str],
    private: bool,
    secure: bool,
) -> None:
    policy = policies.parse({**new_document("x"), "entries": [entry], "rules": []})
    question = Question(
        signal=signal,
        at=AT,
        address=address,
        program="" if address else "EXCEL.EXE",
        title=title,
        private=private,
        secure=secure,
        key=key,
        place=place,
    )
    law = Law(Ruling(True, LAW_ALLOWS, tuple(sorted(denied))), None, None, "read")
    found = explaining.explain(question, Asked("Version 1", policy), law)

    now = int(AT.timestamp())
    lease = lease_of(policy, now=now, place=place, denied_signals=tuple(sorted(denied)))
    agent = StreamEvaluator(policy, "windows")
    decision = agent.step({"seq": 0, "t": 0, **focus_of(question)}, lease, now)
    if signal != "window_title":
        for held in KEYS[key][2] if signal in ("keystroke", "shortcut") else ():
            agent.step({"seq": 1, "t": 1, "type": "key", "state": "down", "key": held}, lease, now)
        decision = agent.step({**event_of(question), "seq": 2, "t": 2}, lease, now)
    assert found.captured == is_captured(signal, decision)
    if found.captured or not decision.allow:
        assert found.code == decision.reason.value
