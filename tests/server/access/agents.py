"""Routes of devices, enrolment tokens and the agent API."""

from __future__ import annotations

import uuid
from typing import Any

from agents.models import CaptureStop
from tests.server.access.matrix import PUBLIC, STAFF, Row
from tests.server.cast import Cast

READERS = {"admin", "privacy_officer", "auditor"}
KEEPERS = {"admin", "privacy_officer"}


def _device(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.device.pk}


def _token(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.device.token_id}


def _stop(cast: Cast) -> dict[str, Any]:
    found, _ = CaptureStop.objects.get_or_create(scope="programme", reason="x", stopped_by=cast.officer)
    return {"pk": found.pk}


ROWS = [
    Row("agents:device_list", "GET", READERS),
    Row("agents:device_detail", "GET", READERS, kwargs=_device),
    Row("agents:device_revoke", "POST", KEEPERS, kwargs=_device),
    Row("agents:device_tags", "GET", {"admin"}, kwargs=_device),
    Row("agents:device_tags", "POST", {"admin"}, kwargs=_device),
    Row("agents:token_list", "GET", {"admin"}),
    Row("agents:token_new", "GET", {"admin"}),
    Row("agents:token_new", "POST", {"admin"}),
    Row("agents:token_revoke", "POST", {"admin"}, kwargs=_token),
    Row("agents_api:device-list", "GET", READERS),
    Row("agents_api:device-detail", "GET", READERS, kwargs=_device),
    Row("agents_api:device-deliveries", "GET", READERS, kwargs=_device),
    Row("agents_api:device-tags", "POST", {"admin"}, kwargs=_device, data={"tags": ["pilot"]}),
    # Revoking a device needs a fresh second factor, which a token of the API never has.
    Row("agents_api:device-revoke", "POST", (), kwargs=_device, data={"reason": "lost"}),
    Row("agents_api:token-list", "GET", {"admin"}),
    Row("agents_api:token-list", "POST", {"admin"}),
    Row("agents_api:token-detail", "GET", {"admin"}, kwargs=_token),
    Row("agents_api:token-revoke", "POST", {"admin"}, kwargs=_token, data={"reason": "lost"}),
    Row("agents_api:stop-list", "GET", STAFF),
    Row("agents_api:stop-detail", "GET", STAFF, kwargs=_stop),
    # Enrolment asks for a token of its own; an empty body is refused for what it lacks.
    Row("agents_agent:enroll", "POST", PUBLIC),
    Row("agents_agent:lease", "POST", {"device"}),
    Row("agents_agent:acks", "POST", {"device"}),
    Row("agents_agent:heartbeat", "POST", {"device"}),
    Row("agents_agent:command_done", "POST", {"device"}, kwargs={"command": uuid.UUID(int=1)}),
]
