"""What `mci-policy` asks of the server: the live policy, a release, a draft. Only the REST API, with a token.

The token comes from the environment and goes into one header; it is never printed and never part of an
address.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from mci_agent.errors import AgentError, Refused, Unreachable
from mci_agent.transport import Transport

OpenTransport = Callable[[str], Transport]


@dataclass(frozen=True)
class LivePolicy:
    """A release with its document."""

    document: dict[str, Any]
    digest: str
    release: int
    version: int


class Invalid(AgentError):
    """The server refused the document; `path` is where in it."""

    def __init__(self, code: str, message: str, path: str) -> None:
        super().__init__(code, message)
        self.path = path


class PolicyClient:
    """The few requests of the command, one connection each."""

    def __init__(self, origin: str, token: str, open_transport: OpenTransport) -> None:
        self.origin = origin
        self._headers = {
            "authorization": f"Bearer {token}",
            "accept": "application/json",
            "content-type": "application/json",
        }
        self._open = open_transport

    def live(self) -> LivePolicy | None:
        """What a new device gets; None when nothing is live."""
        try:
            return _live(self._ask("GET", "/api/v1/releases/live/"))
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def release(self, number: int) -> LivePolicy:
        """The release with this number."""
        found = self._ask("GET", f"/api/v1/releases/?{urlencode({'number': number})}")
        rows = found.get("results") or []
        if not rows:
            raise AgentError("release_unknown", f"There is no release {number}.")
        return _live(self._ask("GET", f"/api/v1/releases/{rows[0]['id']}/document/"))

    def make_draft(self, document: Mapping[str, Any], *, base: str, justification: str) -> dict[str, Any]:
        """An open draft with this content; raises `Invalid` with the path of what is wrong."""
        sent = {"document": document, "base": base, "justification": justification}
        return self._ask("POST", "/api/v1/drafts/from-document/", sent)

    def submit(self, draft: str) -> dict[str, Any]:
        """The version that the draft becomes."""
        return self._ask("POST", f"/api/v1/drafts/{draft}/submit/")

    def _ask(self, method: str, path: str, sent: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return asyncio.run(self._request(method, path, b"" if sent is None else json.dumps(sent).encode()))

    async def _request(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        transport = self._open(self.origin)
        try:
            answer = await transport.request(method, path, headers=self._headers, body=body)
        finally:
            await transport.close()
        found = _object(answer.body)
        if 200 <= answer.status < 300 and found is not None:
            return found
        if found is None:
            raise Unreachable("no_answer", f"The server's answer cannot be read (HTTP {answer.status}).")
        code = str(found.get("code", "refused"))
        words = str(found.get("detail") or found.get("title") or "The server refused this.")
        if answer.status == 422:
            raise Invalid(code, words, str(found.get("field") or "$"))
        raise Refused(answer.status, code, words)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _live(found: Mapping[str, Any]) -> LivePolicy:
    try:
        return LivePolicy(
            dict(found["document"]), str(found["digest"]), int(found["number"]), int(found["version_number"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreachable(
            "no_answer", "The server's answer is not that of this program's version."
        ) from error
