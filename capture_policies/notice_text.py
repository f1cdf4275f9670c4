"""The notice of a place, written from the newest release: the same words as on every other page.

It tells what may be captured there at most: entries that may count there, less what the law takes away and
what no agreement lists. Equal policies and laws give equal texts, so that a text is known by its digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from accounts.models import Department
from capture_policies import queries, words
from capture_policies.models import Release
from jurisdictions import rulings
from jurisdictions.coverage import Written
from jurisdictions.models import Agreement, LawPack
from mci_core import jurisdiction
from mci_core.evaluator_scope import lies_in
from mci_core.jurisdiction import Pack
from mci_core.policy import PURPOSE_WORDS, SIGNAL_WORDS, SIGNALS
from mci_core.policy_model import Entry, Policy, Scope

_GENERATED = (
    "It is generated from the policy by which the program on your work computer decides, "
    "so it says what that program does."
)
_COMPUTERS = (
    "On work computers on which the program of this company is set up, wherever you work with them in"
)
_AGAIN = {
    "once": "You acknowledge it once; you are asked again when more is to be captured of you.",
    "yearly": "The law here asks for it every year, and you are asked again when more is to be captured.",
    "daily": "You are asked on each day on which you use the computer.",
}


KEPT_TEXTS = 100
_texts: dict[tuple[object, ...], str] = {}


@dataclass(frozen=True)
class Place:
    """A family of places: those for which one law pack is the closest."""

    family: str
    title: str
    laws: tuple[LawPack, ...]
    packs: tuple[Pack, ...]
    agreements: tuple[Agreement, ...]

    @property
    def members(self) -> tuple[str, ...]:
        return self.packs[-1].members or (self.family,)

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """Everything of the place that its text depends on."""
        laws = tuple(
            (law.digest, pack.requires_notice) for law, pack in zip(self.laws, self.packs, strict=True)
        )
        agreed = tuple(
            (str(row.pk), row.number, *row.sites, *row.signals, row.retention_ceiling_days, row.valid_to)
            for row in self.agreements
        )
        return (self.family, self.title, laws, agreed)

    @property
    def denied(self) -> tuple[str, ...]:
        """What is captured of nobody here: denied by a law, or in no agreement where one is needed."""
        taken = {signal for pack in self.packs for signal in pack.denied_signals}
        if any(pack.requires_agreement for pack in self.packs):
            taken |= set(SIGNALS) - {signal for row in self.agreements for signal in row.signals}
        return tuple(signal for signal in SIGNALS if signal in taken)

    @property
    def ceiling(self) -> int | None:
        """The longest time that law and agreements allow anybody here."""
        days = [pack.retention_ceiling_days for pack in self.packs if pack.retention_ceiling_days]
        agreed = [row.retention_ceiling_days for row in self.agreements]
        if agreed and None not in agreed:
            days.append(max(day for day in agreed if day is not None))
        return min(days, default=None)


def families() -> list[Place]:
    """Every family of places for which a law is in force."""
    today, choices = timezone.now().date(), rulings.choices_at(None)
    rows = {row.key: row for row in LawPack.objects.in_force(today).order_by("effective_from")}
    packs = {key: rulings.with_choice(row, choices) for key, row in rows.items()}
    agreements = list(Agreement.objects.in_force(today))
    found = []
    for pack in sorted(packs.values(), key=lambda one: one.place):
        for member in pack.members or (pack.place,):
            laws = jurisdiction.applicable(list(packs.values()), member, today)
            if laws[-1].id == pack.id:
                found.append(_place(pack, laws, rows, agreements))
                break
    return found


def _place(pack: Pack, laws: Sequence[Pack], rows: dict[str, LawPack], agreements: list[Agreement]) -> Place:
    inside = pack.members or (pack.place,)
    here = tuple(row for row in agreements if any(_meet(site, area) for site in row.sites for area in inside))
    return Place(pack.place, rows[pack.id].title, tuple(rows[law.id] for law in laws), tuple(laws), here)


def _meet(one: str, other: str) -> bool:
    return lies_in(one, other) or lies_in(other, one)


def write() -> list[Written]:
    """The notice of each family of places as it would be published now; none without a release."""
    release = Release.objects.usable().select_related("version").order_by("-number").first()
    if release is None:
        return []
    policy = queries.policy_of(release.version)
    assert policy is not None
    groups = {str(pk): name for pk, name in Department.objects.values_list("pk", "name")}
    return [_written(policy, place, groups) for place in families()]


def _written(policy: Policy, place: Place, groups: Mapping[str, str]) -> Written:
    """Texts are kept by what they are made of: home pages ask for all of them, and policies are long."""
    made_of = (policy.digest, place.fingerprint, tuple(sorted(groups.items())))
    if made_of not in _texts:
        while len(_texts) >= KEPT_TEXTS:
            _texts.pop(next(iter(_texts)))
        _texts[made_of] = "\n\n".join("\n".join(part) for part in _parts(policy, place, groups))
    title = f"What is recorded at work: {place.title}"
    return Written(place.family, title, _texts[made_of], policy.digest, place.denied, place.members)


def _parts(policy: Policy, place: Place, groups: Mapping[str, str]) -> Iterator[list[str]]:
    entries = entries_at(policy, place.members, place.denied)
    yield [f"This notice is for people who work in {place.title} ({place.family}). {_GENERATED}"]
    yield ["What is recorded, and where", *_entries(entries, groups)]
    yield ["What is not recorded", *_never(place)]
    yield ["Where it happens", f"{_COMPUTERS} {', '.join(place.members)}: only in the apps and sites above."]
    yield [
        "What for",
        f"{_sentence(PURPOSE_WORDS[policy.purpose])} It is never used to judge you or anybody.",
    ]
    yield ["How long", _kept(policy, place)]
    yield ["Who sees it", *_readers()]
    yield ["What you can do", *_rights(place)]
    yield ["The law here", *_sources(place)]


def entries_at(policy: Policy, members: Sequence[str], denied: Sequence[str]) -> list[Entry]:
    """The entries that may count at some place of a family, less what is captured of nobody there."""
    found = (_at(entry, members, frozenset(denied)) for entry in policy.entries)
    return [entry for entry in found if entry is not None]


def _at(entry: Entry, members: Sequence[str], denied: frozenset[str]) -> Entry | None:
    """An entry as it may count here; its scope without the places, which the notice is about."""
    wanted = entry.scope.places
    if wanted and not any(_meet(area, member) for area in wanted for member in members):
        return None
    signals = entry.signals - denied
    inner = tuple(area for area in wanted if not any(lies_in(member, area) for member in members))
    scope = Scope(entry.scope.groups, entry.scope.platforms, entry.scope.tags, inner)
    return replace(entry, signals=signals, scope=scope) if signals else None


def _entries(entries: Sequence[Entry], names: Mapping[str, str]) -> Iterator[str]:
    if not entries:
        yield "Nothing: no app or site may be recorded here now."
        return
    for entry in sorted(entries, key=lambda one: (one.label.casefold(), one.id)):
        row = words.describe_entry(replace(entry, scope=replace(entry.scope, groups=())))
        groups = sorted(names.get(group, "a group that is gone") for group in entry.scope.groups)
        own = [f"Only for people of {', '.join(groups)}."] if groups else []
        line = f"- {row.label} ({row.kind_words.lower()}, {row.where}): {row.captured}."
        yield " ".join([line, *own, *row.limits])


def _never(place: Place) -> Iterator[str]:
    yield "- Everything that is not listed above, private windows and password fields."
    if place.denied:
        taken = ", ".join(SIGNAL_WORDS[signal] for signal in place.denied)
        yield f"- Here also, because of the law or because no agreement allows it: {taken}."
    yield (
        "- Personal data such as names, numbers and passwords that the redaction finds: it is taken out on "
        "your computer, before anything is stored."
    )
    if any(pack.personal_device == "deny" for pack in place.packs):
        yield "- Anything on a personal device."


def _kept(policy: Policy, place: Place) -> str:
    days = min(policy.retention_days, place.ceiling or policy.retention_days)
    why = " The law or an agreement allows no longer." if days < policy.retention_days else ""
    return f"At most {days} days, then it is deleted.{why} What you ask to be deleted goes sooner."


def _readers() -> Iterator[str]:
    yield (
        "Single sessions are drawn at random and looked at by a privacy officer or ML staff, each time with "
        "a reason and for a limited time. You see who looked, when and why. Nobody sees your name there, and "
        "there is no page, report or export about one person."
    )


def _rights(place: Place) -> Iterator[str]:
    yield "- Pause it at any time, have the last minutes forgotten, leave out an app or site. None is scored."
    yield (
        "- On the page My requests: see, delete or restrict what is recorded, or object. "
        f"{_deadline(place)} Your question reaches the privacy officer the same way."
    )
    notice = max(
        (pack.requires_notice for pack in place.packs), key=["none", "once", "yearly", "daily"].index
    )
    again = _AGAIN.get(notice, _AGAIN["once"])
    yield f"- Acknowledging this notice says that you have read it; it is not consent. {again}"


def _deadline(place: Place) -> str:
    answer = next((law.clocks["answer"] for law in reversed(place.laws) if "answer" in law.clocks), None)
    if answer is None:
        return "You get an answer within one month."
    if "months" in answer:
        return f"You get an answer within {answer['months']} calendar month."
    return f"You get an answer within {answer['days']} calendar days."


def _sources(place: Place) -> Iterator[str]:
    for law in reversed(place.laws):
        yield f"- {law.title}: {law.words} Source: {law.source}."
    for row in sorted(place.agreements, key=lambda one: (one.number, str(one.pk))):
        where, last = ", ".join(row.sites), row.valid_to.isoformat()
        yield f"- {row.get_kind_display()} agreement {row.number} for {where}, until {last}."
    yield "This is a summary by the company, not legal advice."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
