"""What counts as a reason: every verb that asks why keeps the answer with its row and in its log entry."""

from __future__ import annotations

from mci_core.errors import Invalid

MOST = 500
#: A reason that the person concerned will read is a sentence, not a letter.
SENTENCE = 12


def given(
    reason: str, *, why: str = "Say why.", least: int = 1, most: int = MOST, field: str = "reason"
) -> str:
    """The reason without the spaces around it. Raises `Invalid` where it says nothing or too much."""
    reason = reason.strip()
    if len(reason) < least:
        raise Invalid(why, code="required", field=field)
    if len(reason) > most:
        raise Invalid(f"Write at most {most} characters.", code="too_long", field=field)
    return reason


def told(reason: str, *, ask: str = "Say why", most: int = MOST, field: str = "reason") -> str:
    """The same for a reason that the person concerned will read."""
    why = f"{ask} in at least {SENTENCE} characters; the person will read it."
    return given(reason, why=why, least=SENTENCE, most=most, field=field)
