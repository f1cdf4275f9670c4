"""Examples of the actions on sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from capture_policies.queries import policy_by_release
from capture_sessions import actions, contents, ingest
from capture_sessions.models import CaptureSession
from tests.server import old_keys, recordings
from tests.server.cast import Cast


def _begun(cast: Cast) -> recordings.Upload:
    upload = recordings.upload(cast)
    ingest.begin(
        device=cast.device,
        session_id=upload.pk,
        document=upload.document,
        signature=upload.signature,
        actor=cast.device_actor(),
    )
    return upload


def _begin_upload(cast: Cast) -> None:
    _begun(cast)


def _stored(cast: Cast) -> recordings.Upload:
    upload = _begun(cast)
    for index, data in enumerate(upload.parts):
        actions.store_part(
            device=cast.device, session_id=upload.pk, index=index, data=data, actor=cast.device_actor()
        )
    return upload


def _store_part(cast: Cast) -> str:
    _stored(cast)
    return "capture_sessions.begin_upload"


def _accept_upload(cast: Cast) -> None:
    session = CaptureSession.objects.get(pk=_stored(cast).pk)
    policy = policy_by_release(session.release_number)
    totals = contents.examine(session, policy, session.lease)
    actions.accept_upload(
        device=cast.device, session_id=session.pk, totals=totals, policy=policy, actor=cast.device_actor()
    )


def _refuse_upload(cast: Cast) -> None:
    actions.refuse_upload(
        device=cast.device, session_id=_stored(cast).pk, code="no_entry", actor=cast.device_actor()
    )


def _drop_stale_uploads(cast: Cast) -> None:
    CaptureSession.objects.filter(pk=_begun(cast).pk).update(created_at=timezone.now() - timedelta(days=3))
    actions.drop_stale_uploads(actor=cast.system())


def _drop_uploads_of(cast: Cast) -> None:
    _begun(cast)
    actions.drop_uploads_of(subject=cast.subject(), actor=cast.system())


def _record_scan(cast: Cast) -> None:
    recordings.available(cast)


def _quarantine_session(cast: Cast) -> None:
    actions.quarantine_session(session=recordings.available(cast), actor=cast.system())


def _move_data_keys(cast: Cast) -> None:
    recordings.available(cast)
    old_keys.give_old_key(cast.subject())
    actions.move_data_keys(subject=cast.subject(), actor=cast.system())


def _hold_sessions(cast: Cast) -> None:
    until = timezone.now() + timedelta(days=3)
    actions.hold_sessions(subject=cast.subject(), until=until, actor=cast.system())


def _erase_sessions(cast: Cast) -> None:
    actions.erase_sessions(
        session_ids=[recordings.available(cast).pk], because="request", actor=cast.system()
    )


def _expire_sessions(cast: Cast) -> None:
    session = recordings.available(cast)
    CaptureSession.objects.filter(pk=session.pk).update(delete_after=timezone.now() - timedelta(days=1))
    actions.expire_sessions(actor=cast.system())


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "capture_sessions.begin_upload": _begin_upload,
    "capture_sessions.store_part": _store_part,
    "capture_sessions.accept_upload": _accept_upload,
    "capture_sessions.refuse_upload": _refuse_upload,
    "capture_sessions.drop_stale_uploads": _drop_stale_uploads,
    "capture_sessions.drop_uploads_of": _drop_uploads_of,
    "capture_sessions.record_scan": _record_scan,
    "capture_sessions.quarantine_session": _quarantine_session,
    "capture_sessions.move_data_keys": _move_data_keys,
    "capture_sessions.hold_sessions": _hold_sessions,
    "capture_sessions.erase_sessions": _erase_sessions,
    "capture_sessions.expire_sessions": _expire_sessions,
}
