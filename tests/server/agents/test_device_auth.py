"""A request counts only from a known device, signed for exactly this request, just now, and once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from agents.actions import revoke_device
from audits.models import AuditEntry
from tests.server.agents.support import Agent, agent_of
from tests.server.cast import REASON, Cast

BEAT = {"capture_state": "stopped"}


def _refusal(response: Any) -> tuple[int, str]:
    assert response["Content-Type"].startswith("application/problem+json")
    return response.status_code, response.json()["code"]


def _security_events() -> list[str]:
    return list(
        AuditEntry.objects.filter(action="agents.record_security_event").values_list("leaf", flat=True)
    )


def test_a_signed_request_is_answered(cast: Cast) -> None:
    assert agent_of(cast).send("heartbeat", BEAT).status_code == 204


def test_a_request_without_a_token_is_refused(cast: Cast) -> None:
    response = Client().post("/agent/v1/heartbeat", data=b"{}", content_type="application/json")
    assert _refusal(response) == (401, "token_missing")


def test_a_token_that_is_no_token_is_refused(cast: Cast) -> None:
    assert _refusal(agent_of(cast).send("heartbeat", BEAT, token="abc")) == (401, "token_malformed")


def test_an_unknown_device_is_refused(cast: Cast) -> None:
    agent = agent_of(cast)
    for name in ("0f0e5a3c-6f4e-4b7c-9d7e-0c1e8b1f2a3b", "not-a-uuid"):
        body = b'{"capture_state":"stopped"}'
        token = agent.token("POST", "/agent/v1/heartbeat", body, device=name)
        assert _refusal(agent.send("heartbeat", body, token=token)) == (401, "unknown_device")


def test_the_key_of_another_device_is_refused_and_logged(cast: Cast) -> None:
    thief = Agent(cast.device, cast.other_device_key)
    assert _refusal(thief.send("heartbeat", BEAT)) == (401, "bad_signature")
    (leaf,) = _security_events()
    assert '"code":"bad_signature"' in leaf
    assert str(cast.device.pk) in leaf


def test_the_same_refusal_is_logged_once_a_minute(cast: Cast) -> None:
    thief = Agent(cast.device, Ed25519PrivateKey.generate())
    for _ in range(5):
        thief.send("heartbeat", BEAT)
    assert len(_security_events()) == 1


def test_a_replayed_request_is_refused_and_logged(cast: Cast) -> None:
    agent, body = agent_of(cast), b'{"capture_state":"stopped"}'
    token = agent.token("POST", "/agent/v1/heartbeat", body)
    assert agent.send("heartbeat", body, token=token).status_code == 204
    assert _refusal(agent.send("heartbeat", body, token=token)) == (401, "replayed")
    assert '"code":"replayed"' in _security_events()[0]


def test_a_token_for_another_body_or_path_is_refused(cast: Cast) -> None:
    agent, body = agent_of(cast), b'{"capture_state":"stopped"}'
    elsewhere = agent.token("POST", "/agent/v1/acks", body)
    assert _refusal(agent.send("heartbeat", body, token=elsewhere)) == (401, "token_mismatch")
    other_body = agent.token("POST", "/agent/v1/heartbeat", b"{}")
    assert _refusal(agent.send("heartbeat", body, token=other_body)) == (401, "token_mismatch")


@pytest.mark.parametrize("off", [-3600, 3600])
def test_a_clock_that_is_off_is_told_and_is_no_security_event(cast: Cast, off: int) -> None:
    agent, body = agent_of(cast), b'{"capture_state":"stopped"}'
    token = agent.token("POST", "/agent/v1/heartbeat", body, now=int(time.time()) + off)
    assert _refusal(agent.send("heartbeat", body, token=token)) == (401, "token_expired")
    assert _security_events() == []


def test_a_revoked_device_is_refused_and_logged(cast: Cast) -> None:
    revoke_device(device=cast.device, reason=REASON, actor=cast.actor("admin"))
    assert _refusal(agent_of(cast).send("heartbeat", BEAT)) == (403, "device_revoked")
    assert '"code":"device_revoked"' in _security_events()[0]


def test_a_body_that_is_too_large_is_refused(cast: Cast) -> None:
    assert _refusal(agent_of(cast).send("heartbeat", b"x" * (64 * 1024 + 1))) == (413, "body_too_large")


def test_another_method_is_refused(cast: Cast) -> None:
    assert _refusal(Client().get("/agent/v1/lease")) == (405, "method_not_allowed")


def test_too_many_requests_are_refused(cast: Cast, settings: Any) -> None:
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "agent": "2/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    codes = [agent_of(cast).send("heartbeat", BEAT).status_code for _ in range(3)]
    assert codes == [204, 204, 429]


def test_without_the_memory_for_replays_nothing_is_accepted(cast: Cast, settings: Any) -> None:
    broken = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": broken}
    assert _refusal(agent_of(cast).send("heartbeat", BEAT)) == (503, "replay_check_unavailable")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"{", "malformed", None),
        (b"\xff", "malformed", None),
        (b"[]", "invalid", None),
        (b"{}", "invalid", "capture_state"),
        (b'{"capture_state":"secretly on"}', "invalid", "capture_state"),
        (b'{"capture_state":"on","spool_bytes":-1}', "invalid", "spool_bytes"),
        (b'{"capture_state":"on","errors":{"A password!":1}}', "invalid", "errors"),
    ],
)
def test_a_wrong_body_is_refused_with_the_field_and_without_the_value(
    cast: Cast, body: bytes, code: str, field: str | None
) -> None:
    response = agent_of(cast).send("heartbeat", body)
    assert _refusal(response) == (422, code)
    assert (response.json().get("field") or "").split("[")[0] == (field or "")
    assert b"secretly" not in response.content
    assert b"password" not in response.content
