"""Sealing: sample sessions with planted values come out without any of them, and as the server wants them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent.capture import Capture
from mci_agent.gate import Applied, Facts, judge
from mci_agent.seal import Sealed, Withheld, hash_key, seal
from mci_agent.segment import Segment
from mci_agent.windows import judged
from mci_core import captured, envelope, manifest, policy, redaction, samples, session, webp
from mci_core.evaluator import Foreground
from mci_core.policy_model import Policy
from tests.pure import building
from tests.pure.agent_support import recordings
from tests.pure.building import DEVICE, NOW

KEY = Ed25519PrivateKey.generate()


def capture_sample(sample: samples.Sample, parsed: Policy) -> tuple[Sealed, Capture]:
    """A sample through gate, evaluator, redaction and seal."""
    lease = building.lease_for(parsed)
    applied = Applied(7, parsed)
    made: list[Sealed] = []
    capture = Capture(
        gate=lambda now: judge(Facts(now, lease=lease, applied=applied)),
        applied=lambda: applied,
        now=lambda: NOW,
        seal=lambda segment: seal(segment, device=DEVICE, key=KEY),
        keep=made.append,
    )

    def frame(event: Mapping[str, Any]) -> bytes:
        return sample.frames[str(event["file"])]

    async def scenario() -> None:
        header, *events = sample.lines
        capture.begin(header)
        for event in events:
            await capture.feed(event, frame)
        await capture.close()

    asyncio.run(scenario())
    (one,) = made
    return one, capture


@pytest.fixture(scope="module")
def sealed() -> tuple[Sealed, Capture, samples.Sample]:
    sample = samples.generate("agent", minutes=2)
    one, capture = capture_sample(sample, policy.parse(samples.policy_document()))
    return one, capture, sample


def opened(sealed: Sealed) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    raw = b"".join(
        envelope.unpack(data, session.MAX_BYTES)
        for part, data in zip(sealed.manifest["parts"], sealed.parts, strict=True)
        if part["kind"] == "events"
    )
    return session.parse_lines(raw.splitlines(keepends=True))


def test_no_planted_value_is_left(sealed: tuple[Sealed, Capture, samples.Sample]) -> None:
    one, _, sample = sealed
    sent = json.dumps([one.manifest, *opened(one)], ensure_ascii=False)
    planted = {line["value"] for line in sample.truth if line.get("value")}
    assert len(planted) > 5
    assert not [value for value in planted if value in sent]


def test_the_server_would_take_it(sealed: tuple[Sealed, Capture, samples.Sample]) -> None:
    one, _, sample = sealed
    parsed = policy.parse(samples.policy_document())
    header, events = opened(one)
    manifest.verify_manifest(one.manifest, one.signature, KEY.public_key())
    assert not [event for event in events if captured.judge(event, parsed, ())]
    assert redaction.scan_session([header, *events], parsed) == []
    assert header["subject"] == "sub-00000000"
    assert "started_at" not in header
    assert header["session_id"] != sample.session_id
    assert [event["seq"] for event in events] == list(range(one.manifest["event_count"]))


def test_frames_are_renamed_masked_and_belong_to_their_events(
    sealed: tuple[Sealed, Capture, samples.Sample],
) -> None:
    one, _, _ = sealed
    shots = [event for event in opened(one)[1] if event["type"] == "screenshot"]
    parts = [(part, data) for part, data in zip(one.manifest["parts"], one.parts, strict=True)]
    frames = {part["name"]: (part["sha256"], data) for part, data in parts if part["kind"] == "frame"}
    assert shots
    assert [shot["file"] for shot in shots] == list(frames)
    for shot in shots:
        digest, data = frames[shot["file"]]
        assert digest == shot["sha256"]
        webp.check(data, width=shot["width"], height=shot["height"])
        assert "boxes" not in shot


def test_what_is_outside_the_allowlist_was_dropped(sealed: tuple[Sealed, Capture, samples.Sample]) -> None:
    _, capture, _ = sealed
    assert capture.dropped["no_entry"] > 0
    assert capture.sessions == 1


def segment(*events: dict[str, Any]) -> Segment:
    parsed = recordings.policy()
    made = Segment(Applied(7, parsed), building.lease_for(parsed), recordings.header([]), begun=NOW)
    for event in recordings.numbered(events):
        made.add({**event, "entry": "excel", "signal": "text"}, NOW)
    return made


def test_a_segment_of_which_nothing_is_left_is_withheld() -> None:
    shot = {"t": 0, "type": "screenshot", "file": "a.webp", "sha256": "0" * 64, "width": 1, "height": 1}
    with pytest.raises(Withheld, match="nothing_left"):
        seal(segment(shot), device=DEVICE, key=KEY)


def test_a_segment_in_which_the_scan_finds_something_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "scan_session", lambda lines, policy: ["hit"])
    with pytest.raises(Withheld, match="scan_hit"):
        seal(segment(recordings.typed(0, "hello")), device=DEVICE, key=KEY)


def test_times_of_typing_stay_on_the_grid_when_a_session_begins_between() -> None:
    events = [{**recordings.typed(0, "hello"), "t": at} for at in (1_234, 2_345, 3_456)]
    made = segment()
    for seq, event in enumerate(events):
        made.add({**event, "seq": seq, "entry": "excel", "signal": "text"}, NOW)
    header, kept = opened(seal(made, device=DEVICE, key=KEY))
    assert [event["t"] for event in kept] == [0, 1_000, 2_000]
    assert header["duration_ms"] == 2_000


def test_tokens_of_the_method_hash_hold_in_one_session() -> None:
    assert len({hash_key() for _ in range(10)}) == 10
    assert len(hash_key()) == 32


EXCEL = Foreground(os="windows", app_name="Excel", exe="EXCEL.EXE", title="Budget")


@pytest.mark.parametrize(
    ("window", "allowed"),
    [
        ({"app": "EXCEL.EXE", "title": "Budget", "allowed": True}, True),
        ({"app": "EXCEL.EXE", "title": "Budget", "allowed": False}, False),
        ({"app": "EXCEL.EXE", "title": "Another", "allowed": True}, True),
        ({"app": "Signal.exe", "allowed": True}, False),
        ({"app": "chrome.exe", "title": "Budget", "allowed": True}, False),
        ({"app": "Excel", "url": "https://bank.example.net/", "allowed": True}, False),
        ({"app": "", "allowed": True}, False),
    ],
)
def test_every_window_of_a_frame_is_judged_by_the_policy(window: dict[str, Any], allowed: bool) -> None:
    parsed = recordings.policy()
    event = {"windows": [window]}
    found = judged(event, EXCEL, parsed, building.lease_for(parsed), building.NOW)
    assert found is not None
    assert [one["allowed"] for one in found] == [allowed]
    assert judged({}, EXCEL, parsed, building.lease_for(parsed), building.NOW) is None


def test_titles_and_addresses_of_windows_need_their_own_signals() -> None:
    window = {"app": "EXCEL.EXE", "title": "Budget", "url": "https://jira.example.com/", "allowed": True}
    bare = building.parsed([building.app(signals=["screenshot"])])
    full = recordings.policy()
    denied = building.lease_for(full, denied_signals=("window_title",))
    for parsed, lease, names in (
        (bare, building.lease_for(bare), {"app", "allowed"}),
        (full, building.lease_for(full), {"app", "title", "url", "allowed"}),
        (full, denied, {"app", "url", "allowed"}),
    ):
        found = judged({"windows": [window]}, EXCEL, parsed, lease, building.NOW)
        assert found is not None
        assert set(found[0]) == names


def test_a_foreground_without_an_entry_tells_nothing_of_its_windows() -> None:
    parsed = recordings.policy()
    other = Foreground(os="windows", app_name="Notes", exe="notes.exe", title="Diary")
    window = {"app": "notes.exe", "title": "Diary", "allowed": False}
    found = judged({"windows": [window]}, other, parsed, building.lease_for(parsed), building.NOW)
    assert found == [{"app": "notes.exe", "allowed": False}]
