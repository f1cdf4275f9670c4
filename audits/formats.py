"""How numbers, sizes and spans of time are written for people. Pure functions; the tags call them."""

from __future__ import annotations

from datetime import UTC, date, datetime

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
NO_BREAK = "\N{NO-BREAK SPACE}"
UNKNOWN = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def count(value: float | None) -> str:
    """``12400`` -> ``12 400`` (narrow no-break spaces); nothing known is an en dash."""
    if value is None:
        return UNKNOWN
    return f"{int(value):,}".replace(",", THIN_SPACE)


def size(value: float | None) -> str:
    """A number of bytes in decimal units with at most one decimal: ``3.4 MB``."""
    if value is None:
        return UNKNOWN
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(amount) < 1000:
            return f"{amount:.0f}{NO_BREAK}{unit}" if unit == "B" else f"{amount:.1f}{NO_BREAK}{unit}"
        amount /= 1000
    return f"{amount:.1f}{NO_BREAK}TB"


_SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: float | None) -> str:
    """A length of time in its two largest units: ``2 min 5 s``, ``3 d 4 h``."""
    if seconds is None:
        return UNKNOWN
    left = round(abs(seconds))
    if left == 0:
        return f"0{NO_BREAK}s"
    parts: list[str] = []
    for length, unit in _SPANS:
        amount, left = divmod(left, length)
        if amount:
            parts.append(f"{amount}{NO_BREAK}{unit}")
        if len(parts) == 2 or (parts and not amount):
            break
    return (MINUS if seconds < 0 else "") + " ".join(parts)


def percent(ratio: float | None) -> str:
    """``0.0423`` -> ``4.2 %``; whole percents lose their decimal."""
    if ratio is None:
        return UNKNOWN
    value = f"{ratio * 100:.1f}".removesuffix(".0")
    return f"{value}{NO_BREAK}%"


def plural(number: int, singular: str, many: str = "") -> str:
    """``1 device``, ``3 devices``; ``many`` for words that do not just take an s."""
    word = singular if number == 1 else (many or f"{singular}s")
    return f"{count(number)}{NO_BREAK}{word}"


def moment(value: object) -> datetime | None:
    """A datetime with a zone from a datetime, a date or Unix seconds; ``None`` when there is no time."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, tz=UTC)
    raise TypeError(f"not a time: {type(value).__name__}")


def absolute(value: datetime) -> str:
    """What a reader without scripts sees: always UTC, and says so."""
    return f"{value.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def day(value: datetime | date) -> str:
    """A calendar day without a zone."""
    return f"{value:%-d %b %Y}"


#: Platforms as an agent reports them, in words.
PLATFORMS: dict[str, str] = {"windows": "Windows", "macos": "macOS", "linux": "Linux", "web": "Web"}

#: Words of states to one of five tones; the badge is neutral for every other word.
TONES: dict[str, str] = {
    **dict.fromkeys(
        (
            "applied",
            "available",
            "live",
            "approved",
            "on",
            "active",
            "done",
            "clean",
            "complete",
            "completed",
            "resolved",
            "closed",
            "online",
        ),
        "ok",
    ),
    **dict.fromkeys(
        ("stored", "kept", "acknowledged", "granted", "fulfilled", "enforced", "verified", "allowed"), "ok"
    ),
    **dict.fromkeys(
        ("running", "notified", "leased", "fetched", "submitted", "proposed", "in_review", "scanning"), "info"
    ),
    **dict.fromkeys(
        ("open", "released", "uploading", "received", "current", "erasing", "deciding", "due_soon"), "info"
    ),
    **dict.fromkeys(
        ("paused", "pending_approval", "held", "hold", "expiring", "medium", "stale", "waiting", "drift"),
        "warn",
    ),
    **dict.fromkeys(
        ("superseded_soon", "unacknowledged", "needs_second_approval", "extended", "at_risk"), "warn"
    ),
    **dict.fromkeys(
        ("failed", "refused", "rejected", "revoked", "quarantined", "halted", "leak", "overdue", "denied"),
        "danger",
    ),
    **dict.fromkeys(("high", "critical", "stopped", "broken", "incident", "unwanted", "lost"), "danger"),
}


def tone_of(word: str) -> str:
    """The tone of a state word (``ok``, ``info``, ``warn``, ``danger``, ``neutral``)."""
    return TONES.get(word.strip().lower().replace(" ", "_").replace("-", "_"), "neutral")


def label_of(word: str) -> str:
    """``in_review`` -> ``In review``."""
    text = word.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
