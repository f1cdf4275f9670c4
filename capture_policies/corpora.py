"""The texts on which rules are measured: generated sessions, a labelled corpus, and what is stored redacted.

Sessions lie above policies: they give their texts by registering. Of stored texts nothing is kept but counts,
and an app or site counts only with the texts of enough people.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from mci_core.errors import Invalid
from mci_core.redaction.quality import Text, read_corpus, samples

SEED, SESSIONS = "rules", 20
MAX_BYTES = 50_000_000
#: Corpus -> how it is called.
WORDS = {
    "generated": "Generated sessions",
    "corpus": "Labelled corpus",
    "stored": "Stored sessions",
}
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


def _labelled(path: Path) -> list[Text]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Invalid("The labelled corpus is too large.", code="corpus_too_large")
        with path.open(encoding="utf-8") as lines:
            return list(read_corpus(lines))
    except (OSError, UnicodeDecodeError):
        raise Invalid("The labelled corpus cannot be read.", code="corpus_unreadable") from None
