"""Attacks on memory, disk and time: bombs, floods, a full disk, expressions that never end."""

from __future__ import annotations

import errno
import time
import tracemalloc
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage

from audits.models import AuditEntry
from capture_policies.preview import try_rule
from capture_sessions import ingest, store, tasks
from capture_sessions.models import CaptureSession, SessionState
from mci_core import envelope, session
from mci_core.errors import ActionError, Unavailable
from tests.server import recordings
from tests.server.capture_policies.support import CUSTOMERS
from tests.server.capture_sessions.support import Sender, nothing_stored, refusal, relined, sender_of
from tests.server.cast import Cast


@pytest.fixture
def sender(cast: Cast) -> Sender:
    return sender_of(cast)


@pytest.fixture(autouse=True)
def blobs(tmp_path: Any, settings: Any) -> None:
    ours = settings.STORAGES["blobs"]
    folder = {**ours, "OPTIONS": {**ours["OPTIONS"], "location": tmp_path / "blobs"}}
    settings.STORAGES = {**settings.STORAGES, "blobs": folder}


def test_a_few_kilobytes_do_not_unfold_to_gigabytes(cast: Cast) -> None:
    """Empty lists cost three bytes in a line and sixty in memory."""
    header = session.encode_lines([recordings.header(1)])
    row = b'{"seq":%d,"t":0,"type":"mouse_move","x":1,"y":1,"z":[' + b"[]," * 20_000 + b"[]]}\n"
    bomb = header + b"".join(row.replace(b"%d", str(number).encode()) for number in range(700))
    assert len(envelope.pack(bomb)) < 64 * 1024
    tracemalloc.start()
    with pytest.raises(session.SessionError) as caught:
        session.parse_lines(bomb.splitlines(keepends=True))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == "too_large"
    assert peak < 500 * 1024 * 1024


def test_a_device_whose_sessions_are_refused_again_and_again_has_to_wait(
    cast: Cast, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "MAX_REFUSED", 2)
    for _ in range(2):
        broken = relined(cast, lambda lines: lines[2].update(entry="unknown"))
        assert sender.send(broken).status_code == 422
    entries = AuditEntry.objects.count()
    answer = sender.manifest(recordings.upload(cast))
    assert refusal(answer) == (429, "too_many")
    assert int(answer["Retry-After"]) > 0
    assert (AuditEntry.objects.count(), nothing_stored()) == (entries, True)


def test_only_a_few_sessions_lie_in_memory_at_once(
    cast: Cast, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "WAIT_SECONDS", 0.01)
    upload = recordings.upload(cast)
    with ingest._examiner(), ingest._examiner():
        answer = sender.send(upload)
        assert refusal(answer) == (503, "busy")
        assert int(answer["Retry-After"]) > 0
    assert sender.complete(upload).status_code == 201


def _full(*_args: Any, **_kwargs: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_refuses_a_part_for_a_while_and_keeps_nothing_of_it(
    cast: Cast, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = recordings.upload(cast)
    sender.manifest(upload)
    with monkeypatch.context() as patched:
        patched.setattr(FileSystemStorage, "_save", _full)
        answer = sender.part(upload, 0)
        assert refusal(answer) == (503, "store_unavailable")
        assert int(answer["Retry-After"]) > 0
    assert sender.send(upload).status_code == 201


def test_a_store_that_is_away_opens_no_finding_and_the_scan_comes_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = recordings.received(cast)
    with monkeypatch.context() as patched:
        patched.setattr(FileSystemStorage, "_open", _full)
        with pytest.raises(Unavailable):
            tasks.scan_session(str(waiting.pk))
        assert tasks.sweep_unscanned() == 1
    assert CaptureSession.objects.get(pk=waiting.pk).state == SessionState.RECEIVED
    tasks.sweep_unscanned()
    assert CaptureSession.objects.get(pk=waiting.pk).state == SessionState.AVAILABLE


def test_an_object_is_stored_under_a_name_of_ours_whatever_the_agent_calls_it(cast: Cast) -> None:
    upload = recordings.upload(cast)
    for name in ("../../etc/passwd", "a/b", ".hidden", "a\x00b", "\u202egnp.exe"):
        upload.document["parts"][0]["name"] = name
        with pytest.raises(ActionError):
            upload.seal(parts=upload.document["parts"])
    blob = recordings.received(cast).blobs.first()
    assert blob is not None
    assert blob.name not in store.storage().path(blob.storage_name)


EXPRESSIONS = (
    r"(a+)+$",
    r"(a|a)*b",
    r"(.*)*x",
    r"([a-z]+)*\d",
    r"(x{1,100}){1,100}{1,100}",
    r"a{1000}{1000}",
    r"(?:a?){1000}a{1000}",
    "(" * 5000,
    r"\p{L}{1000}",
    r"(?=a)b",
    r"(a)\1",
)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda text: text[:20])
def test_no_expression_of_a_rule_stalls_the_preview(expression: str) -> None:
    rule = {
        **CUSTOMERS,
        "match": {"type": "regex", "pattern": expression},
        "examples": {"redact": ["a" * 30], "keep": ["b"]},
    }
    started = time.process_time()
    try_rule(rule, "a" * 20_000 + "!")
    assert time.process_time() - started < 2
