"""The running agent: captures only while everything allows it, and obeys at once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from mci_agent import local
from tests.pure.agent_support import recordings
from tests.pure.agent_support.devices import Computer, Running, until


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def test_a_recording_is_captured_redacted_and_uploaded_once(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())
    replay = asyncio.run(computer.agent().run([path], speed=0, once=True))
    assert (replay.played, replay.refused) == (1, 0)
    ((manifest, events),) = computer.server.sessions.values()
    sent = json.dumps([manifest, events])
    assert not [secret for secret in recordings.SECRETS if secret in sent]
    assert "write to [EMAIL] today" in sent
    assert {event["entry"] for event in events} == {"excel"}
    assert not [event for event in events if event.get("app", {}).get("name") == "Notes"]
    assert manifest["release_number"] == 1
    assert [ack["state"] for ack in computer.server.acks] == ["fetched", "applied"]
    assert computer.status()["reason"] == "not_running"
