"""How far the signed checkpoints are behind the log: for the console, the log lines and the figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from audits import sequence
from audits.models import Checkpoint, SignedCheckpoint

LATE_SECONDS = 10.0

# A transaction that has written something and is still open holds every later entry back.
_HOLDING = """
SELECT pid, extract(epoch FROM now() - xact_start)::float8 FROM pg_stat_activity
WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 1
"""
_MEANING = {
    "mci_audit_halted": "1 when the sequencer refuses to sign",
    "mci_audit_signed_entries": "Entries under the newest signed checkpoint",
    "mci_audit_signed_timestamp_seconds": "When the newest checkpoint was signed",
    "mci_audit_waiting_entries": "Entries that no checkpoint covers yet",
    "mci_audit_lag_seconds": "Age of the oldest entry that no checkpoint covers yet",
    "mci_audit_seen_timestamp_seconds": "When the sequencer last looked",
}


@dataclass(frozen=True)
class State:
    """``lag`` is the age in seconds of the oldest entry that no checkpoint covers."""

    size: int
    signed_at: datetime | None
    waiting: int
    lag: float

    @property
    def late(self) -> bool:
        return self.lag > LATE_SECONDS

    @property
    def quiet_seconds(self) -> float:
        return 0.0 if self.signed_at is None else (datetime.now(UTC) - self.signed_at).total_seconds()

    def figures(self) -> dict[str, tuple[str, float]]:
        values = {
            "mci_audit_halted": 0.0,
            "mci_audit_signed_entries": self.size,
            "mci_audit_signed_timestamp_seconds": self.signed_at.timestamp() if self.signed_at else 0.0,
            "mci_audit_waiting_entries": self.waiting,
            "mci_audit_lag_seconds": self.lag,
            "mci_audit_seen_timestamp_seconds": datetime.now(UTC).timestamp(),
        }
        return {name: (_MEANING[name], value) for name, value in values.items()}

    def why_late(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(_HOLDING)
            row = cursor.fetchone()
        holding = {} if row is None else {"held_by_pid": row[0], "held_for_seconds": row[1]}
        return {"waiting": self.waiting, "lag_seconds": round(self.lag, 1), **holding}


def of_sequencer(signed: SignedCheckpoint | None) -> State:
    """What the console and the figures show."""
    covering = None if signed is None else Checkpoint.objects.filter(size=signed.size).first()
    waiting = sequence.waiting(covering)
    lag = 0.0 if waiting.since is None else (datetime.now(UTC) - waiting.since).total_seconds()
    size, at = (0, None) if signed is None else (signed.size, signed.at)
    return State(size, at, waiting.count, max(0.0, lag))


def halted_figures() -> dict[str, tuple[str, float]]:
    values = {"mci_audit_halted": 1.0, "mci_audit_seen_timestamp_seconds": datetime.now(UTC).timestamp()}
    return {name: (_MEANING[name], value) for name, value in values.items()}
