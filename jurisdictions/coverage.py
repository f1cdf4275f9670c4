"""Whether a notice says all that a device would capture. The policies are above this app: they answer here.

A notice tells what one policy captures, less the signals that were denied at its place. A device is to hold a
policy, perhaps another one. If that captures nothing more of this person, here, on this device, what was
acknowledged still counts; otherwise the person has to read a newer notice first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Subject
from jurisdictions.models import Notice


@dataclass(frozen=True)
class Captured:
    """The policy that a device is to hold, and the facts by which its entries are scoped."""

    policy_digest: str
    platform: str = ""
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What a notice tells: a policy and the signals that it was told without."""

    policy_digest: str
    published_at: datetime
    denied_signals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A notice as it would be published now for a family of places."""

    place: str
    title: str
    text: str
    policy_digest: str
    denied_signals: tuple[str, ...]
    members: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """The name of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Policies:
    """What the app of policies answers. ``newest`` is the digest of the newest release, or empty; ``more``
    says in words what a notice for a place would tell that another one does not, ``concerned`` how many
    people there would have to read it, without telling a number that is too small.
    """

    covers: Callable[[Told, Captured, str | None, tuple[str, ...]], bool]
    more: Callable[[Told, Written], list[str]]
    concerned: Callable[[Told | None, Written], str]
    newest: Callable[[], str]
    write: Callable[[], list[Written]]
    held_by: Callable[[Subject], list[tuple[Captured, bool]]]


_policies: list[Policies] = []


def register(policies: Policies) -> None:
    """Called once, when the apps are ready."""
    _policies[:] = [policies]


def covers(notice: Notice, captured: Captured | None, place: str | None, denied: tuple[str, ...]) -> bool:
    """Whether somebody who read this notice was told of all that is captured. No device, nothing captured."""
    if captured is None or not captured.policy_digest or not _policies:
        return True
    return _policies[0].covers(_told(notice), captured, place, denied)


def _told(notice: Notice) -> Told:
    return Told(notice.policy_digest, notice.published_at, tuple(notice.denied_signals))


def more(notice: Notice, written: Written) -> list[str]:
    """What is captured at a place now and not told by a notice, in words."""
    return _policies[0].more(_told(notice), written) if _policies else []


def concerned(notice: Notice | None, written: Written) -> str:
    """The people of whom the newest release captures more than this notice tells, as pages say numbers."""
    return _policies[0].concerned(None if notice is None else _told(notice), written) if _policies else ""


def newest_digest() -> str:
    """The policy that a notice written now is about."""
    return _policies[0].newest() if _policies else ""


def write() -> list[Written]:
    """The notice of each family of places as it would be published now; none while there is no release."""
    return _policies[0].write() if _policies else []


def write_for(family: str) -> Written | None:
    """That of one family of places."""
    return next((written for written in write() if written.place == family), None)


def held_by(subject: Subject) -> list[tuple[Captured, bool]]:
    """What each device of a person is to capture with, and whether it is a personal one."""
    return _policies[0].held_by(subject) if _policies else []
