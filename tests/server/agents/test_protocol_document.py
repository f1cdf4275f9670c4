"""docs/agent-protocol.md names every refusal, field and reason that the code knows."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from agents import decisions, wire
from mci_core.jurisdiction import REASONS

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "agent-protocol.md").read_text(encoding="utf-8")
#: Refusals of staff actions, which no agent ever sees.
STAFF_ONLY = {
    "stopped_already",
    "restart_requested",
    "restart_not_requested",
    "restarted_already",
    "second_person_needed",
    "drill_running",
    "drill_ended",
}


def test_every_code_of_the_agent_api_is_documented() -> None:
    files = [*(ROOT / "agents").rglob("*.py"), ROOT / "mci_core" / "request_token.py"]
    found: set[str] = set()
    for file in files:
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'code ?= ?"([a-z_]+)"', text))
        found |= set(
            re.findall(r'(?:_refused|TicketRefusedError|_problem\(send, \d+,)\(?\s*"([a-z_]+)"', text)
        )
    missing = {code for code in found - STAFF_ONLY - {"not_found"} if f"`{code}`" not in DOCUMENT}
    assert missing == set()


def test_every_reason_of_a_lease_is_documented() -> None:
    codes = (set(decisions.REASONS) | set(REASONS)) - {"device_revoked"}
    assert {code for code in codes if f"`{code}`" not in DOCUMENT} == set()


@pytest.mark.parametrize(
    "kind",
    [
        wire.Enrolment,
        wire.Platform,
        wire.LeaseReport,
        wire.Ack,
        wire.Acks,
        wire.Heartbeat,
        wire.CommandResult,
    ],
)
def test_every_field_of_a_body_is_documented(kind: type[msgspec.Struct]) -> None:
    fields = [field.encode_name for field in msgspec.structs.fields(kind)]
    assert [name for name in fields if f'"{name}"' not in DOCUMENT] == []
