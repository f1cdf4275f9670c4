"""Everything that an installation keeps is searched for what was planted of a person, who is then erased.

The second half plays the thief: with copies from before the erasure (database, files, the agent's disk) and
everything that opens anything afterwards, nothing of the person opens.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.db import transaction

from accounts import epochs
from accounts.tasks import advance_key_epochs
from audits import checkpoints, folder, sequence
from audits.actions import append
from audits.models import AuditEntry
from capture_sessions import actions
from jurisdictions.actions import load_packs
from mci_admin import drill
from mci_agent.config import State
from mci_agent.spool import Spool
from privacy_requests import tasks
from privacy_requests.actions import approve_request
from privacy_requests.models import Erasure, PrivacyRequest
from reviews.models import Review, Sample, SampleItem, ViewGrant
from tests.server import asking, recordings, thief
from tests.server.cast import Cast, make_cast

#: Words that no list of names or words knows, one for each way in.
TYPED, ASKED, LOGGED, NOTED = "quollbramble", "pangofrost", "wombathusk", "numbatgale"
MARKS = (TYPED, ASKED, LOGGED, NOTED)


@dataclass
class Story:
    cast: Cast
    spool: Spool
    stolen: thief.Thief
    spool_files: dict[Path, bytes]


@pytest.fixture
def story(transactional_db: None, settings: Any, tmp_path: Path) -> Story:
    for name in ("EPOCHS_DIR", "LEDGER_DIR", "AUDIT_STATE_DIR"):
        setattr(settings, name, tmp_path / name.lower())
    settings.KEY_EPOCH_GRACE_HOURS = 0
    cast = make_cast()
    load_packs(actor=cast.system())
    upload = recordings.upload(cast)
    next(line for line in upload.lines if line.get("type") == "text")["text"] = f"{TYPED} [EMAIL]"
    session = upload.seal().send(cast)
    actions.record_scan(session=session, hits=[], actor=cast.system())
    _note(cast, session)
    with transaction.atomic():
        append(
            action="audits.x",
            actor=cast.system(),
            obj=None,
            subject=cast.subject().pk,
            reason=f"for {LOGGED}",
        )
    spool = Spool(State.open(tmp_path / "agent"))
    spool.add(str(session.pk), {"captured_to": 1}, "signature", [TYPED.encode() * 9, *upload.parts])
    files = {path: path.read_bytes() for path in (tmp_path / "agent").rglob("*") if path.is_file()}
    return Story(cast, spool, thief.steal(cast.subject()), files)


def _note(cast: Cast, session: Any) -> None:
    """A reviewer wrote something down."""
    now = session.created_at
    sample = Sample.objects.create(
        purpose="redaction_quality", size=1, window_from=now, window_to=now, drawn_by=cast.officer
    )
    item = SampleItem.objects.create(sample=sample, session=session, stratum="", position=0)
    grant = ViewGrant.objects.create(
        session=session, item=item, viewer=cast.officer, reason="r", expires_at=now + timedelta(days=1)
    )
    Review.objects.create(item=item, grant=grant, reviewer=cast.officer, verdict="clean", comment=NOTED)


def _everything(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[tuple[str, bytes]]:
    """(where, bytes) of all that is kept."""
    dump = tmp_path / "all.dump"
    drill._dump(dump)
    plain = subprocess.run([drill._program("pg_restore"), "--file=-", dump], capture_output=True, check=True)
    yield "database", plain.stdout
    for place in ("BLOBS_DIR", "KEYS_DIR", "EPOCHS_DIR", "LEDGER_DIR", "AUDIT_STATE_DIR"):
        for path in Path(getattr(configured, place)).rglob("*"):
            if path.is_file():
                yield f"{place}/{path.name}", path.read_bytes()
    with redis.Redis.from_url(configured.REDIS_URL) as valkey:
        for key in valkey.scan_iter():
            yield f"valkey {key!r}", key + repr(_value(valkey, key)).encode()
    out, err = capfd.readouterr()
    yield "log lines", (out + err).encode()
    signed = checkpoints.newest()
    assert signed is not None
    folder.export(tmp_path / "log", signed)
    for path in (tmp_path / "log").rglob("*"):
        if path.is_file():
            yield f"export {path.name}", path.read_bytes()
    for path in (tmp_path / "agent").rglob("*"):
        if path.is_file():
            yield f"agent {path.name}", path.read_bytes()


def _value(valkey: Any, key: bytes) -> Any:
    read = {
        b"string": valkey.get,
        b"list": lambda name: valkey.lrange(name, 0, -1),
        b"set": valkey.smembers,
        b"hash": valkey.hgetall,
        b"zset": lambda name: valkey.zrange(name, 0, -1),
        b"stream": valkey.xrange,
    }
    return read[valkey.type(key)](key)


def _found(where: Iterator[tuple[str, bytes]]) -> set[tuple[str, str]]:
    return {
        (mark, name.split("/")[0])
        for name, data in where
        for mark in MARKS
        if mark.encode() in data or mark.encode().hex().encode() in data
    }


def _sign_log() -> None:
    while sequence.advance():
        pass
    checkpoints.sign()


def test_after_an_erasure_nothing_of_the_person_is_found_or_opens(
    story: Story, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asking.asked(story.cast, message=f"Please forget {ASKED}")
    # The test has eyes: what is not sealed is found, and what is sealed opens for whoever has the keys.
    _sign_log()
    assert _found(_everything(tmp_path, capfd)) == {(ASKED, "database"), (NOTED, "database")}
    assert story.stolen.opened(thief.all_keys()) == len(story.stolen.sealed) >= 6

    _erase(story)
    story.spool.purge()
    tomorrow = epochs.today() + timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(epochs, "today", lambda: tomorrow)
        advance_key_epochs()
    _sign_log()
    assert _found(_everything(tmp_path, capfd)) == set()
    assert story.stolen.opened(thief.all_keys()) == 0
    _spool_stays_shut(story, tmp_path)
    # The log is whole, and an officer who opens the entry reads that its details are erased.
    entry = AuditEntry.objects.get(action="audits.x")
    page = story.cast.client("officer").get(f"/audit/{entry.pk}/")
    assert LOGGED not in page.content.decode()
    assert "erased" in page.content.decode()


def _erase(story: Story) -> None:
    approve_request(
        request=PrivacyRequest.objects.get(),
        reason="Granted: the person's right",
        actor=story.cast.actor("officer"),
    )
    assert tasks.run_erasure(str(Erasure.objects.get().pk)) == "done"


def _spool_stays_shut(story: Story, tmp_path: Path) -> None:
    """Copies of the agent's files put back beside the key that is there now."""
    back = State.open(tmp_path / "stolen")
    (tmp_path / "stolen" / "spool.key").write_bytes((tmp_path / "agent" / "spool.key").read_bytes())
    for path, data in story.spool_files.items():
        if path.name != "spool.key":
            target = tmp_path / "stolen" / path.relative_to(tmp_path / "agent")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    assert Spool(back).sessions == {}
