"""What the tests of devices start from: a device that may capture, and requests signed as its agent signs
them.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.test import Client
from django.utils import timezone

from accounts.actions import set_work_location
from accounts.models import Subject
from agents import actions, lease_keys
from agents.models import Device
from jurisdictions.actions import acknowledge_notice, load_packs, publish_notice
from jurisdictions.models import Notice
from mci_core import lease, request_token
from tests.server.cast import Cast

DIGEST = "d" * 64
NOTICE = "We record clicks in the apps on the list, and nothing else."


@dataclass
class Agent:
    """Speaks for one device over the real URLs."""

    device: Device
    key: Ed25519PrivateKey

    def token(self, method: str, path: str, body: bytes, **changed: Any) -> str:
        said = {
            "device": str(self.device.pk),
            "method": method,
            "path": path,
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "now": int(time.time()),
            **changed,
        }
        return request_token.sign(self.key, **said)

    def send(self, path: str, data: Any, *, token: str | None = None) -> Any:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        path = f"/agent/v1/{path}"
        token = token or self.token("POST", path, body)
        return Client().post(
            path, data=body, content_type="application/json", headers={"authorization": f"MCI-Device {token}"}
        )

    def renew(self, **report: Any) -> dict[str, Any]:
        said = {"capture_state": "stopped", "clock": int(time.time()), "highest_release": 0, **report}
        response = self.send("lease", said)
        assert response.status_code == 200, response.content
        answer: dict[str, Any] = response.json()
        return answer

    def lease(self, **report: Any) -> lease.Lease:
        """The lease of a renewal, checked as an agent checks it."""
        return read_lease(self.renew(**report)["lease"], self.device)


def read_lease(token: str, device: Device) -> lease.Lease:
    keys = {
        kid: Ed25519PublicKey.from_public_bytes(_unb64(text))
        for kid, text in lease_keys.lease_public_keys().items()
    }
    return lease.decode(token, keys, audience_device=str(device.pk), now=int(time.time()), clock_floor=0)


def _unb64(text: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def agent_of(cast: Cast) -> Agent:
    return Agent(cast.device, cast.device_key)


def place(cast: Cast, where: str, name: str = "employee") -> None:
    set_work_location(
        subject=cast.subject(name),
        place=where,
        start=timezone.now() - timedelta(days=1),
        end=None,
        source="hr",
        actor=cast.system(),
    )


def notice_for(cast: Cast, *names: str) -> Notice:
    """A published notice that these people have acknowledged."""
    notice = publish_notice(title="What is captured", text=NOTICE, actor=cast.actor("officer"))
    for name in names:
        acknowledge_notice(subject=cast.subject(name), notice=notice, actor=cast.actor(name))
    return notice


def allow_capture(cast: Cast, *, where: str = "US-NY") -> Agent:
    """The employee's device may capture: law, place, notice and release are in order."""
    load_packs(actor=cast.system())
    place(cast, where)
    notice_for(cast, "employee")
    actions.assign_release(device_ids=[cast.device.pk], number=1, digest=DIGEST, actor=cast.system())
    return agent_of(cast)


def subject_of(cast: Cast) -> Subject:
    return cast.subject("employee")
