"""Why capture is on or off at a place: the packs that count there, in words, with their sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jurisdictions import rulings
from mci_core import jurisdiction
from mci_core.jurisdiction import REASONS, Notified, Pack, Ruling
from mci_core.policy import SIGNAL_WORDS

_NOTICE_WORDS = {
    "none": "acknowledged once (a rule of this product)",
    "once": "acknowledged once",
    "yearly": "acknowledged again every year",
    "daily": "acknowledged on each day",
}
MODE_WORDS = {
    "acknowledged_once": "One notice that the employee acknowledges",
    "each_day": "A notice on each day of use",
}


@dataclass(frozen=True)
class Answer:
    """For somebody who has read the notice, and for somebody who has not."""

    place: str
    on: date
    laws: tuple[tuple[Pack, list[tuple[str, str]]], ...]
    agreement: jurisdiction.Agreement | None
    read: Ruling
    unread: Ruling

    @property
    def read_words(self) -> str:
        return REASONS[self.read.reason]

    @property
    def unread_words(self) -> str:
        return REASONS[self.unread.reason]


def answer(*, place: str, on: date, personal_device: bool = False, **_more: Any) -> Answer:
    """The same decision as for a lease, of a person who works there and whose notice says everything."""
    packs, agreement = rulings.packs_on(on), rulings.agreement_for(place, on)

    def decided(read: Notified | None) -> Ruling:
        return jurisdiction.decide(
            packs, place, on, acknowledged_on=read, agreement=agreement, personal_device=personal_device
        )

    laws = described(jurisdiction.applicable(packs, place, on))
    return Answer(place, on, laws, agreement, decided(Notified(on)), decided(None))


def described(laws: Sequence[Pack]) -> tuple[tuple[Pack, list[tuple[str, str]]], ...]:
    """Each law with its rules in words, the closest first."""
    return tuple((pack, pack_rules(pack)) for pack in reversed(laws))


def pack_rules(pack: Pack) -> list[tuple[str, str]]:
    """What a pack asks for and forbids, one line each."""
    ceiling = pack.retention_ceiling_days
    notice = _NOTICE_WORDS[pack.requires_notice]
    if pack.notice_form == "specific":
        notice += "; it has to name what is captured and where"
    return [
        ("Notice", notice),
        ("Agreement", "needed before capture" if pack.requires_agreement else "not needed"),
        ("Always off", ", ".join(SIGNAL_WORDS[signal] for signal in pack.denied_signals) or "nothing"),
        ("Personal devices", "no capture" if pack.personal_device == "deny" else "as company devices"),
        ("Kept for at most", f"{ceiling} days" if ceiling else "no limit of this law"),
        ("Covers", ", ".join(pack.members) or pack.place),
    ]
