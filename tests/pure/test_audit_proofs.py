"""`mci-verify` on steps, proofs and receipts, and whose signatures and cosignatures count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent import verify
from mci_core import notes
from tests.pure.audit_support import logs, proof_mutations
from tests.pure.audit_support.command import Command
from tests.pure.audit_support.logs import Log

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))


@pytest.fixture(scope="module")
def log() -> Log:
    return Log.of(600)


@pytest.fixture
def export(log: Log, tmp_path: Path) -> Path:
    return logs.write(log.export(), tmp_path / "export")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_a_step_proves_that_a_log_has_only_grown(log: Log, run: Command, tmp_path: Path) -> None:
    old, step = tmp_path / "old", tmp_path / "step"
    keys = ("--vkey", logs.VKEY)
    for size in (0, 1, 255, 256, 511, 599, 600):
        old.write_text(log.note(size).dumps())
        step.write_text(log.step(size).dumps())
        code, said = run("consistency", old, step, *keys)
        assert (code, said["size"], said["older"]) == (0, 600, size)
    other = Log([b"{}", *log.entries[1:]])
    for size, code in ((600, verify.FORKED), (300, verify.ALTERED)):
        old.write_text(other.note(size).dumps())
        step.write_text(log.step(size).dumps())
        assert run("consistency", old, step, *keys)[0] == code
    assert run("consistency", old, step)[0] == verify.USAGE
    step.write_text(log.step(299).dumps())
    assert run("consistency", old, step, *keys)[1]["fault"] == "is a step from 299 entries, not from 300"


def test_steps_of_a_wrong_length_prove_nothing(log: Log) -> None:
    newer = verify.parse_checkpoint(log.note().dumps().encode(), "new")
    older = verify.parse_checkpoint(log.note(300).dumps().encode(), "old")
    path = log.step(300).hashes
    assert verify.is_continued(older, newer, path)
    for wrong in ((), path[:-1], (*path, path[0])):
        assert not verify.is_continued(older, newer, wrong)
    assert not verify.is_continued(newer, older, path)


def test_a_proof_shows_an_entry(log: Log, run: Command, tmp_path: Path) -> None:
    file, leaf = tmp_path / "a.tlog-proof", tmp_path / "leaf"
    keys = tmp_path / "keys"
    keys.write_text(f"{logs.VKEY}\n{Log([], key=OTHER_KEY).vkey}\n")
    for index in (0, 255, 256, 599):
        file.write_text(log.inclusion(index, b"opaque").dumps())
        leaf.write_bytes(log.entries[index])
        code, said = run.words("proof", file, "--leaf", leaf, "--vkey", keys)
        assert code == 0
        assert said.startswith(f"Proven: this entry stands in {logs.ORIGIN}, at index {index} of 600.\n")
        assert "No witness has been checked" in said
    leaf.write_bytes(log.entries[7])
    code, said = run.words("proof", file, "--leaf", leaf, "--vkey", keys)
    assert code == verify.ALTERED
    assert said == f"Not proven. {file}: the proof does not lead from this entry to the signed root\n"
    assert run("proof", file, "--leaf", tmp_path / "none", "--vkey", keys)[0] == verify.USAGE
    outside = verify.parse_proof(log.inclusion(0).dumps().replace("index 0", "index 600").encode(), "p")
    assert not verify.is_included(log.hashes[0], outside.at, outside.checkpoint, outside.path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("c2sp.org/tlog-proof@v2\nindex 0\n\n", 1),
        ("c2sp.org/tlog-proof@v1\n\n", 2),
        ("c2sp.org/tlog-proof@v1\nextra AA==\nindex 01\n\n", 3),
        ("c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n", 3),
        ("c2sp.org/tlog-proof@v1\nextra AB==\nindex 0\n\n", 2),
    ],
)
def test_the_line_that_is_no_line_of_a_proof_is_named(text: str, line: int) -> None:
    with pytest.raises(verify.Bad) as bad:
        verify.parse_proof(text.encode(), "p")
    assert bad.value.where == {"line": line}


def test_a_receipt_shows_its_certificate(log: Log, run: Command, tmp_path: Path) -> None:
    erased = Log([*log.entries[:100], proof_mutations.erasure_entry(), *log.entries[100:]])
    data = proof_mutations.receipt_of(erased, 100)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(json.loads(data) | {"kid": "k1", "signature": "s"}))
    code, said = run("receipt", file, "--vkey", logs.VKEY)
    assert (code, said["index"], said["certificate"]) == (0, 100, proof_mutations.CERTIFICATE)
    assert '"scope": "all"' in run.words("receipt", file, "--vkey", logs.VKEY)[1]
    for change, fault in (
        ({"objects": 2}, "what it certifies is not what its entry states"),
        ({"entry": log.entries[0].decode()}, "what it certifies is not what its entry states"),
        ({"proof": None}, "has no proof yet: the log had not signed its entry when it was handed out"),
        ({"entry": "{}"}, "is no receipt"),
        ({"objects": 0.5}, "is no receipt"),
        ({"derived": [{"\u00e9": 1}]}, "is no receipt"),
    ):
        file.write_text(json.dumps(json.loads(data) | change))
        code, said = run("receipt", file, "--vkey", logs.VKEY)
        assert (code, said["fault"]) == (1, fault)


def test_too_few_witnesses_have_a_code_of_their_own(log: Log, export: Path, run: Command) -> None:
    code, said = run("log", export, "--witnesses", 2)
    assert (code, said["fault"]) == (3, "1 witnesses have cosigned it, 2 are needed")
    # The log cannot be its own witness, nor can a key that signs otherwise.
    own = notes.Vkey.of(logs.ORIGIN, logs.LOG_KEY, notes.COSIGNATURE)
    note = log.note(witnesses=False)
    note = note.with_signatures([notes.cosign(note.text, logs.ORIGIN, logs.LOG_KEY, logs.NOW)])
    (export / "checkpoint").write_text(note.dumps())
    keys = ("--vkey", logs.VKEY, "--witness", own.text(), "--witness", logs.VKEY)
    assert run("log", export, *keys, "--witnesses", 1)[0] == verify.FEW_WITNESSES
    assert run("log", export, *keys)[0] == 0


def test_signatures_of_others_do_not_count(log: Log, export: Path, run: Command) -> None:
    foreign = Log(log.entries, key=OTHER_KEY)
    (export / "checkpoint").write_text(foreign.note().dumps())
    lines = f"{foreign.vkey[: -len('+') - 44]}, {logs.WITNESS_VKEY[: -len('+') - 44]}"
    fault = f"no key of {logs.ORIGIN} that was given has signed it, its lines are of {lines}"
    assert run("log", export, "--vkey", logs.VKEY)[1]["fault"] == fault
    assert run("log", export)[1]["fault"] == f"nobody here has a key of {logs.ORIGIN}"
    (export / "checkpoint").write_text(log.note(599).dumps().replace("\n599\n", "\n600\n"))
    assert run("log", export)[1]["line"] == 5
    note = log.note(witnesses=False)
    short = notes.Signature(logs.WITNESS, notes.Vkey.parse(logs.WITNESS_VKEY).key_id, b"short")
    (export / "checkpoint").write_text(note.with_signatures([short]).dumps())
    assert run("log", export)[1]["line"] == 6


def test_while_a_key_changes_either_signature_counts(log: Log, export: Path, run: Command) -> None:
    new = Log(log.entries, key=OTHER_KEY)
    both = log.note().with_signatures(new.note(witnesses=False).signatures)
    (export / "checkpoint").write_text(both.dumps())
    (export / "vkey").write_text(f"{logs.VKEY}\n{new.vkey}\n")
    assert run("log", export)[0] == 0
    for key in (logs.VKEY, new.vkey):
        assert run("log", export, "--vkey", key)[0] == 0


@pytest.mark.parametrize(
    "key",
    [
        "name",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
    ],
)
def test_a_key_that_is_none_is_refused(key: str, export: Path, run: Command) -> None:
    code, said = run("log", export, "--vkey", key)
    assert (code, said["file"]) == (verify.USAGE, key)
    assert said["fault"].startswith("is neither a file nor a verifier key: ")
    (export / "vkey").write_text(f"{key}\n")
    assert run("log", export)[0] == verify.ALTERED


def test_keys_are_needed(export: Path, run: Command) -> None:
    (export / "vkey").unlink()
    assert run("log", export)[1]["file"] == "vkey"
    assert run("log", export, "--vkey", logs.VKEY)[0] == 0
    assert run("proof", export / "checkpoint", "--leaf", export / "checkpoint")[0] == verify.ALTERED


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a\n1\n", "is not a signed checkpoint"),
        ("a\n1\nAA==\n\n\u2014 a AAAAAAA=\n", "is not a hash of 32 bytes"),
        ("a\n1\x07\nAA==\n\n\u2014 a AAAAAAA=\n", "holds a control character"),
        (f"a\n1\n{'A' * 43}=\n\n- a AAAAAAA=\n", "is not a signature line"),
        (f"a\n1\n{'A' * 43}=\n\n\u2014 a AAAAAA==\n", "holds no signature"),
    ],
)
def test_a_checkpoint_that_is_none_says_why(text: str, fault: str) -> None:
    with pytest.raises(verify.Bad, match=fault):
        verify.parse_checkpoint(text.encode(), "c")
    with pytest.raises(verify.Bad, match="UTF-8"):
        verify.parse_checkpoint(b"\xff", "c")


def test_the_example_of_the_signed_note_text_verifies() -> None:
    key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    note = (
        "This is an example message.\n\n\u2014 example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    )
    text, _, line = note.partition("\n\n")
    _, name, data = verify._signature(line.rstrip("\n"), "note", 3)
    own = verify.parse_key(key, "key")
    assert (own.name, own.key_id) == (name, data[:4])
    assert own.time_of(text.encode() + b"\n", data[4:]) is None
    (confirmed,) = notes.confirmed(notes.Note.parse(note), [notes.Vkey.parse(key)])
    assert confirmed.key.name == name


def test_a_key_signs_once(log: Log, export: Path, run: Command) -> None:
    lines = log.note().dumps().splitlines(keepends=True)
    (export / "checkpoint").write_text("".join([*lines, lines[-1]]))
    code, said = run("log", export)
    assert (code, said["line"]) == (1, 7)
    assert said["fault"] == f"{logs.WITNESS} has signed it in a line above already"
