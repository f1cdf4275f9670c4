"""What is signed, and what is refused: an older database, another log, a log that forked."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from audits import checkpoints, log_key_files, outside, sequence, tree, witness_views
from audits.management.commands import sequencer
from audits.models import AuditEntry, SignedCheckpoint
from mci_core import merkle, notes
from tests.server.audits.support import advance_all, fill, go_back_to, leaves, tamper, write

pytestmark = pytest.mark.django_db(transaction=True)


def signed_at(size: int) -> SignedCheckpoint:
    write(size - AuditEntry.objects.count())
    advance_all(size)
    signed = checkpoints.sign()
    assert signed is not None
    assert signed.size == size
    return signed


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    sequence.step_down()
    for number, handler in before.items():
        signal.signal(number, handler)


def run_until_halted() -> str:
    with pytest.raises(CommandError) as refused:
        call_command("sequencer", every=0.05)
    assert refused.value.returncode == sequencer.HALTED
    return str(refused.value)


def test_a_checkpoint_is_signed_once_and_kept_outside_the_database() -> None:
    signed = signed_at(7)
    stated = notes.opened_checkpoint(signed.signed, signed.key)
    assert stated.origin == settings.AUDIT_ORIGIN
    assert stated.root == merkle.root([merkle.leaf_hash(leaf) for leaf in leaves()])
    assert outside.checkpoint() == signed.note
    assert checkpoints.sign() is None
    checkpoints.check()


def test_an_empty_log_signs_nothing() -> None:
    checkpoints.check()
    assert checkpoints.sign() is None
    assert outside.checkpoint() is None


def test_signatures_go_on_over_tiles() -> None:
    fill(300)
    advance_all(300)
    assert checkpoints.sign() is not None
    fill(700)
    advance_all(1000)
    signed = checkpoints.sign()
    assert signed is not None
    assert tree.tree(1000).root().hex() == signed.root


def test_an_older_database_is_not_signed() -> None:
    signed_at(5)
    later = signed_at(8)
    go_back_to(5)
    with pytest.raises(checkpoints.Contradiction, match="states 8 entries, the log has 5"):
        checkpoints.check()
    assert "states 8 entries" in run_until_halted()
    assert outside.checkpoint() == later.note
    assert SignedCheckpoint.objects.count() == 1
    assert AuditEntry.objects.latest("pk").action == "audits.log_halted"
    assert witness_views.halted() is not None
    # Also after it has grown past what was signed, and by whichever sequencer asks.
    write(10)
    assert "states 8 entries" in run_until_halted()
    outside.release()
    advance_all(16)
    with pytest.raises(checkpoints.Contradiction, match="does not go on from"):
        checkpoints.sign()
    assert SignedCheckpoint.objects.count() == 1


@pytest.mark.parametrize("column", ["root", "hashes"])
def test_a_tree_that_was_edited_is_not_signed(column: str) -> None:
    fill(600)
    advance_all(600)
    assert checkpoints.sign() is not None
    flipped = f"set_byte({column}, 9, 255 - get_byte({column}, 9))"
    tamper(f"UPDATE audits_tile SET {column} = {flipped} WHERE level = 0 AND index = 1")
    write(1)
    run_until_halted()
    assert SignedCheckpoint.objects.count() == 1


def test_a_database_without_a_log_does_not_begin_anew() -> None:
    signed_at(3)
    tamper(*(f"DELETE FROM {name}" for name in ("audits_auditentry", "audits_checkpoint")))
    tamper("DELETE FROM audits_signedcheckpoint")
    with pytest.raises(checkpoints.Contradiction, match="has no log"):
        checkpoints.check()


def test_a_lost_checkpoint_outside_is_not_taken_for_a_beginning() -> None:
    signed_at(3)
    (outside.folder() / outside.CHECKPOINT).unlink()
    with pytest.raises(checkpoints.Contradiction, match="none is kept outside"):
        checkpoints.check()
    write(1)
    advance_all(4)
    with pytest.raises(checkpoints.Contradiction):
        checkpoints.sign()


def test_a_checkpoint_outside_that_was_edited_is_refused() -> None:
    signed = signed_at(3)
    outside.keep_checkpoint(signed.note.replace("\n3\n", "\n2\n"))
    with pytest.raises(checkpoints.Contradiction, match="not signed with the key"):
        checkpoints.check()


def test_another_origin_is_not_mixed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_at(3)
    monkeypatch.setattr(settings, "AUDIT_ORIGIN", "elsewhere.example/audit")
    with pytest.raises(checkpoints.Contradiction, match="not of elsewhere"):
        checkpoints.check()


def test_a_key_that_was_replaced_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_at(3)
    monkeypatch.setattr(settings, "KEYS_DIR", tmp_path)
    with pytest.raises(checkpoints.Contradiction, match="missing or cannot be opened"):
        checkpoints.check()
    log_key_files.first()
    with pytest.raises(checkpoints.Contradiction, match="not signed with the key"):
        checkpoints.check()


def test_a_crash_after_keeping_the_note_is_made_good() -> None:
    signed = signed_at(3)
    tamper("DELETE FROM audits_signedcheckpoint")
    again = checkpoints.sign()
    assert again is not None
    assert again.note == signed.note


def test_the_right_database_may_go_on_when_an_operator_says_so(capsys: Any) -> None:
    signed_at(3)
    outside.halt("somebody pulled the wrong cable")
    assert "wrong cable" in run_until_halted()
    call_command("audit_resume", reason="the cable is back")
    assert "may go on" in capsys.readouterr().out
    assert outside.halted() is None
    assert AuditEntry.objects.latest("pk").action == "audits.resume_log"
    with pytest.raises(CommandError, match="not halted"):
        call_command("audit_resume", reason="again")


def test_the_wrong_database_goes_on_only_as_a_new_log(capsys: Any) -> None:
    signed_at(5)
    old = signed_at(8)
    go_back_to(5)
    run_until_halted()
    with pytest.raises(CommandError, match="still contradicts"):
        call_command("audit_resume", reason="let it pass")
    with pytest.raises(CommandError, match="Say why"):
        call_command("audit_resume", reason=" ", new_log=True)
    call_command("audit_resume", reason="the newer backup is lost", new_log=True)
    origin = f"{settings.AUDIT_ORIGIN}/2"
    assert origin in capsys.readouterr().out
    advance_all(7)
    signed = checkpoints.sign()
    assert signed is not None
    assert signed.origin == origin
    assert signed.key != old.key
    checkpoints.check()
    kept = [path.read_text() for path in outside.folder().glob("checkpoint-until-*")]
    assert kept == [old.note]
    outside.halt("once more")
    call_command("audit_resume", reason="and again", new_log=True)
    newest = checkpoints.newest()
    assert newest is not None
    assert newest.origin == f"{settings.AUDIT_ORIGIN}/3"


def test_a_log_that_was_edited_does_not_go_on_at_all() -> None:
    signed_at(5)
    tamper("UPDATE audits_auditentry SET leaf = replace(leaf, '\"n\":1', '\"n\":9')")
    write(1)
    assert "not the one that was stated" in run_until_halted()
    with pytest.raises(CommandError, match="still contradicts"):
        call_command("audit_resume", reason="never mind", new_log=True)
