"""The server's endpoints as this agent calls them: signs each request, reads each answer, names each refusal.

Every request of an enrolled device carries `Authorization: MCI-Device <JWT>`, made for this method, path
and body and good for a minute. Errors arrive as problem documents (RFC 9457) and become `Refused` with
their code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mci_agent.clock import Clock
from mci_agent.config import b64url
from mci_agent.errors import Refused, Unreachable
from mci_agent.transport import Answer, Transport
from mci_core import request_token

MAX_CODE = 60
JSON = {"content-type": "application/json", "accept": "application/json"}


def refusal(answer: Answer) -> Refused:
    """The problem document of an answer; a proxy's plain error page becomes `http_<status>`."""
    try:
        problem = json.loads(answer.body)
        code, detail = str(problem["code"])[:MAX_CODE], str(problem.get("detail") or problem.get("title"))
    except (ValueError, KeyError, TypeError, AttributeError):
        code, detail = f"http_{answer.status}", f"The server answered {answer.status}."
    wait = answer.headers.get("retry-after", "")
    return Refused(answer.status, code, detail, retry_after=int(wait) if wait.isdecimal() else None)


def read_object(answer: Answer) -> dict[str, Any]:
    """The JSON object in a good answer."""
    try:
        value = json.loads(answer.body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Unreachable("answer_broken", "The server's answer is not understood.")
    return value


def enrolment(token: str, key: Ed25519PrivateKey, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an enrolment: the device proves that it holds the private key."""
    public = b64url(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    proof = key.sign(b"mci-enrol\n" + token.encode() + b"\n" + public.encode())
    return {**facts, "token": token, "public_key": public, "proof": b64url(proof)}


async def enrol(
    transport: Transport, token: str, key: Ed25519PrivateKey, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Enrol: {device, server_id, tuf_root, stream_url, lease_seconds}; repeating it gives the same device."""
    body = json.dumps(enrolment(token, key, facts)).encode()
    answer = await transport.request("POST", "/agent/v1/enroll", headers=JSON, body=body)
    if answer.status not in {200, 201}:
        raise refusal(answer)
    return read_object(answer)


class Api:
    """Calls of an enrolled device. Raises Unreachable (try later) or Refused (see `permanent`)."""

    def __init__(self, transport: Transport, key: Ed25519PrivateKey, device: str, clock: Clock) -> None:
        self._transport = transport
        self._key = key
        self._device = device
        self._clock = clock

    async def lease(self, report: Mapping[str, Any]) -> dict[str, Any]:
        return read_object(await self._post("/agent/v1/lease", report))

    async def acks(self, items: list[dict[str, Any]]) -> None:
        await self._post("/agent/v1/acks", {"items": items})

    async def heartbeat(self, facts: Mapping[str, Any]) -> None:
        await self._post("/agent/v1/heartbeat", facts)

    async def command_done(self, command: str, result: Mapping[str, Any]) -> None:
        await self._post(f"/agent/v1/commands/{command}/done", result)

    async def put_manifest(self, session: str, manifest: Mapping[str, Any], signature: str) -> list[int]:
        """Announce a session; the indexes of the parts that the server still lacks."""
        body = json.dumps({"manifest": manifest, "signature": signature}, ensure_ascii=False).encode()
        answer = read_object(await self._call("PUT", f"/agent/v1/sessions/{session}/manifest", body, JSON))
        missing = answer.get("missing")
        if not isinstance(missing, list) or not all(type(index) is int for index in missing):
            raise Unreachable("answer_broken", "The server's answer is not understood.")
        return missing

    async def put_part(self, session: str, index: int, data: bytes) -> None:
        headers = {"content-type": "application/octet-stream"}
        await self._call("PUT", f"/agent/v1/sessions/{session}/parts/{index}", data, headers)

    async def complete(self, session: str) -> None:
        await self._call("POST", f"/agent/v1/sessions/{session}/complete", b"{}", JSON)

    async def timestamp_changed(self, etag: str | None) -> tuple[bool, str | None]:
        """Whether the signed timestamp is another one than that of `etag`, and its new tag."""
        headers = {"if-none-match": etag} if etag else {}
        answer = await self._transport.request("GET", "/agent/v1/tuf/timestamp.json", headers=headers)
        if answer.status == 304:
            return False, etag
        if answer.status != 200:
            raise refusal(answer)
        return True, answer.headers.get("etag")

    async def _post(self, path: str, value: Mapping[str, Any]) -> Answer:
        return await self._call("POST", path, json.dumps(value, ensure_ascii=False).encode(), JSON)

    async def _call(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        token = request_token.sign(
            self._key,
            device=self._device,
            method=method,
            path=path,
            body_sha256=hashlib.sha256(body).hexdigest(),
            now=self._clock.now(),
        )
        signed = {**headers, "authorization": f"MCI-Device {token}"}
        answer = await self._transport.request(method, path, headers=signed, body=body)
        if not 200 <= answer.status < 300:
            raise refusal(answer)
        return answer
