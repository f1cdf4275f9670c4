"""By when a request must be confirmed and answered. The clocks are data (clocks.json) with their sources."""

from __future__ import annotations

import calendar
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Deadlines:
    """Which law set them; `confirm_by` is None where no confirmation is asked for."""

    law: str
    source: str
    confirm_by: datetime | None
    due_at: datetime


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("clocks.json").read_text(encoding="utf-8"))
    return table


def deadlines(place: str | None, received_at: datetime) -> Deadlines:
    """The clocks for a person who works at `place` (None: unknown) from the moment of receipt."""
    clocks = _table()["clocks"]
    clock = next((c for c in clocks if _covers(c["places"], place)), _table()["default"])
    confirm = clock.get("confirm")
    return Deadlines(
        law=clock["law"],
        source=clock["source"],
        confirm_by=_after(received_at, confirm) if confirm else None,
        due_at=_after(received_at, clock["answer"]),
    )


def _covers(places: list[str], place: str | None) -> bool:
    """Whether the place or a country around it is listed (``DE-BY`` lies in ``DE``)."""
    return place is not None and (place in places or place.partition("-")[0] in places)


def _after(start: datetime, span: dict[str, int]) -> datetime:
    if "months" in span:
        return add_months(start, span["months"])
    if "business_days" in span:
        return add_business_days(start, span["business_days"])
    return start + timedelta(days=span["days"])


def add_months(start: datetime, months: int) -> datetime:
    """The same day of a later month, or its last day (Regulation 1182/71, article 3(2)(c))."""
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month0 + 1)[1])
    return start.replace(year=year, month=month0 + 1, day=day)


def add_business_days(start: datetime, days: int) -> datetime:
    """Monday to Friday; public holidays are not taken off, which can only make the clock shorter."""
    moment = start
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment
