"""Which day it is at a place. Laws, agreements and daily notices begin and end with the day there.

A state or country with several time zones has the easternmost one here: its day ends first, so whatever ends
with a day ends early rather than late. A place that is not listed keeps the days of UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_EASTERN = "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV"
_CENTRAL = "AL AR IA IL KS LA MN MO MS ND NE OK SD TX WI"
_MOUNTAIN = "CO ID MT NM OR UT WY"
_PACIFIC = "CA NV WA"
_EUROPE = {
    "AT": "Vienna",
    "BE": "Brussels",
    "BG": "Sofia",
    "CZ": "Prague",
    "DE": "Berlin",
    "DK": "Copenhagen",
    "EE": "Tallinn",
    "ES": "Madrid",
    "FI": "Helsinki",
    "FR": "Paris",
    "GR": "Athens",
    "HR": "Zagreb",
    "HU": "Budapest",
    "IE": "Dublin",
    "IT": "Rome",
    "LI": "Vaduz",
    "LT": "Vilnius",
    "LU": "Luxembourg",
    "LV": "Riga",
    "MT": "Malta",
    "NL": "Amsterdam",
    "NO": "Oslo",
    "PL": "Warsaw",
    "PT": "Lisbon",
    "RO": "Bucharest",
    "SE": "Stockholm",
    "SI": "Ljubljana",
    "SK": "Bratislava",
}


def _states(names: str, zone: str) -> dict[str, str]:
    return {f"US-{name}": f"America/{zone}" for name in names.split()}


_ZONES: dict[str, str] = {
    **_states(_EASTERN, "New_York"),
    **_states(_CENTRAL, "Chicago"),
    **_states(_MOUNTAIN, "Denver"),
    **_states(_PACIFIC, "Los_Angeles"),
    "US-AK": "America/Anchorage",
    "US-AZ": "America/Phoenix",
    "US-HI": "Pacific/Honolulu",
    **{country: f"Europe/{city}" for country, city in _EUROPE.items()},
    "CY": "Asia/Nicosia",
    "IS": "Atlantic/Reykjavik",
}


@cache
def zone_of(place: str | None) -> ZoneInfo:
    """That of the place, or of the smallest area around it that is listed."""
    parts = (place or "").split("-")
    for count in range(len(parts), 0, -1):
        name = _ZONES.get("-".join(parts[:count]))
        if name is not None:
            return ZoneInfo(name)
    return ZoneInfo("UTC")


def local_day(place: str | None, moment: datetime) -> date:
    """The day on the calendar there."""
    return moment.astimezone(zone_of(place)).date()


def midnight_after(place: str | None, day: date) -> datetime:
    """The moment at which a day there is over."""
    return datetime.combine(day + timedelta(days=1), time(), zone_of(place)).astimezone(UTC)
