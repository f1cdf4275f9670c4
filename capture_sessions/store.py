"""Where the bytes of sessions lie: one encrypted object per part, its data key wrapped by the key of its
session.

Order of trust: data key (random, per object) <- key of the session <- tree of the person <- key of the day.
What an erasure destroys is the wrapped data key at once, the key of the session in the tree within minutes,
and with the keys of the days every copy of that tree. File names say nothing about the person.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from hashlib import sha256

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import QuerySet

from accounts import keys
from audits.queue import enqueue_on_commit
from capture_sessions.models import CaptureSession, SessionBlob
from mci_core import envelope
from mci_core.errors import Conflict, NotFound, Unavailable

log = structlog.get_logger(__name__)


def storage() -> Storage:
    """The object store for sessions (a folder by default, S3 by settings)."""
    return storages["blobs"]


def _aad(session_id: uuid.UUID, index: int) -> bytes:
    # Binds the ciphertext to its place: an object moved to another session does not open.
    return f"mci-blob/1:{session_id}:{index}".encode()


def write_blob(*, session: CaptureSession, index: int, kind: str, name: str, data: bytes) -> SessionBlob:
    """Seal `data` and store it; the row is part of the caller's transaction.

    When that transaction fails, the file is unreadable garbage (its key was never kept) for the orphan sweep.
    """
    place, data_key, wrapped = keys.new_data_key(session.subject, near=key_of_session(session))
    storage_name = f"{session.pk.hex[:2]}/{uuid.uuid4().hex}"
    sealed = envelope.seal(data_key, data, _aad(session.pk, index))
    _save(storage_name, sealed)
    return SessionBlob.objects.create(
        session=session,
        index=index,
        kind=kind,
        name=name,
        sha256=sha256(data).hexdigest(),
        byte_count=len(data),
        storage_name=storage_name,
        wrapped_key=wrapped,
        person_key=place.row,
        key_number=place.number,
    )


def key_of_session(session: CaptureSession) -> tuple[uuid.UUID, int] | None:
    """Row and number of the key that wraps the parts that are there already."""
    numbered = session.blobs.filter(key_number__isnull=False, erased_at__isnull=True)
    blob = numbered.order_by("-stored_at").only("person_key_id", "key_number").first()
    return None if blob is None or blob.key_number is None else (blob.person_key_id, blob.key_number)


def destroy_keys(blobs: QuerySet[SessionBlob]) -> None:
    """Have the keys of these parts' sessions taken out of their trees after the commit. Always of whole
    sessions: the parts of one share a key.
    """
    numbered = blobs.filter(key_number__isnull=False).order_by()
    places = numbered.values_list("person_key_id", "key_number").distinct()
    keys.spend((row, number) for row, number in places if number is not None)
    enqueue_on_commit("accounts.tasks.destroy_object_keys")


def _save(storage_name: str, sealed: bytes) -> None:
    try:
        storage().save(storage_name, ContentFile(sealed))
    except OSError as error:
        # A full disk leaves the beginning of a file; nobody could open it, but it takes the room.
        with suppress(OSError):
            remove_file(storage_name)
        raise _unavailable(error) from error


def _unavailable(error: OSError) -> Unavailable:
    log.error("store_unavailable", fault=type(error).__name__, number=error.errno)
    return Unavailable(
        "The store cannot be used at the moment.", code="store_unavailable", extra={"retry_after": 30}
    )


def read_blob(blob: SessionBlob) -> bytes:
    """The bytes as uploaded (redacted). Raises NotFound when the key or the object is gone."""
    if blob.wrapped_key is None or blob.erased_at is not None:
        raise NotFound("This object has been erased.", code="erased")
    data_key = _data_key(blob)
    try:
        with storage().open(blob.storage_name) as handle:
            sealed = handle.read()
    except FileNotFoundError as error:
        raise NotFound("This object is missing from the store.", code="blob_missing") from error
    except OSError as error:
        raise _unavailable(error) from error
    data = envelope.open_(data_key, sealed, _aad(blob.session_id, blob.index))
    if sha256(data).hexdigest() != blob.sha256:
        raise NotFound("This object is damaged.", code="blob_damaged")
    return data


def _data_key(blob: SessionBlob) -> bytes:
    try:
        return keys.unwrap_data_key(blob.key_place, bytes(blob.wrapped_key or b""))
    except Conflict:
        if blob.key_number is not None:
            raise
    # The row was read before its data key was moved to a tree.
    moved = SessionBlob.objects.select_related("person_key").get(pk=blob.pk)
    return keys.unwrap_data_key(moved.key_place, bytes(moved.wrapped_key or b""))


def remove_file(storage_name: str) -> None:
    """Delete a stored object; deleting one that is gone already is fine."""
    storage().delete(storage_name)


def remove_after_commit(blobs: Iterable[SessionBlob]) -> None:
    """Delete the objects of these parts once the rows are gone; what fails here is left to the sweep."""
    for blob in blobs:
        transaction.on_commit(partial(remove_file, blob.storage_name), robust=True)
