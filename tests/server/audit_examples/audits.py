"""Examples of the log's own actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audits.actions import record_event
from tests.server.cast import REASON, Cast


def _record_event(cast: Cast) -> str:
    record_event(action="agents.replayed_token", actor=cast.device_actor(), obj=cast.device, reason=REASON)
    return "agents.replayed_token"


EXAMPLES: dict[str, Callable[[Cast], Any]] = {"audits.record_event": _record_event}
