"""Routes of sessions."""

from __future__ import annotations

import uuid
from typing import Any

from tests.server import recordings
from tests.server.access.matrix import EVERYBODY, Row
from tests.server.cast import Cast

STAFF = {"admin", "privacy_officer", "ml_staff"}


def _session(cast: Cast) -> dict[str, Any]:
    return {"pk": recordings.available(cast).pk}


def _any(cast: Cast) -> dict[str, Any]:
    return {"pk": uuid.uuid4()}


def _part(cast: Cast) -> dict[str, Any]:
    return {"pk": uuid.uuid4(), "index": 0}


ROWS = [
    Row("capture_sessions:session_list", "GET", STAFF),
    Row("capture_sessions_me:session_list", "GET", EVERYBODY),
    Row("capture_sessions_me:session_detail", "GET", {"employee"}, kwargs=_session),
    Row("capture_sessions_api:session-list", "GET", STAFF),
    Row("capture_sessions_api:session-detail", "GET", STAFF, kwargs=_session),
    Row("capture_sessions_agent:manifest", "PUT", {"device"}, kwargs=_any),
    Row("capture_sessions_agent:part", "PUT", {"device"}, kwargs=_part),
    Row("capture_sessions_agent:complete", "POST", {"device"}, kwargs=_any),
]
