"""Where somebody works over time. A new statement cuts what it overlaps of its own kind: a base place other
base places, a trip other trips. A trip lies over the base place, has an end, and is over by itself.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts import permissions
from accounts.models import Subject, WorkLocation
from audits.actions import append
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited
from mci_core.errors import Invalid, NotFound

_PLACE = re.compile(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")
SOURCES = ("hr", "employee", "trip")
#: How far back a person may state a place; the personnel record (``system``) may reach further.
BACKDATE = timedelta(days=1)


@audited("accounts.set_work_location")
def set_work_location(
    *, subject: Subject, place: str, start: datetime, end: datetime | None, source: str, actor: Actor
) -> WorkLocation:
    """``place`` is ISO 3166 (``DE``, ``US-NY``); the period is half open, an ``end`` of None leaves it
    open.
    """
    permissions.require(actor, "accounts.set_work_location")
    _own_or_keeper(subject, actor)
    _check(place, start, end, source, actor)
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    before = _make_room(subject, start, end, trip=source == "trip")
    row = WorkLocation.objects.create(
        subject=subject, place=place, period=DateTimeTZRange(start, end), source=source
    )
    # An admin knows the account, so that entry must not name the subject (see create_user).
    by_admin = actor.kind == "user" and str(actor.user.own_subject_id) != str(subject.pk)
    append(
        action="accounts.set_work_location",
        actor=actor,
        obj=subject.user if by_admin else None,
        subject=None if by_admin else subject.pk,
        facts={"source": source},
        details={"before": before, "place": place, "start": start, "end": end},
    )
    enqueue_on_commit("agents.tasks.hint_subject", str(subject.pk))
    return row


def _own_or_keeper(subject: Subject, actor: Actor) -> None:
    if actor.kind != "user" or permissions.ADMIN in permissions.roles_of(actor.user):
        return
    if str(actor.user.own_subject_id) != str(subject.pk):
        raise NotFound("There is no such person.")


def _check(place: str, start: datetime, end: datetime | None, source: str, actor: Actor) -> None:
    if not _PLACE.match(place):
        raise Invalid("Write a place as DE or US-NY.", field="place")
    if source not in SOURCES:
        raise Invalid("Choose where this is known from.", field="source")
    if source == "trip" and end is None:
        raise Invalid("A trip has an end. Say when it is over.", field="end")
    if end is not None and end <= start:
        raise Invalid("The end must come after the start.", field="end")
    if actor.kind == "user" and start < timezone.now() - BACKDATE:
        raise Invalid("A place cannot be stated more than a day back.", field="start")


def _make_room(
    subject: Subject, start: datetime, end: datetime | None, *, trip: bool
) -> list[dict[str, object]]:
    """Cut every row of the same kind that overlaps and return what they said before."""
    overlapping = WorkLocation.objects.filter(subject=subject, period__overlap=DateTimeTZRange(start, end))
    overlapping = overlapping.filter(source="trip") if trip else overlapping.exclude(source="trip")
    before: list[dict[str, object]] = []
    for row in list(overlapping):
        lower, upper = row.period.lower, row.period.upper
        before.append({"place": row.place, "start": lower, "end": upper})
        row.delete()
        if lower is None or lower < start:
            _part(row, lower, start)
        if end is not None and (upper is None or upper > end):
            _part(row, end, upper)
    return before


def _part(row: WorkLocation, lower: datetime | None, upper: datetime | None) -> None:
    WorkLocation.objects.create(
        subject_id=row.subject_id,
        place=row.place,
        period=DateTimeTZRange(lower, upper),
        source=row.source,
        recorded_at=row.recorded_at,
    )
