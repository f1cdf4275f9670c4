"""The log changes its key: what outsiders see of it, and how they follow."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from audits import (
    checkpoints,
    folder,
    log_key_files,
    log_keys,
    me_views,
    outside,
    sealed_keys,
    tasks,
)
from audits.actions import keys
from audits.actions.witnesses import register_witness
from audits.models import AuditEntry, Checkpoint, Cosignature
from audits.tree import Broken
from mci_agent import verify, witness_cli
from mci_core import notes, proofs
from tests.server.attacks.together import at_once, refused
from tests.server.audit_examples.audits import KEY, VKEY
from tests.server.audits.log_key_support import (
    OPERATOR,
    changed,
    ended,
    key_files,
    signed_by,
    signed_now,
)
from tests.server.audits.test_outsiders import watch
from tests.server.cast import REASON, Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_keys")]


def test_witnesses_and_readers_follow_the_change(cast: Cast, client: Client) -> None:
    register_witness(label="Works council", vkey=VKEY.text(), actor=cast.actor("officer"), reason=REASON)
    before, both = changed()
    step = proofs.Step.parse(client.get(f"/audit/witness?old={before.size}").content.decode())
    for key in (before.key, both.key):
        assert step.holds(bytes.fromhex(before.root), key)
    # A witness that trusts one key only hands in the lines it knows.
    for lines in (both.signed.signatures[:1], both.signed.signatures[1:]):
        note = notes.Note(both.signed.text, lines)
        own = notes.cosign(note.text, VKEY.name, KEY, 1_700_000_000)
        answer = client.post("/audit/witness", note.with_signatures([own]).dumps(), content_type="text/plain")
        assert answer.status_code == 200
        assert len(answer.content.decode().splitlines()) == 3
    listed, first = client.get("/audit/keys").content.decode().split("\n\n", 1)
    assert listed == f"0\t{before.vkey}\n{both.size}\t{both.vkey}"
    shown = proofs.Inclusion.parse(first)
    assert shown.note.text == both.signed.text
    assert shown.extra is not None
    leaf = json.loads(shown.extra)
    assert (leaf["action"], leaf["facts"]["new"]) == ("audits.replace_log_key", log_keys.digest(both.key))
    for key in (before.key, both.key):
        assert shown.holds(shown.extra, key)
    page = cast.client("auditor").get("/audit/witnesses/").content.decode()
    assert before.vkey.replace("+", "&#x2B;") in page or before.vkey in page
    assert "Signs too, is being replaced" in page
    own_page = cast.client("employee").get("/me/log/").content.decode()
    assert "the new key" in own_page
    assert "It is the same log" in own_page
    for signed in (before, both):
        assert signed.vkey.replace("+", "&#x2B;") in own_page or signed.vkey in own_page
    entry = AuditEntry.objects.earliest("pk")
    given = cast.client("auditor").get(f"/audit/{entry.pk}/proof/").json()
    proof = proofs.Inclusion.parse(given["proof"])
    for vkey in (given["vkey"], before.vkey, both.vkey):
        assert proof.holds(given["leaf"].encode(), notes.Vkey.parse(vkey))


def test_an_export_lists_the_keys_and_goes_on_through_the_change(tmp_path: Path) -> None:
    before = signed_now(300)
    target = tmp_path / "export"
    folder.export(target, before)
    assert not (target / "keys").exists()
    keys.prepare_log_key(actor=OPERATOR)
    keys.replace_log_key(actor=OPERATOR, reason=REASON)
    both = signed_now()
    assert folder.exported(target, both) == before.size
    folder.export(target, both)
    assert (target / "vkey").read_text() == f"{both.vkey}\n{before.vkey}\n"
    keys.end_log_key(actor=OPERATOR, reason=REASON)
    after = signed_now()
    assert folder.exported(target, after) == both.size
    (target / "change" / "7").write_text("of another log")
    folder.export(target, after)
    assert (target / "vkey").read_text() == f"{both.vkey}\n"
    assert (target / "keys").read_text() == f"0\t{before.vkey}\n{both.size}\t{both.vkey}\n"
    assert [path.name for path in (target / "change").iterdir()] == [str(both.size)]
    assert (target / "change" / str(both.size)).read_text() == both.note
    folder.export(target, before)
    assert not (target / "keys").exists()


def test_a_key_without_a_checkpoint_is_shown_as_it_is() -> None:
    before = signed_now(2)
    keys.prepare_log_key(actor=OPERATOR)
    keys.replace_log_key(actor=OPERATOR, reason=REASON)
    stated = Checkpoint.objects.count()
    new, old = log_keys.shown(before.origin)
    assert (new.state, new.first, old.state) == ("signing", None, "leaving")
    assert log_keys.changes(before.origin, before.size) == []
    assert log_keys.first_checkpoint(before.origin, log_keys.Told(10**9, before.at, "", {})) is None
    assert json.dumps(log_keys.listed("elsewhere.example", 9)) == '""'
    assert Checkpoint.objects.count() == stated


def test_whoever_trusts_the_old_or_the_new_key_verifies_the_whole_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signed_now(300)
    held = checkpoints.signing_key()
    (tmp_path / "older").write_text(before.note)
    keys.prepare_log_key(actor=OPERATOR)
    keys.replace_log_key(actor=OPERATOR, reason=REASON)
    both = signed_now(300)
    (tmp_path / "both").write_text(both.note)
    keys.end_log_key(actor=OPERATOR, reason=REASON)
    after = signed_now(300)
    for place, signed in (("one", before), ("two", both), ("three", after)):
        folder.export(tmp_path / place, signed)
    words = [
        ("one", before, ()),
        ("two", before, ("--since", str(tmp_path / "older"))),
        ("two", both, ("--since", str(tmp_path / "older"))),
        ("three", before, ("--since", str(tmp_path / "older"))),
        ("three", both, ("--since", str(tmp_path / "both"))),
        ("three", before, ("--since", str(tmp_path / "both"))),
    ]
    for place, trusted, more in words:
        command = ["log", str(tmp_path / place), "--vkey", trusted.vkey, "--json", *more]
        code = verify.main(command)
        assert (code, capsys.readouterr().err) == (verify.PROVEN, ""), (place, trusted.key.key_id, more)
    # A thief of the old key signs what the log is, after its end: nobody who reads the log takes it.
    stolen = notes.signed_checkpoint(notes.Checkpoint.parse(after.signed.text), held)
    assert stolen.signatures[0].key_id == before.key.key_id
    (tmp_path / "three" / "checkpoint").write_text(stolen.dumps())
    (tmp_path / "three" / "vkey").write_text(f"{before.vkey}\n")
    for trusted in (before, both):
        command = ["log", str(tmp_path / "three"), "--vkey", trusted.vkey, "--json"]
        assert verify.main(command) == verify.ALTERED
    (tmp_path / "three" / "checkpoint").write_text(after.note)
    (tmp_path / "three" / "vkey").write_text(f"{both.vkey}\n")
    assert verify.main(["log", str(tmp_path / "three"), "--vkey", before.vkey, "--json"]) == verify.PROVEN


def test_the_nightly_reading_of_the_files_goes_on_through_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "AUDIT_EXPORT_DIR", str(tmp_path / "export"))
    for signed in ended():
        folder.export(tmp_path / "export", signed)
        tasks.verify_files()
    assert AuditEntry.objects.filter(action="audits.log_verified").count() == 3


def test_a_witness_cosigns_through_the_change_when_it_takes_the_new_key(cast: Cast, tmp_path: Path) -> None:
    home = tmp_path / "witness"
    before = signed_now(3)
    words = ("council.example.com/w1", "--server", "https://mci.example.com", "--vkey", before.vkey)
    assert watch(home, "init", *words) == witness_cli.DONE
    vkey = (home / "witness.vkey").read_text()
    register_witness(label="Works council", vkey=vkey, actor=cast.actor("officer"), reason=REASON)
    assert watch(home, "once") == witness_cli.DONE
    keys.prepare_log_key(actor=OPERATOR)
    keys.replace_log_key(actor=OPERATOR, reason=REASON)
    both = signed_now()
    assert watch(home, "once") == witness_cli.DONE
    assert Cosignature.objects.latest("id").checkpoint == both
    config = home / "witness.json"
    assert watch(home, "trust") == witness_cli.DONE
    assert json.loads(config.read_text())["vkeys"] == [before.vkey, both.vkey]
    keys.end_log_key(actor=OPERATOR, reason=REASON)
    after = signed_now()
    assert watch(home, "trust") == witness_cli.DONE
    assert json.loads(config.read_text())["vkeys"] == [both.vkey]
    assert watch(home, "once") == witness_cli.DONE
    assert Cosignature.objects.latest("id").checkpoint == after
    note = checkpoints.note_of(after)
    assert len(notes.confirmed(note, [both.key, notes.Vkey.parse(vkey.strip())])) == 2


def test_a_kept_checkpoint_is_checked_with_the_keys_that_signed_at_its_size(
    cast: Cast, tmp_path: Path
) -> None:
    before, both, after = ended()
    lines = [line.split(" ") for line in log_keys.spans(log_keys.all_of(before.origin))]
    (old_first, old_end, old), (new_first, new_end, new) = lines
    assert (old_first, new_end) == ("0", "-")
    assert (old, new) == (before.vkey, both.vkey)
    assert before.size < int(new_first) <= both.size < int(old_end) <= after.size
    page = cast.client("employee").get("/me/log/").content.decode()
    assert f"{new_first} - " in page
    (tmp_path / "kept").write_text(before.note)
    (tmp_path / "step").write_text(Client().get(f"/audit/witness?old={before.size}").content.decode())
    assert log_keys.since(before) == [before.vkey, both.vkey]
    assert log_keys.since(after) == [both.vkey]
    words = shlex.split(me_views.commands(before).splitlines()[-1])
    command = ["consistency", str(tmp_path / "kept"), str(tmp_path / "step"), *words[5:], "--json"]
    assert words[2:5] == ["consistency", f"checkpoint-{before.size}.txt", "step.txt"]
    assert verify.main(command) == verify.PROVEN


def test_of_two_operators_one_makes_the_change() -> None:
    before = signed_now(2)
    made = at_once(*[lambda: keys.prepare_log_key(actor=OPERATOR)] * 3)
    assert len(set(made)) == 1
    assert len(key_files()) == 2
    changes = at_once(*[lambda: keys.replace_log_key(actor=OPERATOR, reason=REASON)] * 3)
    assert refused(changes) == 2
    both = signed_now()
    assert signed_by(both) == [made[0].key_id, before.key.key_id]
    assert refused(at_once(*[lambda: keys.end_log_key(actor=OPERATOR, reason=REASON)] * 3)) == 2
    assert signed_by(signed_now()) == [made[0].key_id]


def test_what_ended_is_written_down_again_from_the_log() -> None:
    """As in an installation from before there was a list, or where only the list was lost."""
    before, both, _after = ended()
    (outside.folder() / outside.KEYS).unlink()
    assert signed_by(signed_now()) == [both.key.key_id]
    assert outside.keys() == {before.key.public: True, both.key.public: False}


def test_the_key_that_ended_is_gone_from_the_disk_and_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_now()
    public = log_key_files.make()
    assert public in log_key_files.on_disk()
    synced = list[Path]()
    monkeypatch.setattr(sealed_keys, "sync_folder", synced.append)
    for _again in range(2):
        log_key_files.drop(public)
    assert (log_key_files.path_of(public).exists(), synced) == (False, [settings.KEYS_DIR])
    assert not log_key_files._opened.cache_info().currsize


@pytest.mark.parametrize("name", [outside.KEYS, outside.CHECKPOINT])
def test_damaged_bytes_outside_halt_the_sequencer_and_are_no_fault_of_it(name: str) -> None:
    signed_now(2)
    (outside.folder() / name).write_bytes(b"signs \xff\xfe\n")
    with pytest.raises(Broken):
        checkpoints.check()
