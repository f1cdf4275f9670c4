"""A person switches an app or site off for all of their own devices, or takes that back.

It only tightens, and it is neutral: the log says that somebody did so, not who and not which entry, like a
pause (docs/adr/0016, 0019). Devices obey with their next lease; the hint makes that a matter of seconds.
"""

from __future__ import annotations

import re

from accounts import permissions
from accounts.models import Subject
from agents.models import SubjectExclusion
from audits import actions as log
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from mci_core.errors import Conflict, Forbidden, Invalid

#: As the lease report: more than any policy has that a person would switch off one by one.
MAX_EXCLUSIONS = 500
_ENTRY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
PORTAL = Actor.system("portal")


@audited("agents.exclude_entry")
def exclude_entry(*, entry: str, actor: Actor) -> None:
    """Never capture in this entry on any device of the person who acts, whatever the policy says."""
    permissions.require(actor, "agents.exclude_entry")
    subject = _own(actor)
    if not _ENTRY.fullmatch(entry):
        raise Invalid("There is no such app or site.", field="entry")
    if subject.exclusions.filter(entry=entry).exists():
        with nothing_to_do():
            return
    if subject.exclusions.count() >= MAX_EXCLUSIONS:
        raise Conflict(f"At most {MAX_EXCLUSIONS} apps and sites. Pause instead.", code="too_many")
    SubjectExclusion.objects.create(subject=subject, entry=entry)
    log.append(action="agents.exclude_entry", actor=PORTAL, obj=None)
    enqueue_on_commit("agents.tasks.hint_subject", str(subject.pk))


@audited("agents.include_entry")
def include_entry(*, entry: str, actor: Actor) -> None:
    """Take an own exclusion back: the policy alone decides again."""
    permissions.require(actor, "agents.include_entry")
    subject = _own(actor)
    count, _ = subject.exclusions.filter(entry=entry).delete()
    if not count:
        with nothing_to_do():
            return
    log.append(action="agents.include_entry", actor=PORTAL, obj=None)
    enqueue_on_commit("agents.tasks.hint_subject", str(subject.pk))


@audited("agents.forget_exclusions")
def forget_exclusions(*, subject: Subject, actor: Actor) -> int:
    """Part of the erasure of everything: a person of whom nothing is captured any more has nothing to switch
    off.
    """
    permissions.require(actor, "agents.forget_exclusions")
    count, _ = subject.exclusions.all().delete()
    if not count:
        with nothing_to_do():
            return 0
    log.append(action="agents.forget_exclusions", actor=PORTAL, obj=None)
    return count


def _own(actor: Actor) -> Subject:
    """The person who acts, locked: nobody else's exclusions can be changed."""
    user = getattr(actor.user, "pk", None)
    subject = Subject.objects.select_for_update().filter(user=user).first() if user else None
    if subject is None:
        raise Forbidden("This account has no own data.")
    return subject
