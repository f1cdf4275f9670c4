"""Moves data keys from before there were trees of keys to the tree of their person.

One person in one transaction, a batch at a time, under the lock that an upload takes too. When nothing is
wrapped with the old key any more, only what opens the person's details in the log is left of it.
"""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from accounts import keys
from accounts.models import KeyPurpose, PersonKey, Subject
from accounts.permissions import require
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from capture_sessions import store
from capture_sessions.models import SessionBlob

BATCH = 500


@audited("capture_sessions.move_data_keys")
def move_data_keys(*, subject: Subject, actor: Actor, limit: int = BATCH) -> bool:
    """Wrap the next data keys of the person with the person's tree. False when there was nothing to move."""
    require(actor, "capture_sessions.move_data_keys")
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    old = PersonKey.objects.select_for_update(no_key=True).filter(
        subject=subject, purpose=KeyPurpose.BOTH, destroyed_at__isnull=True
    )
    row = old.order_by("epoch").first()
    if row is None:
        with nothing_to_do():
            return False
    wrapped = SessionBlob.objects.select_for_update(of=("self",), no_key=True).filter(
        person_key=row, key_number__isnull=True, wrapped_key__isnull=False
    )
    blobs = list(wrapped.select_related("session__subject").order_by("session", "index")[:limit])
    for _session, parts in groupby(blobs, key=_session_of):
        _move(list(parts), row)
    finished = len(blobs) < limit
    if finished:
        keys.keep_details_only(row)
    append(
        action="capture_sessions.move_data_keys",
        actor=actor,
        obj=None,
        facts={"keys": len(blobs), "finished": finished},
    )
    return True


def _session_of(blob: SessionBlob) -> UUID:
    return blob.session_id


def _move(parts: list[SessionBlob], row: PersonKey) -> None:
    session = parts[0].session
    # A tree of the same epoch: when the person is being erased, it goes with the old key.
    place = keys.place_for_session(session.subject, near=store.key_of_session(session), epoch=row.epoch)
    for part in parts:
        data_key = keys.unwrap_data_key(keys.Place(row, None), bytes(part.wrapped_key or b""))
        part.wrapped_key = keys.wrap_data_key(place, data_key)
        part.person_key, part.key_number = place.row, place.number
    SessionBlob.objects.bulk_update(parts, ["wrapped_key", "person_key", "key_number"])
