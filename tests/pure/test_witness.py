"""`mci-witness` against a log in memory: what it cosigns, what it never cosigns, and what it remembers."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent import files, witness, witness_cli
from mci_agent.errors import Unreachable
from mci_agent.transport import Answer
from mci_agent.witness_cli import ALARM, DONE, REFUSED, UNREACHABLE, USAGE, World
from mci_core import notes, proofs
from tests.pure.audit_support import logs
from tests.pure.audit_support.councils import NAME, OTHER_KEY, PASSPHRASE, SERVER, Council, Server
from tests.pure.audit_support.logs import Log


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    return [logs.entry(number) for number in range(600)]


@pytest.fixture
def council(entries: list[bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Council:
    made = Council(tmp_path / "witness", Server(Log(entries[:300])), capsys)
    assert made.init() == DONE
    return made


def test_its_key_is_encrypted_and_its_folder_private(council: Council) -> None:
    assert f"Hand this key to the people of the server: {council.vkey().text()}" in council.said
    assert b"ENCRYPTED" in (council.folder / "witness.key").read_bytes()
    assert stat.S_IMODE(council.folder.stat().st_mode) == 0o700
    assert council.vkey().kind == notes.COSIGNATURE
    assert council.init() == USAGE


def test_it_cosigns_what_only_adds(council: Council, entries: list[bytes]) -> None:
    assert council.run("show") == DONE
    assert "It has cosigned nothing yet." in council.said
    for size in (300, 300, 512, 600):
        council.now += 10
        council.server.log = Log(entries[:size])
        assert council.run("once") == DONE
        assert council.said == f"Cosigned {size} entries.\n"
        note = council.server.posted[-1]
        (log, own) = notes.confirmed(note, [notes.Vkey.parse(logs.VKEY), council.vkey()])
        assert (log.key.name, own.key.name, own.time) == (logs.ORIGIN, NAME, council.now)
        assert len(note.signatures) == 2
        assert (council.seen.size, council.seen.root) == (size, council.server.log.tree(size).root())
    assert council.run("show") == DONE
    assert "It cosigned 600 entries at 2027-01-15 08:00:40 UTC, root " in council.said


def test_what_it_cosigns_is_on_the_disk_before_anybody_sees_it(council: Council) -> None:
    council.server.answers["POST /audit/witness"] = Unreachable("unreachable", "The line broke.")
    assert council.run("once") == UNREACHABLE
    assert council.seen.size == 300
    council.server.answers.clear()
    assert council.run("once") == DONE
    assert len(council.server.posted) == 1


def test_its_time_never_goes_back(council: Council) -> None:
    assert council.run("once") == DONE
    council.now -= 500
    assert council.run("once") == DONE
    assert council.seen.time == logs.NOW


def test_a_log_without_entries_yet_is_waited_for(council: Council) -> None:
    council.server.log = None
    assert council.run("once") == DONE
    assert council.said == "The log has no checkpoint yet.\n"
    council.server.log = Log([])
    assert council.run("once") == DONE


def alarmed(council: Council, words: str) -> str:
    posted = len(council.server.posted)
    before = council.seen
    assert council.run("once") == ALARM
    assert words in council.said
    assert council.said.startswith("ALARM. ")
    assert len(council.server.posted) == posted
    assert council.seen == before
    (evidence,) = council.folder.glob("alarm-*")
    evidence_text = evidence.read_text()
    evidence.unlink()
    return evidence_text


def test_a_shorter_log_is_an_alarm(council: Council, entries: list[bytes]) -> None:
    assert council.run("once") == DONE
    council.server.log = Log(entries[:299])
    kept = alarmed(council, "The log had 300 entries when it was cosigned last and has 299 now.")
    assert council.seen.note in kept
    # A server that answers as if it had been asked from elsewhere.
    council.server.answers["GET /audit/witness"] = Answer(200, {}, replace_old(Log(entries[:299]), 300))
    alarmed(council, "has 299 now")
    council.server.answers["GET /audit/checkpoint"] = Answer(200, {}, b"nothing")
    council.server.answers["GET /audit/witness"] = Answer(409)
    alarmed(council, "The log shows no checkpoint that can be read")
    council.server.answers.clear()
    council.server.log = None
    alarmed(council, "The log had 300 entries and has no checkpoint now.")


def replace_old(log: Log, old: int) -> bytes:
    return replace(log.step(len(log.entries)), old=old).dumps().encode()


def test_another_history_is_an_alarm(council: Council, entries: list[bytes]) -> None:
    assert council.run("once") == DONE
    council.server.log = Log([b"{}", *entries[1:300]])
    assert council.server.log.note().dumps() in alarmed(council, "another root for the same 300 entries")
    council.server.log = Log([b"{}", *entries[1:]])
    alarmed(council, "does not show that its 600 entries go on from 300")


def test_a_proof_that_does_not_fit_is_an_alarm(council: Council, entries: list[bytes]) -> None:
    assert council.run("once") == DONE
    log = Log(entries)
    step = log.step(300)
    for changed, words in (
        (replace(step, hashes=step.hashes[:-1]).dumps(), "does not show"),
        (log.step(299).dumps(), "The proof begins at 299 entries, not at 300."),
        ("old 300\n", "no proof that can be read"),
        (Log(entries, key=OTHER_KEY).step(300).dumps(), "no signature of a known key"),
    ):
        council.server.answers["GET /audit/witness"] = Answer(200, {}, changed.encode())
        alarmed(council, words)


def test_a_first_step_carries_no_proof(council: Council) -> None:
    assert council.server.log is not None
    step = proofs.Step(0, (b"x" * 32,), council.server.log.note())
    council.server.answers["GET /audit/witness"] = Answer(200, {}, step.dumps().encode())
    alarmed(council, "does not show that its 300 entries go on from 0")


def test_another_log_under_the_same_address_is_an_alarm(council: Council, entries: list[bytes]) -> None:
    note = notes.signed_checkpoint(notes.Checkpoint("other.example.com", 1, b"x" * 32), logs.LOG_KEY)
    own = note.with_signatures([notes.sign(note.text, logs.ORIGIN, logs.LOG_KEY)])
    step = proofs.Step(0, (), own)
    council.server.answers["GET /audit/witness"] = Answer(200, {}, step.dumps().encode())
    alarmed(council, "the checkpoint of another log: other.example.com")


def test_a_log_may_change_its_key_once_the_witness_was_told(council: Council, entries: list[bytes]) -> None:
    assert council.run("once") == DONE
    new = Log(entries, key=OTHER_KEY)
    council.server.log = new
    alarmed(council, "no signature of a known key")
    assert f"not trusted here, {notes.Vkey.parse(new.vkey).key_id.hex()}" in council.said
    assert council.run("trust", "--vkey", new.vkey) == DONE
    assert council.run("once") == DONE
    assert council.said == "Cosigned 600 entries.\n"
    assert council.run("trust", "--vkey", logs.WITNESS_VKEY) == USAGE
    other = Log([], origin="other.example.com/audit").vkey
    assert council.run("trust", "--vkey", other) == USAGE
    assert "have the name of the log" in council.said


OLD, NEW = notes.Vkey.parse(logs.VKEY), notes.Vkey.of(logs.ORIGIN, OTHER_KEY)


def named(key: notes.Vkey) -> str:
    return sha256(key.text().encode()).hexdigest()


CHANGE = {"action": "audits.replace_log_key", "facts": {"old": named(OLD), "new": named(NEW)}}
END = {"action": "audits.end_log_key", "facts": {"key": named(OLD)}}


def proven(
    entries: list[bytes], entry: dict[str, Any], *keys: Ed25519PrivateKey, said: dict[str, Any] | None = None
) -> str:
    """An entry at the end of a log that these keys have signed, and its proof; ``said``: another shown."""
    leaf = json.dumps(entry).encode()
    shown = leaf if said is None else json.dumps(said).encode()
    found = Log([*entries, leaf]).inclusion(len(entries), shown)
    lines = tuple(notes.sign(found.note.text, logs.ORIGIN, key) for key in keys)
    return replace(found, note=notes.Note(found.note.text, lines)).dumps()


def told(*parts: str, keys: tuple[notes.Vkey, ...] = (OLD, NEW)) -> bytes:
    """What the log says about its keys."""
    listed = "".join(f"{300 * number}\t{key.text()}\n" for number, key in enumerate(keys))
    return "\n".join((listed, *parts)).encode()


def test_the_entries_of_the_log_lead_from_a_trusted_key_to_the_next(
    council: Council, entries: list[bytes]
) -> None:
    both = (OTHER_KEY, logs.LOG_KEY)
    note = Log(entries).note(witnesses=False)
    lines = tuple(notes.sign(note.text, logs.ORIGIN, key) for key in both)
    step = proofs.Step(0, (), notes.Note(note.text, lines)).dumps().encode()
    council.server.answers["GET /audit/witness"] = Answer(200, {}, step)
    assert council.run("once") == DONE
    assert (
        "Cosigned 600 entries.\nIt is signed with a key of mci.example.com/audit not trusted" in council.said
    )
    council.server.answers["GET /audit/keys"] = Answer(200, {}, told(proven(entries, CHANGE, *both)))
    assert council.run("trust") == DONE
    assert council.said == f"Trusted from now on: {NEW.text()}\n2 keys of the log are trusted.\n"
    step = proofs.Step(600, (), notes.Note(note.text, lines)).dumps().encode()
    council.server.answers["GET /audit/witness"] = Answer(200, {}, step)
    assert council.run("once") == DONE
    assert council.said == "Cosigned 600 entries.\n"
    end = proven(entries, END, OTHER_KEY)
    council.server.answers["GET /audit/keys"] = Answer(200, {}, told(proven(entries, CHANGE, *both), end))
    for ending in (f"It has ended and is trusted no more: {OLD.text()}\n", ""):
        assert council.run("trust") == DONE
        assert council.said == f"{ending}1 keys of the log are trusted.\n"


def test_what_the_trusted_key_has_not_signed_confirms_no_key(council: Council, entries: list[bytes]) -> None:
    both = (OTHER_KEY, logs.LOG_KEY)
    other = {**CHANGE, "facts": {"old": named(NEW), "new": named(OLD)}}
    for part in (
        # A line that a stranger has added to a checkpoint, with an entry that does not stand there.
        proven(entries, {"action": "accounts.sign_in"}, *both, said=CHANGE),
        proven(entries, CHANGE, OTHER_KEY),
        proven(entries, CHANGE, logs.LOG_KEY),
        proven(entries, {"action": "accounts.sign_in", "facts": {}}, *both),
        proven(entries, other, *both),
        proven(entries, END, *both),
        proven(entries, END, OTHER_KEY),
    ):
        council.server.answers["GET /audit/keys"] = Answer(200, {}, told(part))
        assert council.run("trust") == DONE
        assert council.said == "1 keys of the log are trusted.\n"
    # The old key cannot end itself, and the next one cannot be ended.
    change = proven(entries, CHANGE, *both)
    council.server.answers["GET /audit/keys"] = Answer(
        200, {}, told(change, proven(entries, END, logs.LOG_KEY))
    )
    assert council.run("trust") == DONE
    assert "2 keys of the log are trusted." in council.said


def test_a_key_that_was_replaced_cannot_end_its_successor(council: Council, entries: list[bytes]) -> None:
    """Whoever stole the old key lists the keys in an order that suits them."""
    both = (OTHER_KEY, logs.LOG_KEY)
    change = proven(entries, CHANGE, *both)
    council.server.answers["GET /audit/keys"] = Answer(200, {}, told(change))
    assert council.run("trust") == DONE
    end = proven(entries, {**END, "facts": {"key": named(NEW)}}, logs.LOG_KEY)
    back = proven(entries, {**CHANGE, "facts": {"old": named(NEW), "new": named(OLD)}}, logs.LOG_KEY)
    for parts in ((end,), (change, end), (back, end)):
        council.server.answers["GET /audit/keys"] = Answer(200, {}, told(*parts, keys=(NEW, OLD)))
        assert council.run("trust") == DONE
        assert council.said == "2 keys of the log are trusted.\n"


def test_a_list_of_keys_that_cannot_be_read_changes_nothing(council: Council, entries: list[bytes]) -> None:
    both = (OTHER_KEY, logs.LOG_KEY)
    stranger = {**CHANGE, "facts": {"old": named(OLD), "new": "0" * 64}}
    for broken in (
        b"0\tnothing\n",
        told("no proof\n"),
        told(proven(entries, stranger, *both)),
        told(proven(entries, CHANGE, *both).replace("extra", "other")),
        told(proven(entries, ["no entry"], *both)),  # type: ignore[arg-type]  # what is no entry
    ):
        council.server.answers["GET /audit/keys"] = Answer(200, {}, broken)
        assert council.run("trust") == USAGE, broken
    for plain in (b"", told(keys=(OLD,))):
        council.server.answers["GET /audit/keys"] = Answer(200, {}, plain)
        assert council.run("trust") == DONE
        assert council.said == "1 keys of the log are trusted.\n"


def test_the_server_may_refuse_or_be_away(council: Council) -> None:
    for status, code in ((403, REFUSED), (422, REFUSED), (500, UNREACHABLE), (429, UNREACHABLE)):
        council.server.answers["POST /audit/witness"] = Answer(status)
        assert council.run("once") == code
    council.server.answers["GET /audit/witness"] = Answer(200, {}, b"x" * (witness_cli.LARGEST + 1))
    assert council.run("once") == UNREACHABLE


def test_watching_goes_on_until_an_alarm(council: Council, entries: list[bytes]) -> None:
    council.server.answers["POST /audit/witness"] = Answer(403)
    assert council.run("watch", "--every", "5", "--times", "2") == DONE
    assert council.said.count("does not know the key of this witness") == 2
    assert council.slept == [5.0]
    council.server.answers.clear()
    council.server.log = Log(entries[:200])
    assert council.run("watch") == ALARM


def test_a_memory_that_is_lost_or_broken_is_no_beginning(council: Council) -> None:
    assert council.run("once") == DONE
    state = council.folder / witness.STATE
    found = json.loads(state.read_text())
    for text in ("{", json.dumps(found | {"root": "AAAA"}), json.dumps(found | {"size": -1})):
        state.write_text(text)
        assert council.run("once") == USAGE
        assert "state.json cannot be read" in council.said
    state.unlink()
    assert council.run("once") == USAGE
    assert "this witness has no memory" in council.said
    (council.folder / witness.CONFIG).write_text("[]")
    assert council.run("once") == USAGE
    (council.folder / witness.CONFIG).unlink()
    assert council.run("once") == USAGE
    assert "mci-witness init" in council.said


def test_one_process_uses_a_folder_at_a_time(council: Council) -> None:
    with files.locked(council.folder / witness.LOCK, wait=False):
        assert council.run("once") == USAGE
    assert "Another mci-witness" in council.said


def test_a_service_reads_its_passphrase_from_a_file(council: Council, tmp_path: Path) -> None:
    (tmp_path / "pass").write_text(PASSPHRASE + "\n")
    council.passphrases = ""
    assert council.run("once") == USAGE
    assert council.run("once", "--passphrase-file", tmp_path / "pass") == DONE
    council.folder = tmp_path / "second"
    (tmp_path / "key").write_text(logs.VKEY + "\n")
    arguments = ("--server", SERVER, "--vkey", tmp_path / "key", "--passphrase-file", tmp_path / "pass")
    assert council.run("init", NAME, *arguments) == DONE
    assert council.run("once", "--passphrase-file", tmp_path / "none") == USAGE


def test_what_cannot_be_made_is_said(council: Council, tmp_path: Path) -> None:
    council.folder = tmp_path / "new"
    assert council.run("init", "two words", "--server", SERVER, "--vkey", logs.VKEY) == USAGE
    assert council.run("init", NAME, "--server", SERVER, "--vkey", logs.VKEY + "x") == USAGE
    typed = iter([PASSPHRASE, "another one"])
    world = World(passphrase=lambda _question: next(typed))
    arguments = ["init", NAME, "--server", SERVER, "--vkey", logs.VKEY, "--folder", str(council.folder)]
    assert witness_cli.main(arguments, world=world) == USAGE
    assert not council.folder.exists()


def test_a_witness_without_its_public_key_says_so(council: Council) -> None:
    (council.folder / "witness.vkey").unlink()
    assert council.run("show") == USAGE
