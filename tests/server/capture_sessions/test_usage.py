"""Which day is told of an entry: the last one of stored sessions, where enough people stand behind it."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Subject
from capture_policies.usage import Use, uses
from capture_sessions.models import CaptureSession, SessionTotal
from tests.server.cast import Cast
from tests.server.recordings import available


def _again_by_others(cast: Cast, session: CaptureSession, number: int) -> None:
    """The same session of other people."""
    totals = list(session.totals.all())
    for _ in range(number):
        other = CaptureSession.objects.get(pk=session.pk)
        other.pk = uuid.uuid4()
        name = secrets.token_hex(4)
        group = cast.subject().department
        other.subject = Subject.objects.create(pseudonym=f"P-{name}", department=group)
        other.manifest_sha256 = secrets.token_hex(32)
        other.save(force_insert=True)
        for total in totals:
            total.pk, total.session = None, other
            total.save(force_insert=True)


def test_a_day_is_told_when_enough_people_stand_behind_it(cast: Cast) -> None:
    session = available(cast)
    rows = list(SessionTotal.objects.filter(session=session))
    entry = rows[0].entry_id
    last = max(row.day for row in rows if row.entry_id == entry)
    assert uses() == {row.entry_id: Use(None, few=True) for row in rows}
    _again_by_others(cast, session, 3)
    assert uses([entry]) == {entry: Use(None, few=True)}
    _again_by_others(cast, session, 1)
    assert uses([entry]) == {entry: Use(last, few=False)}
    assert uses(["another"]) == {}


def test_people_of_the_last_days_and_of_long_ago_count_together(cast: Cast) -> None:
    session = available(cast)
    entry = session.totals.all()[0].entry_id
    _again_by_others(cast, session, 4)
    long_ago = timezone.now().date() - timedelta(days=300)
    for ago in (10, 100):
        SessionTotal.objects.filter(entry_id=entry).update(day=timezone.now().date() - timedelta(days=ago))
        assert uses([entry, "another"]) == {
            entry: Use(timezone.now().date() - timedelta(days=ago), few=False)
        }
        assert uses()[entry] == uses([entry])[entry]
    SessionTotal.objects.filter(entry_id=entry).exclude(session=session).update(day=long_ago)
    SessionTotal.objects.filter(session=session).update(day=timezone.now().date())
    assert uses([entry]) == {entry: Use(timezone.now().date(), few=False)}


def test_what_many_use_now_is_told_without_reading_what_they_did_before(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    session = available(cast)
    entry = session.totals.all()[0].entry_id
    _again_by_others(cast, session, 4)
    SessionTotal.objects.update(day=timezone.now().date())
    with django_assert_num_queries(1), CaptureQueriesContext(connection) as seen:
        assert not uses([entry])[entry].few
    assert all('"day" >' in query["sql"] for query in seen.captured_queries)


def test_sessions_that_are_not_stored_tell_nothing(cast: Cast) -> None:
    session = available(cast)
    CaptureSession.objects.filter(pk=session.pk).update(state="uploading")
    assert uses() == {}
