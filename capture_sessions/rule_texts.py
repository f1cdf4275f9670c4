"""Gives the texts of stored sessions to the measurement of redaction rules: what is left after redaction.

Nobody looks at them and none is kept; what leaves the measurement is said in steps (``corpora.in_steps``). An
app or site with the sessions of too few people is left out altogether.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings

from capture_sessions import contents
from capture_sessions.models import CaptureSession, SessionState
from mci_core.errors import ActionError
from mci_core.redaction.quality import Text

log = structlog.get_logger(__name__)
#: The newest sessions are asked; more would only take longer.
SESSIONS = 100


def stored_texts() -> list[Text]:
    """At most those of a hundred sessions, of apps and sites that enough people used."""
    texts: dict[str, list[Text]] = defaultdict(list)
    people: dict[str, set[UUID]] = defaultdict(set)
    newest = CaptureSession.objects.filter(state=SessionState.AVAILABLE).order_by("-captured_from")[:SESSIONS]
    for stored in newest:
        labels = dict(stored.totals.values_list("entry_id", "entry_label"))
        for text in _texts(stored, labels):
            texts[str(text.entry)].append(text)
            people[str(text.entry)].add(stored.subject_id)
    enough = sorted(entry for entry, found in people.items() if len(found) >= settings.MIN_GROUP_SIZE)
    return [text for entry in enough for text in texts[entry]]


def _texts(stored: CaptureSession, labels: dict[str, str]) -> Iterator[Text]:
    try:
        _header, events = contents.read_events(stored)
    except ActionError as fault:
        # Erased or damaged meanwhile: the others can still be asked.
        log.warning("session_not_measured", session=str(stored.pk), code=fault.code)
        return
    for event in events:
        yield from _of_event(event, labels, str(stored.subject_id))


def _of_event(event: dict[str, Any], labels: dict[str, str], person: str) -> Iterator[Text]:
    target = event.get("target") or {}
    found = {
        "text": event.get("text") if event["type"] == "text" else None,
        "url": event.get("url"),
        "window.title": (event.get("window") or {}).get("title"),
        "target.name": target.get("name"),
    }
    entry = str(event.get("entry"))
    for name, text in found.items():
        if isinstance(text, str) and text:
            label = labels.get(entry, entry)
            yield Text(text, label, name, None, entry, event.get("signal"), target.get("role"), person)
