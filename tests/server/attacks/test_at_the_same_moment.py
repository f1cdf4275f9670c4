"""Two transactions that are made to meet at the very place where each could wait for the other."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection

from capture_sessions import ingest, store
from capture_sessions.actions import store_part
from capture_sessions.models import CaptureSession
from privacy_requests import actions as requests
from privacy_requests.models import Erasure
from tests.server import asking, recordings
from tests.server.attacks.together import at_once
from tests.server.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queued")]

_WAITS = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND datname = current_database()
"""


def _until_somebody_waits() -> None:
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(_WAITS)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)


def test_a_part_and_the_beginning_of_an_erasure_do_not_wait_for_each_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both need the person and the session. In two orders the database would have to end one with a fault."""
    upload = recordings.upload(cast)
    actor = cast.device_actor()
    ingest.begin(
        device=upload.device,
        session_id=upload.pk,
        document=upload.document,
        signature=upload.signature,
        actor=actor,
    )
    asking.approved(cast)
    erasure = Erasure.objects.get()
    begun = threading.Event()
    write = store.write_blob

    def held(**given: Any) -> Any:
        begun.set()
        _until_somebody_waits()
        return write(**given)

    monkeypatch.setattr(store, "write_blob", held)

    def freeze() -> str:
        assert begun.wait(30)
        return requests.advance_erasure(erasure=erasure, actor=cast.system())

    results = at_once(
        lambda: store_part(
            device=upload.device, session_id=upload.pk, index=0, data=upload.parts[0], actor=actor
        ),
        freeze,
    )
    assert results[1] == "manifest"
    assert not CaptureSession.objects.exists()
