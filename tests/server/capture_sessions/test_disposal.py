"""Objects that nobody can read any more go: of erased parts at once, those without any row after a day."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from capture_sessions import actions, disposal, store, tasks
from capture_sessions.models import CaptureSession, SessionBlob
from tests.server import recordings
from tests.server.capture_sessions.support import stored_files
from tests.server.cast import Cast

NOW = datetime.now(UTC).replace(hour=5)


def orphan(folder: str, name: str, *, hours: float = 48) -> Path:
    path = Path(store.storage().path(store.storage().save(f"{folder}/{name}", ContentFile(b"sealed"))))
    at = NOW.timestamp() - hours * 3600
    os.utime(path, (at, at))
    return path


def test_a_failed_transaction_leaves_an_object_that_nobody_can_open(cast: Cast) -> None:
    upload = recordings.upload(cast)

    class Lost(Exception):
        pass

    def broken() -> None:
        upload.send(cast)
        raise Lost

    with pytest.raises(Lost), transaction.atomic():
        broken()
    assert not SessionBlob.objects.exists()
    assert len(stored_files()) == 2
    day = time.time() - 2 * 86_400
    for path in stored_files():
        os.utime(path, (day, day))
    hours = [NOW.replace(hour=hour) for hour in range(24)]
    assert sum(disposal.remove_orphans(now=now) for now in hours) == 2
    assert stored_files() == []


def test_each_folder_has_its_hour(cast: Cast) -> None:
    paths = [orphan(f"{number:02x}", "a") for number in (5, 29, 6)]
    assert disposal.remove_orphans(now=NOW) == 2
    assert [path.exists() for path in paths] == [False, False, True]
    assert disposal.remove_orphans(now=NOW + timedelta(hours=1)) == 1


def test_young_objects_and_those_with_a_row_stay(cast: Cast) -> None:
    session = recordings.received(cast)
    for name in ("events", "frame"):
        orphan("05", name)
    for blob, name in zip(session.blobs.all(), ("events", "frame"), strict=True):
        SessionBlob.objects.filter(pk=blob.pk).update(storage_name=f"05/{name}")
    young = orphan("05", "young", hours=23)
    old = orphan("05", "old", hours=25)
    assert disposal.remove_orphans(now=NOW) == 1
    assert (young.exists(), old.exists()) == (True, False)


def test_one_run_is_bounded_and_the_next_goes_on(cast: Cast) -> None:
    for number in range(205):
        orphan("05", f"o{number}")
    assert disposal.remove_orphans(now=NOW, limit=3) == 3
    assert disposal.remove_orphans(now=NOW) == 202
    assert tasks.remove_orphans() == 0


def test_an_object_that_resists_stops_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    recordings.received(cast)
    ids = list(CaptureSession.objects.values_list("pk", flat=True))
    actions.erase_sessions(session_ids=ids, because="request", actor=cast.system())
    first = SessionBlob.objects.order_by("index").first()
    assert first is not None
    real = store.remove_file

    def stubborn(name: str) -> None:
        if name == first.storage_name:
            raise PermissionError
        real(name)

    with monkeypatch.context() as patched:
        patched.setattr(store, "remove_file", stubborn)
        assert disposal.remove_erased_files() == 1
    assert list(SessionBlob.objects.filter(file_removed_at=None)) == [first]
    assert disposal.remove_erased_files() == 1
