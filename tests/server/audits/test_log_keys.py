"""The log changes its key: what is signed with which, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from audits import (
    checkpoints,
    log_key_files,
    log_keys,
    outside,
    sequence,
    verification,
)
from audits.actions import append, keys
from audits.management.commands import sequencer
from audits.models import AuditEntry, SignedCheckpoint
from mci_core import notes
from mci_core.errors import Conflict, Invalid
from tests.server.audit_examples.audits import KEY
from tests.server.audits.log_key_support import (
    OPERATOR,
    changed,
    ended,
    key_files,
    signed_by,
    signed_now,
)
from tests.server.audits.support import advance_all, go_back_to, tamper, write
from tests.server.cast import REASON, Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_keys")]


def test_two_keys_sign_from_the_change_on_and_the_new_one_alone_from_the_end_on() -> None:
    before, both, after = ended()
    assert signed_by(before) == [before.key.key_id]
    assert both.key != before.key
    assert signed_by(both) == [both.key.key_id, before.key.key_id]
    assert {found.key for found in notes.confirmed(both.signed, [before.key, both.key])} == {
        before.key,
        both.key,
    }
    assert after.key == both.key
    assert signed_by(after) == [both.key.key_id]
    assert {before.origin, both.origin, after.origin} == {settings.AUDIT_ORIGIN}
    assert outside.checkpoint() == after.note
    assert outside.keys() == {before.key.public: True, both.key.public: False}
    assert key_files() == [log_key_files.path_of(both.key.public)]
    checkpoints.check()
    head = sequence.latest()
    assert head is not None
    verification.verify(head)


def test_the_entries_name_the_old_key_the_new_one_and_the_end() -> None:
    before, both, _after = ended()
    told = {entry.action: entry.facts for entry in log_keys.told()}
    new = {"new": log_keys.digest(both.key), "new_public": notes.encode(both.key.public)}
    assert told["audits.prepare_log_key"] == new
    old = {"old": log_keys.digest(before.key), "old_public": notes.encode(before.key.public)}
    assert told["audits.replace_log_key"] == {**new, **old, "overlap_days": 30}
    assert told["audits.end_log_key"] == {"key": old["old"], "key_public": old["old_public"]}


def test_the_sequencer_ends_the_old_key_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "AUDIT_KEY_OVERLAP_DAYS", 7)
    _before, both = changed()
    assert not log_keys.end_is_due(both.origin)
    write(1)
    advance_all(AuditEntry.objects.count())
    sequencer._step()
    assert len(log_keys.signing(log_keys.all_of(both.origin))) == 2
    later = both.at + timedelta(days=7, minutes=1)
    monkeypatch.setattr("audits.log_keys.timezone.now", lambda: later)
    write(1)
    advance_all(AuditEntry.objects.count())
    sequencer._step()
    assert not log_keys.end_is_due(both.origin)
    assert AuditEntry.objects.latest("pk").action == "audits.end_log_key"
    assert signed_by(signed_now()) == [both.key.key_id]


def test_an_operator_who_ends_the_key_in_the_same_moment_does_not_stop_the_sequencer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended()
    monkeypatch.setattr(log_keys, "end_is_due", lambda _origin: True)
    write(1)
    advance_all(AuditEntry.objects.count())
    sequencer._step()
    assert AuditEntry.objects.filter(action="audits.end_log_key").count() == 1


def test_the_command_shows_prepares_changes_and_ends_and_prints_no_private_key(capsys: Any) -> None:
    call_command("audit_keys")
    assert "Nothing is signed yet" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Nothing is signed"):
        call_command("audit_keys", "prepare")
    first = signed_now(2)
    call_command("audit_keys", "show")
    assert f"signing\tfrom size {first.size}" in capsys.readouterr().out
    with pytest.raises(CommandError, match="No key is prepared"):
        call_command("audit_keys", "change", reason=REASON)
    call_command("audit_keys", "prepare")
    call_command("audit_keys")
    assert "coming\tfrom size -" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Say why"):
        call_command("audit_keys", "change")
    with pytest.raises(CommandError, match="No key waits"):
        call_command("audit_keys", "end", reason=REASON)
    call_command("audit_keys", "change", reason=REASON)
    with pytest.raises(CommandError, match="Two keys sign now"):
        call_command("audit_keys", "change", reason=REASON)
    with pytest.raises(CommandError, match="No checkpoint bears both"):
        call_command("audit_keys", "end", reason=REASON)
    both = signed_now()
    call_command("audit_keys")
    said = capsys.readouterr().out
    assert f"signing\tfrom size {both.size}" in said
    assert "leaving" in said
    call_command("audit_keys", "end", reason=REASON)
    signed_now()
    call_command("audit_keys")
    said = capsys.readouterr().out
    assert "ended" in said
    for path in key_files():
        private = log_key_files.on_disk()[both.key.public].private_bytes_raw()
        assert notes.encode(private) not in said
        assert private not in path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_made_and_not_announced_is_announced_and_no_other_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed_now(2)

    def crash(**_given: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as crashing:
        crashing.setattr(keys, "append", crash)
        with pytest.raises(KeyboardInterrupt):
            keys.prepare_log_key(actor=OPERATOR)
    made = key_files()
    vkey = keys.prepare_log_key(actor=OPERATOR)
    assert keys.prepare_log_key(actor=OPERATOR) == vkey
    assert key_files() == made
    assert AuditEntry.objects.filter(action="audits.prepare_log_key").count() == 1
    assert outside.keys().keys() != {vkey.public}


def test_the_log_changes_its_key_again_and_again() -> None:
    used = [signed_now(2).key]
    for _ in range(3):
        vkey = keys.prepare_log_key(actor=OPERATOR)
        keys.replace_log_key(actor=OPERATOR, reason=REASON)
        assert signed_now().key == vkey
        keys.end_log_key(actor=OPERATOR, reason=REASON)
        assert signed_by(signed_now()) == [vkey.key_id]
        used.append(vkey)
    assert [key.vkey for key in log_keys.all_of(settings.AUDIT_ORIGIN)] == used
    assert len(key_files()) == 1
    head = sequence.latest()
    assert head is not None
    verification.verify(head)


def test_a_signature_that_was_kept_outside_only_is_made_again_by_the_same_keys() -> None:
    _before, both = changed()
    tamper(f"DELETE FROM audits_signedcheckpoint WHERE size = {both.size}")
    again = checkpoints.sign()
    assert again is not None
    assert again.note == both.note
    keys.end_log_key(actor=OPERATOR, reason=REASON)
    after = signed_now()
    tamper(f"DELETE FROM audits_signedcheckpoint WHERE size = {after.size}")
    again = checkpoints.sign()
    assert again is not None
    assert again.note == after.note


def test_the_first_signature_of_all_is_made_again_by_the_same_key() -> None:
    first = signed_now(2)
    tamper("DELETE FROM audits_signedcheckpoint")
    again = checkpoints.sign()
    assert again is not None
    assert again.note == first.note


def test_an_older_database_does_not_bring_back_a_key_that_has_ended() -> None:
    _before, both, _after = ended()
    old = log_key_files.on_disk()
    go_back_to(both.size)
    with pytest.raises(checkpoints.Contradiction, match="states"):
        checkpoints.check()
    # Also when the checkpoint outside was put back as well, and the private key came from a backup.
    outside.keep_checkpoint(both.note)
    assert both.key.public in old
    with pytest.raises(checkpoints.Contradiction, match="has ended"):
        checkpoints.check()
    write(1)
    advance_all(AuditEntry.objects.count())
    with pytest.raises(checkpoints.Contradiction, match="has ended"):
        checkpoints.sign()
    assert SignedCheckpoint.objects.latest("id").size == both.size


def test_a_database_from_before_the_change_is_refused_too() -> None:
    before, _both, _after = ended()
    go_back_to(before.size)
    outside.keep_checkpoint(before.note)
    with pytest.raises(checkpoints.Contradiction, match="one that has ended"):
        checkpoints.check()


def test_a_new_log_signs_with_a_key_that_has_signed_no_other(capsys: Any) -> None:
    before, both, _after = ended()
    go_back_to(both.size)
    with pytest.raises(CommandError):
        call_command("sequencer", every=0.05)
    call_command("audit_resume", reason="the newer backup is lost", new_log=True)
    assert f"{settings.AUDIT_ORIGIN}/2" in capsys.readouterr().out
    new = checkpoints.newest()
    assert new is not None
    assert new.key.public not in (before.key.public, both.key.public)
    assert outside.keys() == {before.key.public: True, both.key.public: True, new.key.public: False}
    checkpoints.check()
    vkey = keys.prepare_log_key(actor=OPERATOR)
    keys.replace_log_key(actor=OPERATOR, reason=REASON)
    later = signed_now()
    assert (later.key, later.origin) == (vkey, new.origin)
    assert [key.vkey for key in log_keys.all_of(new.origin)] == [new.key, vkey]


def test_a_log_whose_entries_are_gone_goes_on_under_another_name_and_key() -> None:
    first = signed_now(3)
    tamper(*(f"DELETE FROM {name}" for name in ("audits_auditentry", "audits_checkpoint")))
    tamper("DELETE FROM audits_signedcheckpoint")
    checkpoints.sign_anew(None)
    second = signed_now()
    assert second.origin == f"{settings.AUDIT_ORIGIN}/2"
    assert second.key.public != first.key.public


@pytest.mark.parametrize("broken", ["missing", "unreadable", "cut"])
def test_without_the_key_nothing_is_signed_and_no_other_is_made(broken: str, cast: Cast) -> None:
    signed_now(2)
    (path,) = key_files()
    data = path.read_bytes()
    if broken == "missing":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if broken == "cut" else bytes(len(data)))
    left = key_files()
    write(1)
    with pytest.raises(CommandError, match="missing or cannot be opened") as refused:
        call_command("sequencer", every=0.05)
    assert refused.value.returncode == sequencer.HALTED
    assert key_files() == left
    assert SignedCheckpoint.objects.count() == 1
    assert "mci_audit_halted 1" in (outside.folder() / outside.FIGURES).read_text()
    assert AuditEntry.objects.latest("pk").action == "audits.log_halted"
    page = cast.client("auditor").get("/audit/witnesses/").content.decode()
    assert "of the log is missing or cannot be opened. Nothing is signed until" in page
    with pytest.raises(CommandError, match="still contradicts"):
        call_command("audit_resume", reason="never mind")
    path.write_bytes(data)
    call_command("audit_resume", reason="the key is back")
    advance_all(AuditEntry.objects.count())
    assert checkpoints.sign() is not None


def test_the_key_is_missed_while_the_sequencer_runs_too() -> None:
    signed_now(2)
    (path,) = key_files()
    path.unlink()
    write(1)
    advance_all(AuditEntry.objects.count())
    with pytest.raises(checkpoints.Contradiction, match="missing"):
        checkpoints.sign()


def test_both_keys_have_to_be_here_for_a_change() -> None:
    before = signed_now(2)
    vkey = keys.prepare_log_key(actor=OPERATOR)
    new, old = log_key_files.path_of(vkey.public), settings.KEYS_DIR / "audit.key"
    data = {path: path.read_bytes() for path in (new, old)}
    new.unlink()
    with pytest.raises(Conflict, match="No key is prepared"):
        keys.replace_log_key(actor=OPERATOR, reason=REASON)
    new.write_bytes(data[new])
    old.unlink()
    with pytest.raises(Conflict, match="missing"):
        keys.replace_log_key(actor=OPERATOR, reason=REASON)
    old.write_bytes(data[old])
    keys.replace_log_key(actor=OPERATOR, reason=REASON)
    new.unlink()
    advance_all(AuditEntry.objects.count())
    with pytest.raises(checkpoints.Contradiction, match=f"{vkey.key_id.hex()} of the log is missing"):
        checkpoints.sign()
    assert checkpoints.newest() == before


def test_a_halted_log_does_not_change_its_key() -> None:
    signed_now(2)
    keys.prepare_log_key(actor=OPERATOR)
    outside.halt("an example")
    with pytest.raises(Conflict, match="halted"):
        keys.replace_log_key(actor=OPERATOR, reason=REASON)
    with pytest.raises(Invalid):
        keys.end_log_key(actor=OPERATOR, reason=" ")


def test_entries_that_do_not_go_on_from_those_before_change_nothing() -> None:
    before, both = changed()
    other = notes.Vkey.of(before.origin, KEY)
    named = {"new": log_keys.digest(other), "new_public": notes.encode(other.public), "overlap_days": "x"}
    sayings = [
        ("audits.replace_log_key", {**named, "old": log_keys.digest(both.key)}),
        ("audits.replace_log_key", {**named, "old": log_keys.digest(before.key)}),
        ("audits.replace_log_key", {"old": log_keys.digest(both.key), "new": "x"}),
        ("audits.end_log_key", {"key": log_keys.digest(both.key)}),
        ("audits.prepare_log_key", {"new": log_keys.digest(other), "new_public": "?"}),
    ]
    for action, facts in sayings:
        with transaction.atomic():
            append(action=action, actor=OPERATOR, obj=None, facts=facts)
    assert signed_by(signed_now()) == [both.key.key_id, before.key.key_id]
    assert log_keys.prepared(before.origin) is None
    assert log_keys.Told(1, before.at, "", named).overlap == timedelta()


def test_a_checkpoint_that_an_ended_key_signed_is_found() -> None:
    before, both, after = ended()
    write(1)
    head = advance_all(AuditEntry.objects.count())
    thief = notes.Checkpoint(before.origin, head.size, bytes.fromhex(head.root)).text()
    line = notes.Signature(both.key.name, before.key.key_id, bytes(64))
    for vkey, lines in (
        (before.key, [line]),
        (both.key, [*after.signed.signatures, line]),
    ):
        note = notes.Note(thief, tuple(lines)).dumps()
        made = SignedCheckpoint.objects.create(
            origin=before.origin, size=head.size, root=head.root, note=note, vkey=vkey.text()
        )
        with pytest.raises(sequence.Broken):
            verification.verify(head)
        tamper(f"DELETE FROM audits_signedcheckpoint WHERE id = {made.pk}")
    # A checkpoint of the overlap that lacks the new key, and one that was signed rightly and lost a line.
    note = notes.Note(both.signed.text, both.signed.signatures[1:]).dumps()
    tamper(
        "UPDATE audits_signedcheckpoint SET note = '" + note + "', vkey = '" + before.vkey
        + f"' WHERE id = {both.pk}"
    )  # fmt: skip
    with pytest.raises(sequence.Broken, match=r"no signature of a known key|keys that the log names"):
        verification.verify(head)


def test_the_list_of_keys_outside_is_not_guessed() -> None:
    signed_now(2)
    for line in ("signs nonsense", "signs ?", "", f"lives {'A' * 43}="):
        (outside.folder() / outside.KEYS).write_text(f"{line}\n")
        with pytest.raises(sequence.Broken, match="list of keys"):
            checkpoints.check()
