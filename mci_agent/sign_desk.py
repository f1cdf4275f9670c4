"""Fetches what an approver is to sign, checks it against what this computer trusts, and sends the signature.

Trust begins with a root that was handed over in the ceremony, never with one from the server. What was seen
once is remembered in the state folder, so that an older state is refused later.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api import exceptions as tuf_errors
from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from mci_agent import files, sign_review
from mci_agent.api import read_object
from mci_agent.errors import AgentError, PolicyRefused, Refused, Unreachable
from mci_agent.sign_review import Offered, Review
from mci_agent.transport import Answer, Transport
from mci_agent.trusted_policy import (
    LEASE_KEYS,
    TARGETS_PATH,
    PolicyUpdater,
    translated,
)
from mci_core import request_token
from mci_core.policy_model import MAX_POLICY_BYTES, Policy

REQUEST_PATH = "/agent/v1/signing-request"


@dataclass(frozen=True)
class Asked:
    """What waits: checked, in words, and the bytes to sign."""

    id: str
    reason: str
    targets: Metadata[Targets]
    root_words: tuple[str, ...]
    review: Review
    signed_already: bool


class Desk:
    """One approver at one server: ``with Desk(…) as desk``."""

    def __init__(
        self,
        folder: Path,
        transport: Transport,
        signer: CryptoSigner,
        key: Ed25519PrivateKey,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = files.make_folder(folder)
        self._transport = transport
        self._signer = signer
        self._key = key
        self._now = now
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self._runner.run(self._transport.close())
        self._runner.close()

    def trust(self, root: bytes) -> None:
        """Begin to trust: the root of the ceremony, once. Another one later is refused."""
        path = self._folder / "first-root.json"
        if path.exists() and path.read_bytes() != root:
            raise PolicyRefused("root_other", "This computer trusts another first root for this server.")
        sign_review.parsed_root(root)
        files.write_whole(path, root)

    def ask(self) -> Asked:
        """What waits for this approver's signature; refused when it is not what it should be."""
        self._refresh()
        value = self._request("GET", REQUEST_PATH)
        targets = sign_review.parsed_targets(_bytes(value, "targets"))
        old = self._current_targets()
        trusted = Metadata[Root].from_file(str(self._metadata / "root.json"))
        words: list[str] = []
        root = trusted
        if value.get("root") is not None:
            root = sign_review.next_root(trusted, _bytes(value, "root"))
            words = sign_review.root_changes(trusted.signed, root.signed)
        self._check_is_approver(root.signed)
        sign_review.check_life(targets.signed, int(self._now()))
        added = sign_review.new_files(old, targets.signed)
        policies = {name: self._policy(name, info) for name, info in added.items()}
        review = sign_review.review(old, targets.signed, self._offered(old), policies)
        signed_by = value.get("signed_by")
        signed = isinstance(signed_by, list) and self.key_id in signed_by
        reason = str(value.get("reason") or "")
        return Asked(str(value.get("id")), reason, targets, tuple(words), review, signed)

    def sign(self, asked: Asked) -> str:
        """Sign exactly the bytes that were checked, and hand the signature in; what still waits, in words."""
        made = self._signer.sign(asked.targets.signed_bytes)
        body = json.dumps({"signature": made.signature}).encode()
        answer = self._request("POST", f"{REQUEST_PATH}/{asked.id}/signature", body)
        return "" if answer.get("published") is True else str(answer.get("waits") or "")

    @property
    def key_id(self) -> str:
        return str(self._signer.public_key.keyid)

    @property
    def _metadata(self) -> Path:
        return self._folder / "metadata"

    def _refresh(self) -> None:
        try:
            root = (self._folder / "first-root.json").read_bytes()
        except FileNotFoundError as error:
            raise AgentError("no_root", "Name the root of the ceremony once: --trusted-root FILE") from error
        try:
            updater = PolicyUpdater(
                files.make_folder(self._metadata), root, self._transport.fetch, int(self._now())
            )
            updater.refresh()
        except (tuf_errors.RepositoryError, tuf_errors.DownloadError) as error:
            raise translated(error) from error

    def _current_targets(self) -> Targets:
        return Metadata[Targets].from_file(str(self._metadata / "targets.json")).signed

    def _offered(self, old: Targets) -> Offered:
        names = [name for name in old.targets if name != LEASE_KEYS]
        found = {name: self._policy(name, old.targets[name]) for name in names}
        return Offered({int(name[len("policy-") : -len(".json")]): one for name, one in found.items()})

    def _policy(self, name: str, info: TargetFile) -> Policy:
        if info.length > MAX_POLICY_BYTES:
            raise PolicyRefused("target_too_large", f"{name} is larger than a policy may be.")
        path = f"{TARGETS_PATH}{info.hashes.get('sha256')}.{name}"
        return sign_review.accepted_policy(name, info, self._fetch(path, info.length))

    def _fetch(self, path: str, most: int) -> bytes:
        data = bytearray()
        for status, chunk in self._transport.fetch(path):
            if status != 200:
                raise Unreachable("file_unreachable", "A file that is to be signed cannot be fetched.")
            data += chunk
            if len(data) > most:
                raise PolicyRefused("release_digest", "A file that is to be signed is larger than it says.")
        return bytes(data)

    def _check_is_approver(self, root: Root) -> None:
        if self.key_id not in root.roles["targets"].keyids:
            raise PolicyRefused("not_approver", "Root does not name your key for releases.")

    def _request(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        token = request_token.sign(
            self._key,
            device=self.key_id,
            method=method,
            path=path,
            body_sha256=hashlib.sha256(body).hexdigest(),
            now=int(self._now()),
        )
        headers = {"authorization": f"MCI-Approver {token}", "content-type": "application/json"}
        answer = self._runner.run(self._transport.request(method, path, headers=headers, body=body))
        return _answered(answer)


def _answered(answer: Answer) -> dict[str, Any]:
    value = read_object(answer)
    if answer.status >= 400:
        raise Refused(answer.status, str(value.get("code"))[:40], str(value.get("detail"))[:300])
    return value


def _bytes(value: Mapping[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(value[name], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise Unreachable("answer_broken", "The server's answer is not understood.") from error
