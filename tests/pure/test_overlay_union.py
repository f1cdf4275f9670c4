"""What a person keeps out, on a device and in the portal, adds up: no list ever lets more through."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core import overlay, policy
from mci_core.evaluator import StreamEvaluator
from mci_core.lease import Lease
from tests.pure.building import NOW, lease_for, parsed, site
from tests.pure.strategies import documents, sessions

IDS = st.lists(st.sampled_from(["jira", "mail", "wiki", "excel"]), max_size=6)


@given(IDS, IDS, IDS)
def test_the_union_names_what_any_list_names_and_nothing_else(
    device: list[str], portal: list[str], stopped: list[str]
) -> None:
    found = overlay.union(device, portal, stopped)
    assert set(found) == {*device, *portal, *stopped}
    assert list(found) == sorted(set(found))
    assert found == overlay.union(stopped, device, portal)


@settings(max_examples=60)
@given(st.data(), documents())
def test_any_overlay_gives_a_part_of_the_events(data: st.DataObject, doc: dict[str, Any]) -> None:
    made = policy.parse(doc)
    ids = st.lists(st.sampled_from([entry.id for entry in made.entries] or ["none"]), max_size=4)
    device, portal = data.draw(ids), data.draw(ids)
    events = data.draw(sessions(doc))
    without = _kept(made, events, lease_for(made))
    for merged in (overlay.union(device), overlay.union(portal), overlay.union(device, portal)):
        kept = _kept(made, events, lease_for(made, excluded_entries=merged))
        assert kept <= without
    both = _kept(made, events, lease_for(made, excluded_entries=overlay.union(device, portal)))
    for one in (device, portal):
        assert both <= _kept(made, events, lease_for(made, excluded_entries=tuple(one)))


def test_an_excluded_entry_does_not_hand_its_pages_to_another() -> None:
    wide = site("wide", "https://work.example.com")
    deep = site("deep", "https://work.example.com", path_prefix="/secret")
    made = parsed([wide, deep])
    events: list[dict[str, Any]] = [
        {"type": "focus", "t": 0, "app": "Browser", "url": "https://work.example.com/secret/x"},
        {"type": "mouse_down", "t": 1, "x": 1, "y": 1, "button": "left"},
    ]
    assert 1 not in _kept(made, events, lease_for(made, excluded_entries=("deep",)))


def _kept(made: policy.Policy, events: list[dict[str, Any]], lease: Lease) -> set[int]:
    stream = StreamEvaluator(made, "windows")
    return {index for index, event in enumerate(events) if stream.step(event, lease, NOW).allow}
