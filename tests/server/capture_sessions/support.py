"""Speaks the upload protocol over the real URLs, and looks for what a refusal might have left behind."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client, TestCase

from audits.models import AuditEntry
from capture_sessions.models import CaptureSession, SessionBlob
from capture_sessions.store import storage
from tests.server import recordings
from tests.server.agents.support import Agent
from tests.server.cast import Cast
from tests.server.recordings import Upload

JSON, BYTES = "application/json", "application/octet-stream"


@dataclass
class Sender(Agent):
    """One device that uploads."""

    def call(self, method: str, path: str, body: bytes, *, token: str | None = None, kind: str = JSON) -> Any:
        path = f"/agent/v1/sessions/{path}"
        token = token or self.token(method, path, body)
        headers = {"authorization": f"MCI-Device {token}"} if token != "-" else {}
        with TestCase.captureOnCommitCallbacks(execute=True):
            return Client().generic(method, path, body, content_type=kind, headers=headers)

    def manifest(self, upload: Upload, **changes: Any) -> Any:
        said = {"manifest": upload.document, "signature": upload.signature, **changes}
        return self.call("PUT", f"{upload.pk}/manifest", json.dumps(said).encode())

    def part(self, upload: Upload, index: int, data: bytes | None = None) -> Any:
        body = upload.parts[index] if data is None else data
        return self.call("PUT", f"{upload.pk}/parts/{index}", body, kind=BYTES)

    def complete(self, upload: Upload) -> Any:
        return self.call("POST", f"{upload.pk}/complete", b"")

    def send(  # type: ignore[override]  # of a whole upload, not of one body
        self, upload: Upload, *, parts: Iterable[int] | None = None
    ) -> Any:
        """Begin, send the missing parts in the order given, complete."""
        begun = self.manifest(upload)
        assert begun.status_code == 200, begun.content
        for index in begun.json()["missing"] if parts is None else parts:
            answer = self.part(upload, index)
            assert answer.status_code == 204, answer.content
        return self.complete(upload)


def sender_of(cast: Cast) -> Sender:
    return Sender(cast.device, cast.device_key)


def other_sender(cast: Cast) -> Sender:
    return Sender(cast.other_device, cast.other_device_key)


def refusal(response: Any) -> tuple[int, str]:
    """Status and code of a problem document."""
    assert response["Content-Type"].startswith("application/problem+json"), response.content
    return response.status_code, response.json()["code"]


def stored_files() -> list[Path]:
    """Every object in the store."""
    root = Path(str(storage().path("")))
    return sorted(path for path in root.rglob("*") if path.is_file())


def nothing_stored() -> bool:
    """No row and no object of any session."""
    rows = CaptureSession.objects.exists() or SessionBlob.objects.exists()
    return not rows and stored_files() == []


def logged(action: str) -> list[dict[str, Any]]:
    """The facts of the entries of this action, oldest first."""
    rows = AuditEntry.objects.filter(action=action).order_by("pk").values_list("leaf", flat=True)
    return [json.loads(leaf)["facts"] for leaf in rows]


def relined(cast: Cast, change: Any, **event_changes: Any) -> Upload:
    """An upload whose lines were changed by ``change(lines)`` before it was sealed."""
    upload = recordings.upload(cast)
    channels = upload.lines[0]["channels"]
    change(upload.lines)
    if upload.lines[0]["channels"] == channels:
        upload.lines[0]["channels"] = sorted({line["type"] for line in upload.lines[1:]})
    return upload.seal(event_count=len(upload.lines) - 1, **event_changes)
