"""A device that lies, an agent that sends rubbish, somebody with a stolen or invented key: refused with a
code, stored nowhere, and no fault of ours."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from agents.models import Device
from mci_core import request_token
from tests.server.agents.support import Agent, agent_of
from tests.server.attacks import walk
from tests.server.capture_policies.support import found_repository
from tests.server.cast import Cast

PATH = "/agent/v1/heartbeat"
BEAT = b'{"capture_state":"stopped"}'
ENDPOINTS = ("lease", "acks", "commands/00000000-0000-4000-8000-000000000001/done", "enroll")
UPLOAD = "sessions/00000000-0000-4000-8000-000000000001"
HALF = "\\ud800"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _raw_token(header: bytes, claims: bytes) -> str:
    return f"{_b64(header)}.{_b64(claims)}.{_b64(b'0' * 64)}"


def _claims(agent: Agent, body: bytes = BEAT, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    said = {
        "sub": str(agent.device.pk),
        "aud": request_token.AUDIENCE,
        "iat": now,
        "exp": now + 60,
        "jti": "first",
        "htm": "POST",
        "htu": PATH,
        "bh": hashlib.sha256(body).hexdigest(),
    }
    return {**said, **changed}


def _signed(agent: Agent, **changed: Any) -> str:
    return jwt.encode(
        _claims(agent, **changed), agent.key, algorithm="EdDSA", headers={"typ": request_token.TYPE}
    )


def _post(token: str, body: bytes = BEAT, path: str = PATH) -> Any:
    headers = {"authorization": f"MCI-Device {token}"}
    return Client().post(path, data=body, content_type="application/json", headers=headers)


HEADER = b'{"alg":"EdDSA","typ":"mci-request+jwt"}'
RUBBISH = {
    "nested header": (b"[" * 1400, b"{}"),
    "nested claims": (HEADER, b"[" * 1400),
    "claims that are no object": (HEADER, b"[]"),
    "half a character": (HEADER, b'{"sub":"\\ud800"}'),
    "no text": (b"\xff\xfe", b"\xff"),
    "a number beyond all numbers": (HEADER, b'{"iat":' + b"9" * 2000 + b"}"),
    "a header of another form": (b'{"alg":["EdDSA"],"typ":{}}', b"{}"),
}


@pytest.mark.parametrize("name", RUBBISH)
def test_a_token_of_rubbish_is_refused(name: str, cast: Cast) -> None:
    response = _post(_raw_token(*RUBBISH[name]))
    assert (response.status_code, response.json()["code"][:6]) == (401, "token_")


@pytest.mark.parametrize(
    "changed",
    [
        {"jti": "\ud800"},
        {"jti": "x" * 3000},
        {"htm": "\ud800"},
        {"htu": "\ud800"},
        {"bh": "\ud800"},
        {"iat": True},
        {"exp": 10**40},
        {"aud": [request_token.AUDIENCE]},
        {"htu": "/agent/v1/lease"},
        {"htm": "PUT"},
        {"bh": "0" * 64},
    ],
    ids=str,
)
def test_a_signed_token_with_odd_claims_is_refused(changed: dict[str, Any], cast: Cast) -> None:
    assert _post(_signed(agent_of(cast), **changed)).status_code == 401


def test_a_token_of_another_algorithm_is_refused(cast: Cast) -> None:
    agent = agent_of(cast)
    public = bytes(agent.device.public_key)
    for token in (
        jwt.encode(_claims(agent), "", algorithm="none", headers={"typ": request_token.TYPE}),
        jwt.encode(_claims(agent), public, algorithm="HS256", headers={"typ": request_token.TYPE}),
    ):
        assert _post(token).status_code == 401


BODIES = (
    b"[" * 20_000,
    b'{"capture_state":"' + HALF.encode() + b'"}',
    b'{"capture_state":"on","clock":1e400,"highest_release":-1}',
    b'{"capture_state":"on","clock":' + b"9" * 5000 + b"}",
    b'{"capture_state":"on","clock":1,"exclusions":["' + HALF.encode() + b'"]}',
    b'{"capture_state":"on","clock":1,"agent_version":"\\u0000"}',
    b'{"items":[{"release":1,"digest":"' + b"a" * 64 + b'","state":"failed","error":"\\u0000","at":1}]}',
    b"\xff\xfe",
    b"",
    b"null",
)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_signed_body_of_rubbish_is_refused_and_changes_no_device(endpoint: str, cast: Cast) -> None:
    agent = agent_of(cast)
    before: dict[str, Any] = dict(Device.objects.values().get(pk=agent.device.pk))
    codes = {agent.send(endpoint, body).status_code for body in BODIES}
    assert codes <= {401, 404, 413, 422}
    after: dict[str, Any] = dict(Device.objects.values().get(pk=agent.device.pk))
    assert {key for key in before if before[key] != after[key]} <= {"last_seen_at"}


MANIFESTS = (
    b"[" * 20_000,
    b'{"manifest":{},"signature":""}',
    b'{"manifest":{"report":' + b'{"a":' * 500 + b"1" + b"}" * 500 + b'},"signature":"x"}',
    b'{"manifest":{"place":"' + HALF.encode() + b'"},"signature":"' + HALF.encode() + b'"}',
    b'{"manifest":{"captured_from":NaN},"signature":"\xc3\xa9"}',
    b'{"manifest":{"captured_from":' + b"9" * 5000 + b'},"signature":"x"}',
    b'{"manifest":[],"signature":{}}',
)


def test_a_manifest_of_rubbish_is_refused_and_stores_nothing(cast: Cast) -> None:
    agent = agent_of(cast)
    before = walk.contents()
    for body in MANIFESTS:
        response = _put(agent, f"{UPLOAD}/manifest", body)
        assert response.status_code == 422, body[:40]
    for index in ("0", "99999999999999999999"):
        assert _put(agent, f"{UPLOAD}/parts/{index}", b"x").status_code == 404
    assert walk.contents() == before


def test_parts_are_named_by_number_and_files_by_row_so_no_path_leads_out(cast: Cast) -> None:
    agent = agent_of(cast)
    for index in ("-1", "..%2f..%2fetc", "1.5", "%00"):
        assert _put(agent, f"{UPLOAD}/parts/{index}", b"x").status_code in (400, 404)
    for name in ("..%2f..%2fetc%2fpasswd", "%00", "1.root.json%00", "..", "%F0%9F%98%80" * 300):
        for folder in ("tuf", "releases"):
            assert Client().get(f"/agent/v1/{folder}/{name}").status_code in (400, 404), name


def test_an_odd_length_of_a_body_is_refused(cast: Cast) -> None:
    for length in ("-1", "abc", "99999999999999999999", "\u0661"):
        headers: dict[str, Any] = {"HTTP_AUTHORIZATION": "MCI-Device x", "CONTENT_LENGTH": length}
        response = Client().generic("POST", PATH, b"{}", **headers)
        assert response.status_code in (401, 413, 422), length


def _put(agent: Agent, path: str, body: bytes) -> Any:
    url = f"/agent/v1/{path}"
    token = agent.token("PUT", url, body)
    headers = {"authorization": f"MCI-Device {token}"}
    return Client().put(url, data=body, content_type="application/octet-stream", headers=headers)


def test_a_key_of_small_order_enrols_nothing(cast: Cast) -> None:
    found_repository()
    zero = _b64(b"\x00" * 32)
    wanted = {
        "token": "mci_enrol_" + "x" * 43,
        "public_key": zero,
        "proof": _b64(b"\x00" * 64),
        "platform": {"os": "linux"},
    }
    response = Client().post("/agent/v1/enroll", json.dumps(wanted), content_type="application/json")
    assert (response.status_code, response.json()["code"]) in (
        (422, "proof_refused"),
        (401, "enrolment_token_unknown"),
    )


def test_a_key_that_nobody_enrolled_is_no_device(cast: Cast) -> None:
    stranger = Agent(Device(pk="0f0e5a3c-6f4e-4b7c-9d7e-0c1e8b1f2a3b"), Ed25519PrivateKey.generate())
    assert _post(_signed(stranger)).json()["code"] == "unknown_device"
