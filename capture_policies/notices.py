"""Whether a notice still says all that is captured of somebody: what was told against what is to be held.

A notice tells a policy less the signals that were denied at its place. Both policies are reduced to what they
mean for one person on one device (scope, platform, denied signals), and then the prover of ``mci_core`` says
whether the second is wider. Nothing has to be called when a release goes live: each lease asks here, so a
wider release stops exactly those whom it concerns, until they have read a notice that says so.

Hand-written notices are about the release that was the newest when they were published; where there was none,
about the first one after it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from django.utils import timezone

from accounts.models import Subject
from agents.decisions import captured_by
from agents.models import Device
from capture_policies import impact, queries
from capture_policies.models import Release
from capture_policies.notice_text import entries_at, write
from jurisdictions.coverage import Captured, Policies, Told, Written
from jurisdictions.rulings import packs_on
from mci_core import jurisdiction, policy_diff
from mci_core.evaluator_scope import Facts, in_scope
from mci_core.policy_model import EVERYWHERE, PLATFORM_WORDS, AppMatch, Change, Entry, Policy

__all__ = ["POLICIES", "concerned", "covers", "more", "outgrown", "what_held_devices_capture"]

#: Changes of these parts take nothing away from what a notice tells, however the prover judges them.
_NOT_TOLD = ("limits", "lease_seconds", "sampling", "name")


def covers(told: Told, captured: Captured, place: str | None, denied: tuple[str, ...]) -> bool:
    """Whether nothing more is captured than was told. A policy that nobody signed captures nothing."""
    digest = told.policy_digest or _first_after(told.published_at)
    if digest == captured.policy_digest and set(told.denied_signals) <= set(denied):
        return True
    new, old = queries.released_policy(captured.policy_digest), queries.released_policy(digest)
    if new is None:
        return True
    return old is not None and _judged(old.digest, told.denied_signals, captured, place, denied)


@lru_cache(maxsize=4096)
def _judged(
    told: str, told_without: tuple[str, ...], captured: Captured, place: str | None, denied: tuple[str, ...]
) -> bool:
    """The same question is asked at every renewal; a digest names the same bytes for ever."""
    old, new = _known(told), _known(captured.policy_digest)
    facts = Facts(captured.platform or None, place, captured.groups, captured.tags)
    before, after = reduced(old, facts, told_without), reduced(new, facts, denied)
    return not outgrown(policy_diff.diff(before, after))


def more(told: Told, written: Written) -> list[str]:
    """What the newest release captures at some place of a family and a notice does not tell, in words."""
    old = queries.released_policy(told.policy_digest or _first_after(told.published_at))
    new = queries.released_policy(written.policy_digest)
    if new is None:
        return []
    place = (written.members, told.denied_signals, written.denied_signals)
    return list(_more("" if old is None else old.digest, new.digest, *place))


@lru_cache(maxsize=256)
def _more(
    told: str, newest: str, members: tuple[str, ...], without: tuple[str, ...], denied: tuple[str, ...]
) -> tuple[str, ...]:
    before = _at(_known(told), members, without) if told else None
    changes = policy_diff.diff(before, _at(_known(newest), members, denied))
    return tuple(change.words for change in outgrown(changes))


def _at(policy: Policy, members: tuple[str, ...], denied: tuple[str, ...]) -> Policy:
    return replace(policy, entries=tuple(entries_at(policy, members, denied)))


def concerned(told: Told | None, written: Written) -> str:
    """How many people with a live device at the place would have to read a notice, as pages say numbers."""
    today = timezone.now().date()
    packs = packs_on(today)

    def there(place: str) -> bool:
        laws = jurisdiction.applicable(packs, place, today)
        return bool(laws) and laws[-1].place == written.place

    def is_concerned(fact: impact.Facts) -> bool:
        if fact.place is None or not there(fact.place):
            return False
        held = Captured(written.policy_digest, fact.os, tuple(sorted(fact.tags)), (str(fact.department),))
        return told is None or not covers(told, held, fact.place, written.denied_signals)

    return impact.fleet().where(is_concerned).people_words


def outgrown(changes: list[Change]) -> list[Change]:
    """The changes because of which people have to be told again.

    A redaction rule that is removed is one; a rule that finds something else is not: notices do not say what
    each rule finds.
    """
    return [change for change in changes if change.direction == "wider" and _is_told(change.path)]


def _is_told(path: str) -> bool:
    part = path.split(".")[0].split("[")[0]
    if part == "rules":
        return path.endswith("(removed)")
    return part not in _NOT_TOLD


def reduced(policy: Policy, facts: Facts, denied: tuple[str, ...]) -> Policy:
    """What a policy means for one device: the entries that count there, without what the law takes away."""
    entries = (_reduced_entry(entry, facts, frozenset(denied)) for entry in policy.entries)
    return replace(policy, entries=tuple(entry for entry in entries if entry is not None))


def _reduced_entry(entry: Entry, facts: Facts, denied: frozenset[str]) -> Entry | None:
    signals = entry.signals - denied
    match = entry.match
    if isinstance(match, AppMatch) and facts.platform in PLATFORM_WORDS:
        own = getattr(match, facts.platform)
        match = replace(AppMatch(names=match.names), **({facts.platform: own} if own else {}))
        if match == AppMatch():
            return None
    if not signals or not in_scope(entry.scope, facts):
        return None
    keys = bool(signals & {"keystroke", "shortcut"})
    return replace(
        entry,
        match=match,
        signals=signals,
        keystrokes=entry.keystrokes if keys else "none",
        frame_interval_s=entry.frame_interval_s if "screenshot" in signals else 0,
        scope=EVERYWHERE,
        owner="",
        justification="",
        review_by=None,
    )


def _known(digest: str) -> Policy:
    """That of a digest of which it is known that it was released."""
    found = queries.released_policy(digest)
    assert found is not None
    return found


def _first_after(moment: datetime) -> str:
    """The digest of the first release after a moment; empty while there is none."""
    rows = Release.objects.filter(created_at__gte=moment).order_by("number")
    return rows.values_list("digest", flat=True).first() or ""


def newest_digest() -> str:
    release = Release.objects.usable().order_by("-number").values_list("digest", flat=True).first()
    return release or ""


def what_held_devices_capture(subject: Subject) -> list[tuple[Captured, bool]]:
    """For each live device of a person: what it is to capture with, and whether it is a personal one."""
    return [
        (captured_by(device), device.personal_device)
        for device in Device.objects.active().filter(subject=subject).select_related("subject")
    ]


POLICIES = Policies(covers, more, concerned, newest_digest, write, what_held_devices_capture)
