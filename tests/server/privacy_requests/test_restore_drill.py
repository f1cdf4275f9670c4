"""A dump from before an erasure is restored: it opens nobody who was erased, and is brought up to date."""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import epochs, keyring
from accounts.tasks import advance_key_epochs
from audits import sequence
from capture_sessions.models import CaptureSession
from jurisdictions.actions import load_packs
from mci_admin import drill
from mci_core import canonical
from privacy_requests import tasks
from privacy_requests.models import Erasure
from tests.server import asking, recordings
from tests.server.cast import Cast, make_cast


@dataclass
class Old:
    """An instance with two people, a dump of it, and one of them erased afterwards."""

    cast: Cast
    dump: Path
    erasure: Erasure


@pytest.fixture
def old(transactional_db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Old:
    settings.EPOCHS_DIR, settings.LEDGER_DIR = tmp_path / "epochs", tmp_path / "ledger"
    settings.KEY_EPOCH_GRACE_HOURS = 0
    cast = make_cast()
    load_packs(actor=cast.system())
    recordings.available(cast)
    recordings.available(replace(cast, device=cast.other_device, device_key=cast.other_device_key))
    while sequence.advance():
        pass
    dump = tmp_path / "yesterday.dump"
    drill._dump(dump)
    asking.approved(cast)
    erasure = Erasure.objects.get()
    assert tasks.run_erasure(str(erasure.pk)) == "done"
    tomorrow = epochs.today() + timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(epochs, "today", lambda: tomorrow)
        advance_key_epochs()
    # The promise is about the end of the next day; here that day has passed.
    ledger = settings.LEDGER_DIR / "erasures.jsonl"
    begun, done = ledger.read_bytes().splitlines()
    past = {**json.loads(done), "backups_unreadable_from": timezone.now().isoformat()}
    ledger.write_bytes(begun + b"\n" + canonical.dumps(past) + b"\n")
    keyring.write()
    return Old(cast, dump, Erasure.objects.get())


def _drill(*words: str) -> tuple[dict[str, Any], str]:
    out = io.StringIO()
    call_command("restore_drill", *words, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-2])
    return found, out.getvalue()


def test_yesterdays_dump_opens_nobody_who_was_erased(
    old: Old, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found, said = _drill("--dump", str(old.dump))
    before, after = found["before"], found["after"]
    assert (before["look"]["sessions"], before["look"]["objects_with_keys"]) == (1, 2)
    assert (before["look"]["objects_opened"], before["look"]["keys_opened"]) == (0, 0)
    assert before["control"] == {"tried": 1, "readable": 1, "unreadable": []}
    assert (before["log"], before["entries"] > 0) == ("", True)
    assert (after["carried_out"], after["waiting"], after["look"]["sessions"]) == (1, 0, 0)
    assert after["look"]["objects_with_keys"] == 0
    assert "The drill passed." in said
    # The running installation is as it was, and nothing is left of the drill.
    assert CaptureSession.objects.filter(state="available").count() == 1
    assert not list(tmp_path.glob("mci-drill-*"))


def test_a_dump_that_cannot_be_restored_is_an_error_and_leaves_nothing(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    broken = tmp_path / "broken.dump"
    broken.write_bytes(b"no dump")
    with pytest.raises(CommandError, match="The restore failed"):
        call_command("restore_drill", dump=broken, stdout=io.StringIO())
    assert not list(tmp_path.glob("mci-drill-*"))


def test_what_fails_a_drill_is_named() -> None:
    clean = {
        "sessions": 0,
        "objects_with_keys": 0,
        "objects_opened": 0,
        "keys_opened": 0,
        "details_opened": 0,
    }
    look = {**clean, "broken_promises": [], "opens_until": []}
    before = {"log": "", "look": look, "with_ring": look, "control": {"tried": 1}}
    after = {"look": look, "waiting": 0, "expired": {"sessions": 0}}
    live: dict[str, list[str]] = {"overdue": [], "lost": []}
    assert drill.faults({"before": before, "after": after, "live": live}) == []
    bad = {
        "before": {
            "log": "entry 3",
            "look": {**look, "broken_promises": ["request 7"]},
            "with_ring": {**look, "broken_promises": ["request 7", "request 8"]},
            "control": {"tried": 2},
        },
        "after": {"look": {**look, "keys_opened": 1}, "waiting": 1, "expired": {"sessions": 0}},
        "live": {"overdue": ["one"], "lost": ["other"]},
    }
    assert len(drill.faults(bad)) == 7
