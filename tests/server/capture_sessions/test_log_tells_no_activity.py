"""Readers of the audit log cannot follow when or how much somebody works."""

from __future__ import annotations

import pytest

from audits.models import AuditEntry
from capture_sessions import actions
from tests.server import recordings
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db


def test_entries_about_sessions_name_neither_the_person_nor_the_device(cast: Cast) -> None:
    session = recordings.available(cast)
    actions.erase_sessions(session_ids=[session.pk], because="request", actor=cast.system())
    entries = AuditEntry.objects.filter(object_id=str(session.pk))
    assert entries.count() == 4
    named = {str(cast.device.pk), str(cast.subject().pk), str(cast.employee.pk)}
    assert [entry.action for entry in entries if any(name in entry.leaf for name in named)] == []


def test_no_entry_of_an_upload_counts_events_or_frames(cast: Cast) -> None:
    recordings.available(cast)
    leaves = AuditEntry.objects.filter(action__startswith="capture_sessions.").values_list("leaf", flat=True)
    assert [leaf for leaf in leaves if '"events"' in leaf or '"frames"' in leaf] == []
