"""What lies in the store can be read at its own place with its own key, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from accounts.keys import destroy_person_keys
from capture_sessions import actions, contents, store
from capture_sessions.models import SessionBlob
from mci_core import envelope
from mci_core.errors import ActionError, Conflict, NotFound
from tests.server import recordings
from tests.server.capture_sessions.support import stored_files
from tests.server.cast import Cast


def blobs_of(cast: Cast) -> list[SessionBlob]:
    return list(recordings.received(cast).blobs.all())


def path_of(blob: SessionBlob) -> Path:
    return Path(store.storage().path(blob.storage_name))


def refusal(blob: SessionBlob) -> str:
    with pytest.raises(ActionError) as caught:
        store.read_blob(blob)
    return caught.value.code


def test_a_flipped_byte_anywhere_does_not_open(cast: Cast) -> None:
    blob = blobs_of(cast)[0]
    path, whole = path_of(blob), path_of(blob).read_bytes()
    for at in (0, 11, 12, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert refusal(blob) == "cannot_open"
    for cut in (b"", whole[:20], whole[:-1], whole + b"\0"):
        path.write_bytes(cut)
        assert refusal(blob) == "cannot_open"
    path.write_bytes(whole)
    assert store.read_blob(blob)


def test_an_object_that_was_moved_does_not_open(cast: Cast) -> None:
    events, frame = blobs_of(cast)
    (other, _) = blobs_of(cast)
    mine, theirs = path_of(events).read_bytes(), path_of(other).read_bytes()
    path_of(other).write_bytes(mine)
    assert refusal(other) == "cannot_open"
    path_of(events).write_bytes(theirs)
    assert refusal(events) == "cannot_open"
    # With its key, to another place of the same session or of another one.
    for row in (SessionBlob(**_fields(events) | {"index": 7}), SessionBlob(**_fields(events, other))):
        path_of(row).write_bytes(mine)
        assert refusal(row) == "cannot_open"
    path_of(frame).unlink()
    assert refusal(frame) == "blob_missing"


def _fields(blob: SessionBlob, place: SessionBlob | None = None) -> dict[str, object]:
    where = place or blob
    return {
        "session_id": where.session_id,
        "index": where.index,
        "storage_name": where.storage_name,
        "sha256": blob.sha256,
        "wrapped_key": blob.wrapped_key,
        "person_key": blob.person_key,
        "key_number": blob.key_number,
    }


def test_an_object_that_opens_to_other_bytes_is_damaged(cast: Cast) -> None:
    blob = blobs_of(cast)[0]
    blob.sha256 = "0" * 64
    assert refusal(blob) == "blob_damaged"


def test_the_store_holds_no_plaintext_and_no_name(cast: Cast) -> None:
    upload = recordings.upload(cast)
    upload.send(cast)
    held = b"".join(path.read_bytes() for path in stored_files())
    lines = envelope.unpack(upload.parts[0], 10**6)
    for known in (
        b"WEBP",
        b"RIFF",
        b"\x28\xb5\x2f\xfd",
        b"EXCEL",
        b"[EMAIL]",
        lines[:16],
        upload.parts[0][:16],
    ):
        assert known not in held
    names = " ".join(str(path.relative_to(path.parents[1])) for path in stored_files())
    for word in (str(cast.subject().pk), cast.subject().pk.hex, cast.subject().pseudonym, upload.pk.hex):
        assert word not in names


def test_files_are_for_the_server_alone(cast: Cast) -> None:
    blobs_of(cast)
    for path in stored_files():
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_equal_parts_are_sealed_differently(cast: Cast) -> None:
    first, second = blobs_of(cast), blobs_of(cast)
    assert path_of(first[1]).read_bytes() != path_of(second[1]).read_bytes()
    assert bytes(first[1].wrapped_key or b"") != bytes(second[1].wrapped_key or b"")
    assert store.read_blob(first[1]) == store.read_blob(second[1])


def test_an_erased_part_does_not_open_even_while_its_file_is_there(cast: Cast) -> None:
    blob = blobs_of(cast)[0]
    actions.erase_sessions(session_ids=[blob.session_id], because="request", actor=cast.system())
    blob.refresh_from_db()
    assert path_of(blob).exists()
    assert blob.wrapped_key is None
    assert refusal(blob) == "erased"


def test_without_the_person_key_no_copy_opens(cast: Cast) -> None:
    """A backup that still holds file, row and wrapped data key stays closed."""
    blob = blobs_of(cast)[0]
    destroy_person_keys(subject=cast.subject(), actor=cast.system())
    blob.refresh_from_db()
    assert blob.wrapped_key is not None
    assert refusal(blob) == "key_destroyed"
    with pytest.raises(Conflict):
        contents.read_events(blob.session)


def test_removing_an_object_that_is_gone_is_fine(cast: Cast) -> None:
    blob = blobs_of(cast)[0]
    for _ in range(2):
        store.remove_file(blob.storage_name)
    with pytest.raises(NotFound):
        store.read_blob(blob)
    assert os.path.basename(blob.storage_name) not in {path.name for path in stored_files()}
