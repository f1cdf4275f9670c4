"""What the law of a place lets us capture. Packs are data; no place is named in this code.

Every pack whose place is the place or lies above it counts (a union of states names its members instead),
and the strictest part of each wins: "US" and "US-NY" for New York, a union of states and the state itself.
A place that no pack covers is unknown, and unknown means no capture. So does a missing notice: where a law
asks for none, this product still does; where a law asks for a notice that names what is captured and where,
only one that was written from the policy for this place counts. An agreement is an upper bound wherever it
is in force. Not legal advice.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mci_core.errors import Invalid
from mci_core.lease import LAW_ALLOWS
from mci_core.policy_model import SIGNALS

NOTICES: tuple[str, ...] = ("none", "once", "yearly", "daily")
NOTICE_FORMS: tuple[str, ...] = ("any", "specific")
REASONS: dict[str, str] = {
    LAW_ALLOWS: "The law of this place allows capture under this notice.",
    "unknown_place": "The place of work is not known, or no law pack covers it.",
    "personal_device": "The law of this place does not allow capture on a personal device.",
    "agreement_missing": "This place needs an agreement first, and none is in force.",
    "notice_missing": "The notice has not been acknowledged.",
    "notice_due": "The acknowledgement of the notice is too old for this place and has to be renewed.",
    "notice_not_specific": (
        "The law of this place asks for a notice that names what is captured and where. "
        "The one that was acknowledged does not."
    ),
    "notice_outgrown": "The policy captures more here than the acknowledged notice says.",
}
_REQUIRED = ("id", "place", "source", "review_by", "effective_from")
_OPTIONAL: dict[str, Any] = {
    "members": [],
    "effective_to": None,
    "requires_notice": "once",
    "notice_form": "any",
    "requires_agreement": False,
    "denied_signals": [],
    "personal_device": "allow",
    "retention_ceiling_days": None,
    "needs_region": False,
}


@dataclass(frozen=True, slots=True)
class Pack:
    """One law as data.

    `effective_to` is the last day; `needs_region` where a country alone says too little.
    """

    id: str
    place: str
    source: str
    review_by: date
    effective_from: date
    effective_to: date | None = None
    members: tuple[str, ...] = ()
    requires_notice: str = "once"
    notice_form: str = "any"
    requires_agreement: bool = False
    denied_signals: tuple[str, ...] = ()
    personal_device: str = "allow"
    retention_ceiling_days: int | None = None
    needs_region: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed with a works council, a union or an inspectorate: the listed signals, until a day."""

    number: str
    place: str
    signals: tuple[str, ...]
    valid_from: date
    valid_to: date | None = None
    retention_ceiling_days: int | None = None


@dataclass(frozen=True, slots=True)
class Notified:
    """What one person acknowledged last: the day, whether that text was written from the policy for this
    place, and whether it says all that would be captured now.
    """

    on: date
    specific: bool = True
    covers: bool = True


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the law says for one person, place, device and day; `reason` is a key of `REASONS`."""

    capture: bool
    reason: str
    denied_signals: tuple[str, ...] = ()
    pack_id: str | None = None
    source: str | None = None
    retention_ceiling_days: int | None = None
    review_due: bool = False


def parse_pack(body: Mapping[str, Any]) -> Pack:
    """Read one pack from JSON; `Invalid` names the key at fault. Days are written YYYY-MM-DD."""
    unknown = sorted(set(body) - set(_REQUIRED) - set(_OPTIONAL))
    missing = [key for key in _REQUIRED if not body.get(key)]
    if unknown or missing:
        key = (unknown or missing)[0]
        raise Invalid(
            f"A law pack {'has no key' if unknown else 'needs'} {key}.", code="pack_invalid", field=key
        )
    values = {**_OPTIONAL, **body}
    for key in ("review_by", "effective_from", "effective_to"):
        values[key] = _day(key, values[key])
    for key in ("members", "denied_signals"):
        values[key] = tuple(values[key])
    _check_choices(values)
    return Pack(**values)


def _day(key: str, value: Any) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Invalid(f"{key} is not a day.", code="pack_invalid", field=key) from error


def _check_choices(values: Mapping[str, Any]) -> None:
    ceiling = values["retention_ceiling_days"]
    fits = {
        "requires_notice": values["requires_notice"] in NOTICES,
        "notice_form": values["notice_form"] in NOTICE_FORMS,
        "personal_device": values["personal_device"] in ("allow", "deny"),
        "denied_signals": set(values["denied_signals"]) <= set(SIGNALS),
        "requires_agreement": isinstance(values["requires_agreement"], bool),
        "needs_region": isinstance(values["needs_region"], bool),
        "retention_ceiling_days": ceiling is None or (isinstance(ceiling, int) and ceiling > 0),
    }
    for key, fit in fits.items():
        if not fit:
            raise Invalid(f"{key} has no such value.", code="pack_invalid", field=key)


def applicable(packs: Sequence[Pack], place: str, on: date) -> list[Pack]:
    """The packs in force at a place on a day, the most general first."""
    found = [pack for pack in packs if _in_force(pack, on) and _covers(pack, place)]
    return sorted(found, key=lambda pack: (not pack.members, pack.place.count("-"), pack.id))


def _in_force(pack: Pack, on: date) -> bool:
    return pack.effective_from <= on and (pack.effective_to is None or on <= pack.effective_to)


def _covers(pack: Pack, place: str) -> bool:
    return any(_within(place, area) for area in (pack.members or (pack.place,)))


def _within(place: str, area: str) -> bool:
    return place == area or place.startswith(area + "-")


def decide(
    packs: Sequence[Pack],
    place: str | None,
    on: date,
    *,
    acknowledged_on: date | Notified | None,
    agreement: Agreement | None,
    personal_device: bool,
) -> Ruling:
    """Whether capture is lawful.

    `acknowledged_on`: the day on which the notice that counts was last acknowledged, or more about it.
    """
    read = Notified(acknowledged_on) if isinstance(acknowledged_on, date) else acknowledged_on
    laws = applicable(packs, place, on) if place else []
    if not place or not laws or any(pack.needs_region and place == pack.place for pack in laws):
        return Ruling(False, "unknown_place", SIGNALS)
    for pack in reversed(laws):
        reason = _refusal(pack, place, on, read, agreement, personal_device)
        if reason is not None:
            return Ruling(False, reason, SIGNALS, pack.id, pack.source, _ceiling(laws, None), _due(laws, on))
    used = _usable(agreement, place, on)
    pack = laws[-1]
    return Ruling(
        True, LAW_ALLOWS, _denied(laws, used), pack.id, pack.source, _ceiling(laws, used), _due(laws, on)
    )


def _refusal(
    pack: Pack,
    place: str,
    on: date,
    read: Notified | None,
    agreement: Agreement | None,
    personal_device: bool,
) -> str | None:
    if personal_device and pack.personal_device == "deny":
        return "personal_device"
    if pack.requires_agreement and _usable(agreement, place, on) is None:
        return "agreement_missing"
    return _notice_refusal(pack, on, read)


def _notice_refusal(pack: Pack, on: date, read: Notified | None) -> str | None:
    if read is None or read.on > on:
        return "notice_missing"
    if pack.notice_form == "specific" and not read.specific:
        return "notice_not_specific"
    if on > _good_until(pack.requires_notice, read.on):
        return "notice_due"
    return None if read.covers else "notice_outgrown"


def _good_until(notice: str, acknowledged_on: date) -> date:
    """The last day on which an acknowledgement still counts."""
    if notice == "daily":
        return acknowledged_on
    if notice == "yearly":
        year = acknowledged_on.year + 1
        leap_day = (acknowledged_on.month, acknowledged_on.day) == (2, 29) and not calendar.isleap(year)
        return acknowledged_on.replace(year=year, day=28 if leap_day else acknowledged_on.day) - timedelta(
            days=1
        )
    return date.max


def _usable(agreement: Agreement | None, place: str, on: date) -> Agreement | None:
    """The agreement, if it is for this place and in force."""
    if agreement is None or not _within(place, agreement.place):
        return None
    ended = agreement.valid_to is not None and on > agreement.valid_to
    return None if ended or on < agreement.valid_from else agreement


def _denied(laws: Sequence[Pack], agreement: Agreement | None) -> tuple[str, ...]:
    """What some law takes away, and whatever the agreement in force does not list."""
    denied = {signal for pack in laws for signal in pack.denied_signals}
    if agreement is not None:
        denied |= set(SIGNALS) - set(agreement.signals)
    return tuple(signal for signal in SIGNALS if signal in denied)


def _ceiling(laws: Sequence[Pack], agreement: Agreement | None) -> int | None:
    days = [pack.retention_ceiling_days for pack in laws]
    days.append(agreement.retention_ceiling_days if agreement else None)
    return min((day for day in days if day is not None), default=None)


def _due(laws: Sequence[Pack], on: date) -> bool:
    """Whether somebody has to look at a law again; it stays in force meanwhile."""
    return any(on > pack.review_by for pack in laws)
