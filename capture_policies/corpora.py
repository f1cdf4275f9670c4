"""The texts on which rules are measured: generated sessions, a labelled corpus, and what is stored redacted.

Sessions lie above policies: they give their texts by registering. A rule is free text, so a count of what it
finds in stored texts would make of this page a search through what people did. Of stored texts only a coarse
step is kept, and only where the texts of enough people change. See ADR 25.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from mci_core.errors import Invalid
from mci_core.redaction.quality import AppEffect, Effect, Text, read_corpus, samples

SEED, SESSIONS = "rules", 20
MAX_BYTES = 50_000_000
#: Labelled corpus -> how it is called.
WORDS = {"generated": "Generated sessions", "corpus": "Labelled corpus"}
#: Share of the texts of an app or site in which a rule finds more: the steps that are told.
STEPS = ((0.001, "under 0.1 %"), (0.01, "under 1 %"), (0.1, "under 10 %"))
MOST = "10 % or more"
NONE_OR_FEW = "none, or of too few people to tell"
Provider = Callable[[], list[Text]]
_stored: list[Provider] = []


def register(provider: Provider) -> None:
    """Name who gives the texts of stored sessions, once, when the apps are ready."""
    _stored[:] = [provider]


def gather() -> dict[str, list[Text]]:
    """Every corpus that there is. Raises `Invalid` when the labelled one cannot be read."""
    found = {"generated": list(samples(SEED, SESSIONS))}
    if settings.REDACTION_CORPUS:
        found["corpus"] = _labelled(Path(settings.REDACTION_CORPUS).expanduser())
    stored = [text for provider in _stored for text in provider()]
    if stored:
        found["stored"] = stored
    return found


def in_steps(effect: Effect) -> dict[str, Any]:
    """What is kept of stored texts: app or site -> a step. No number, and nothing by rule."""
    return {"apps": {app: {"step": _step(row)} for app, row in sorted(effect.apps.items())}}


def _step(row: AppEffect) -> str:
    if len(row.people) < settings.MIN_GROUP_SIZE:
        return NONE_OR_FEW
    share = row.redacted / row.texts
    return next((words for limit, words in STEPS if share < limit), MOST)


def _labelled(path: Path) -> list[Text]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Invalid("The labelled corpus is too large.", code="corpus_too_large")
        with path.open(encoding="utf-8") as lines:
            return list(read_corpus(lines))
    except (OSError, UnicodeDecodeError):
        raise Invalid("The labelled corpus cannot be read.", code="corpus_unreadable") from None
