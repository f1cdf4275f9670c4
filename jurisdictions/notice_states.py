"""For each family of places: the notice that counts, the one that would be published now, what differs."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import WorkLocation
from jurisdictions import coverage
from jurisdictions.coverage import Written
from jurisdictions.models import Notice, Part, parts_of
from jurisdictions.rulings import packs_on
from mci_core import jurisdiction


@dataclass(frozen=True)
class NoticeState:
    """``more`` is what is captured at the place and not told by the notice that counts, in words."""

    written: Written
    last: Notice | None
    more: tuple[str, ...]
    in_use: bool

    @property
    def family(self) -> str:
        return self.written.place

    @property
    def label(self) -> str:
        """The law by name, without what all titles begin with."""
        return self.written.title.partition(": ")[2]

    @property
    def parts(self) -> list[Part]:
        return parts_of(self.written.text)

    @property
    def last_number(self) -> str:
        return "" if self.last is None else str(self.last.number)

    @property
    def state(self) -> str:
        """``missing``, ``outgrown`` (somebody may be stopped), ``older`` (other words), ``current``."""
        if self.last is None:
            return "missing"
        if self.more:
            return "outgrown"
        return "current" if self.last.text_sha256 == self.written.sha256 else "older"

    @property
    def waits(self) -> bool:
        """Whether people at the place may be stopped until this is published."""
        return self.in_use and self.state in ("missing", "outgrown")

    def concerned(self) -> str:
        """How many people there have to read it before more is captured of them."""
        return coverage.concerned(self.last, self.written)

    def text_diff(self) -> list[tuple[str, str]]:
        """Lines that come and go against the last notice: ``("added" | "removed", line)``."""
        before = self.last.text.splitlines() if self.last is not None else []
        found = difflib.ndiff(before, self.written.text.splitlines())
        marks = {"+ ": "added", "- ": "removed"}
        return [
            (marks[line[:2]], line[2:].removeprefix("- "))
            for line in found
            if line[:2] in marks and line[2:].strip()
        ]


def notice_states() -> list[NoticeState]:
    """One for each family of places for which a law is in force; none while there is no release."""
    found = coverage.write()
    if not found:
        return []
    newest, used = newest_by_place(), _families_in_use()
    specific = {pack.place for pack in packs_on(timezone.now().date()) if pack.notice_form == "specific"}
    return [_state(written, newest, used, specific) for written in found]


def _state(written: Written, newest: dict[str, Notice], used: set[str], specific: set[str]) -> NoticeState:
    family = written.place
    known = [newest[place] for place in (family, "") if place in newest]
    if family in specific:
        known = [notice for notice in known if notice.generated and notice.place == family]
    last = max(known, key=lambda notice: notice.number, default=None)
    more = () if last is None else tuple(coverage.more(last, written))
    return NoticeState(written, last, more, family in used)


def newest_by_place() -> dict[str, Notice]:
    """Place -> the newest notice for it that was not withdrawn; the empty place is everywhere."""
    rows = Notice.objects.filter(withdrawn_at__isnull=True).order_by("place", "-number").distinct("place")
    return {row.place: row for row in rows}


def _families_in_use() -> set[str]:
    """Families of places in which somebody works now."""
    now = timezone.now()
    places = set(WorkLocation.objects.holding(now).values_list("place", flat=True).distinct())
    packs = packs_on(now.date())
    laws = [jurisdiction.applicable(packs, place, now.date()) for place in places]
    return {found[-1].place for found in laws if found}
