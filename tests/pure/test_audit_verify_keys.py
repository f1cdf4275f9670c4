"""`mci-verify` on a log whose key changed, and on the server's own signature under a receipt."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent import verify
from mci_core import canonical, notes
from tests.pure.audit_support import logs, proof_mutations
from tests.pure.audit_support.command import Command
from tests.pure.audit_support.logs import Log

KEYS = (logs.LOG_KEY, *(Ed25519PrivateKey.from_private_bytes(bytes([one] * 32)) for one in (1, 2)))
VKEYS = tuple(notes.Vkey.of(logs.ORIGIN, key).text() for key in KEYS)
SIZES = (300, 512)


def about_keys(action: str, **facts: str) -> bytes:
    return canonical.dumps({**json.loads(logs.entry(0)), "action": action, "facts": facts, "subject": None})


def named(vkey: str) -> str:
    return sha256(vkey.encode()).hexdigest()


def replaced(number: int, **other: str) -> bytes:
    public = base64.b64encode(KEYS[number + 1].public_key().public_bytes_raw()).decode()
    facts = {"old": named(VKEYS[number]), "new": named(VKEYS[number + 1]), "new_public": public}
    return about_keys("audits.replace_log_key", **facts | other)


@dataclass
class Renewed:
    """A log of 600 entries with three keys: the second signs from 300 entries on, the third from 512 on."""

    log: Log
    files: dict[str, bytes]

    @classmethod
    def of(cls, entries: dict[int, bytes] | None = None) -> Renewed:
        about = {290: replaced(0), 299: about_keys("audits.prepare_log_key"), 511: replaced(1)}
        about[400] = about_keys("audits.end_log_key", key=named(VKEYS[0]))
        about |= entries or {}
        log = Log([about.get(number, logs.entry(number)) for number in range(600)], key=KEYS[2])
        files = log.export()
        files["checkpoint"] = signed(log, 600, KEYS[2], KEYS[1])
        files["vkey"] = f"{VKEYS[2]}\n{VKEYS[1]}\n".encode()
        del files["witness/council.vkey"]
        files["keys"] = "".join(
            f"{size}\t{vkey}\n" for size, vkey in zip((0, *SIZES), VKEYS, strict=True)
        ).encode()
        for number, size in enumerate(SIZES):
            files[f"change/{size}"] = signed(log, size, KEYS[number + 1], KEYS[number])
        return cls(log, files)

    def write(self, folder: Path, **changed: bytes | None) -> Path:
        """`change_300` stands for the file `change/300`."""
        files = self.files | {name.replace("_", "/"): data or b"" for name, data in changed.items()}
        written = logs.write(files, folder)
        for name in (name for name, data in changed.items() if data is None):
            (written / name.replace("_", "/")).unlink()
        return written


def signed(log: Log, size: int, *keys: Ed25519PrivateKey) -> bytes:
    note = log.note(size, witnesses=False)
    lines = tuple(notes.sign(note.text, logs.ORIGIN, key) for key in keys)
    return notes.Note(note.text, lines).dumps().encode()


@pytest.fixture(scope="module")
def renewed() -> Renewed:
    return Renewed.of()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_any_key_of_the_log_vouches_for_the_others(renewed: Renewed, run: Command, tmp_path: Path) -> None:
    export = renewed.write(tmp_path / "log")
    for key in VKEYS:
        code, said = run("log", export, "--vkey", key)
        assert code == 0, said
        assert said["signed_by"] == [VKEYS[2], VKEYS[1]]
        assert [one["from"] for one in said["keys"]] == [0, 300, 512]
        assert [one["vkey"] for one in said["keys"]] == list(VKEYS)
    code, words = run.words("log", export)
    assert code == 0
    assert f"Signed with the key {VKEYS[2]}\nSigned with the key {VKEYS[1]}\n" in words
    assert "From 300 entries on it signs with a key that the key before has confirmed.\n" in words
    stranger = notes.Vkey.of(logs.ORIGIN, Ed25519PrivateKey.from_private_bytes(b"9" * 32)).text()
    assert run("log", export, "--vkey", stranger)[1]["fault"] == "names none of the keys that were given"
    assert run("log", export, "--vkey", stranger, "--vkey", VKEYS[0])[0] == 0


def test_older_states_keep_the_signature_they_had(renewed: Renewed, run: Command, tmp_path: Path) -> None:
    export, old = renewed.write(tmp_path / "log"), tmp_path / "old"
    for size, key in ((299, KEYS[0]), (300, KEYS[1]), (511, KEYS[1]), (400, KEYS[0]), (600, KEYS[2])):
        old.write_bytes(signed(renewed.log, size, key))
        for vkey in VKEYS:
            code, said = run("log", export, "--since", old, "--vkey", vkey)
            assert (code, said.get("older")) == (0, size)
    # The first key ended with the entry at index 400.
    old.write_bytes(signed(renewed.log, 401, KEYS[0]))
    code, said = run("log", export, "--since", old, "--vkey", VKEYS[2])
    assert (code, said["fault"]) == (1, "only a key that ended with entry 400 has signed it")
    old.write_bytes(signed(renewed.log, 401, KEYS[0], KEYS[1]))
    assert run("log", export, "--since", old)[0] == 0


def test_a_key_that_ended_signs_nothing_more(renewed: Renewed, run: Command, tmp_path: Path) -> None:
    export = renewed.write(tmp_path / "log", checkpoint=signed(renewed.log, 600, KEYS[0]))
    code, said = run("log", export, "--vkey", VKEYS[0])
    assert (code, said["fault"]) == (1, "only a key that ended with entry 400 has signed it")
    (export / "checkpoint").write_bytes(signed(renewed.log, 600, KEYS[2], KEYS[0]))
    assert run("log", export, "--vkey", VKEYS[0])[1]["signed_by"] == [VKEYS[2]]


LATE = f"{VKEYS[1]}\n512\t"


@pytest.mark.parametrize(
    ("name", "data", "place", "fault"),
    [
        ("change_300", None, "change/300", "is missing"),
        ("change_300", "old", "change/300", "does not bear the signatures of both keys"),
        ("change_300", "other size", "change/300", "is not the state at which the key changed"),
        ("change_300", "forked", "change/300", "is not the state of the first 300 entries"),
        ("vkey", f"{notes.Vkey.of(logs.ORIGIN, KEYS[0], 1).text()}x", "vkey", "holds something that is not"),
        ("vkey", "stranger", "vkey", "holds a key that `keys` does not name"),
        ("keys", f"1\t{VKEYS[0]}\n", "keys", "does not say from which size on this key signs"),
        ("keys", f"0\t{VKEYS[0]}\n0\t{LATE}{VKEYS[2]}\n", "keys", "does not say from which size"),
        ("keys", f"0\t{VKEYS[0]}\n601\t{VKEYS[1]}\n", "keys", "does not say from which size"),
        ("keys", f"0\t{VKEYS[0]}\n300\t{VKEYS[0]}\n", "keys", "does not say from which size"),
        ("keys", f"0\t{logs.WITNESS_VKEY}\n", "keys", f"is no key of {logs.ORIGIN}"),
        ("keys", "nothing", "keys", "is not a number"),
    ],
)
def test_what_does_not_fit_is_named(
    renewed: Renewed, run: Command, tmp_path: Path, name: str, data: str | None, place: str, fault: str
) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(b"9" * 32)
    made: dict[str, bytes] = {
        "old": signed(renewed.log, 300, KEYS[0]),
        "other size": signed(renewed.log, 301, KEYS[0], KEYS[1]),
        "forked": signed(Log([b"{}", *renewed.log.entries[1:]]), 300, KEYS[0], KEYS[1]),
        "stranger": notes.Vkey.of(logs.ORIGIN, stranger).text().encode(),
    }
    changed = None if data is None else made.get(data, data.encode())
    code, said = run("log", renewed.write(tmp_path / "log", **{name: changed}))
    assert (code, said["file"]) == (verify.FORKED if data == "forked" else verify.ALTERED, place)
    assert said["fault"].startswith(fault)


def test_an_entry_has_to_say_that_the_key_changes(run: Command, tmp_path: Path) -> None:
    for number, entry in enumerate(
        (logs.entry(290), about_keys("audits.replace_log_key"), b'{"a":"_log_key","actor":1}')
    ):
        export = Renewed.of({290: entry}).write(tmp_path / str(number))
        code, said = run("log", export)
        assert (code, said["file"]) == (1, "change/300")
        assert said["fault"] == "no entry before it says that the key changes"
    export = Renewed.of({290: logs.entry(290), 310: replaced(0)}).write(tmp_path / "late")
    assert run("log", export)[1]["file"] == "change/300"


def test_entries_that_change_nothing_are_not_counted(run: Command, tmp_path: Path) -> None:
    """As docs/audit-log.md says: from another key, to one that has signed, or while two keys sign."""
    for number, entry in {
        100: replaced(1),
        101: replaced(0, new_public="*"),
        102: replaced(0, new=named(VKEYS[0])),
        310: replaced(0),
        311: replaced(1),
        520: about_keys("audits.end_log_key", key=named(VKEYS[2])),
    }.items():
        export = Renewed.of({number: entry}).write(tmp_path / str(number))
        code, said = run("log", export, "--vkey", VKEYS[2])
        assert (code, said.get("fault")) == (0, None)
    export = Renewed.of({450: replaced(1, **_stranger())}).write(tmp_path / "left-out")
    code, said = run("log", export, "--vkey", VKEYS[2])
    assert (code, said["file"], said["entry"]) == (1, "keys", 450)
    assert said["fault"] == "leaves out a change of key that an entry states"


def test_an_export_without_its_list_of_keys_hides_no_end(
    renewed: Renewed, run: Command, tmp_path: Path
) -> None:
    """Whoever stole the first key, which ended, signs on and leaves out what says so."""
    stolen = signed(renewed.log, 600, KEYS[0])
    export = renewed.write(tmp_path / "log", keys=None, checkpoint=stolen, vkey=VKEYS[0].encode())
    for vkey in ((), ("--vkey", VKEYS[0])):
        code, said = run("log", export, *vkey)
        assert (code, said["file"], said["entry"]) == (1, "keys", 290)
        assert said["fault"] == "leaves out a change of key that an entry states"
    (export / "checkpoint").write_bytes(signed(renewed.log, 600, KEYS[2]))
    (export / "vkey").write_text(VKEYS[2])
    old = tmp_path / "old"
    old.write_bytes(signed(renewed.log, 401, KEYS[0]))
    code, said = run("log", export, "--since", old, "--vkey", VKEYS[2], "--vkey", VKEYS[0])
    assert (code, said["entry"]) == (1, 290)


def test_it_says_from_when_on_a_later_key_signs(renewed: Renewed, run: Command, tmp_path: Path) -> None:
    later = f"0\t{VKEYS[1]}\n512\t{VKEYS[2]}\n".encode()
    export = renewed.write(tmp_path / "log", keys=later)
    code, said = run("log", export, "--vkey", VKEYS[2])
    assert (code, said["signs_from"]) == (0, 291)
    assert [one["from"] for one in said["keys"]] == [291, 512]
    assert "The oldest key given signs from 291 entries on" in run.words("log", export)[1]
    (export / "keys").unlink()
    (export / "checkpoint").write_bytes(signed(renewed.log, 600, KEYS[2]))
    code, said = run("log", export, "--vkey", VKEYS[2])
    assert (code, said["signs_from"], "keys" in said) == (0, 512, False)
    assert "signs_from" not in run("log", renewed.write(tmp_path / "whole"))[1]


def test_a_key_of_another_length_changes_nothing(run: Command, tmp_path: Path) -> None:
    """As on the server: an entry may name anything."""
    short = b"x" * 31
    data = bytes([verify.LOG_KEY]) + short
    key = verify.Key(
        logs.ORIGIN, sha256(logs.ORIGIN.encode() + b"\n" + data).digest()[:4], verify.LOG_KEY, short
    )
    public = base64.b64encode(short).decode()
    ended = about_keys("audits.end_log_key", key=named(VKEYS[1]))
    export = Renewed.of(
        {515: ended, 520: replaced(1, new=named(key.text), new_public=public, old=named(VKEYS[2]))}
    )
    code, said = run("log", export.write(tmp_path / "log"))
    assert (code, said.get("fault")) == (0, None)


def test_a_list_of_very_many_keys_is_not_read(renewed: Renewed, run: Command, tmp_path: Path) -> None:
    many = b"".join(b"%d\t%b\n" % (size, VKEYS[0].encode()) for size in range(verify.MOST_KEYS + 1))
    code, said = run("log", renewed.write(tmp_path / "log", keys=many))
    assert (code, said["file"], said["fault"]) == (1, "keys", "names more than 1000 keys")


def _stranger() -> dict[str, str]:
    key = Ed25519PrivateKey.from_private_bytes(b"9" * 32)
    vkey = notes.Vkey.of(logs.ORIGIN, key)
    return {"new": named(vkey.text()), "new_public": base64.b64encode(vkey.public).decode()}


def test_entries_about_keys_are_found_in_every_stretch(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "SHORTEST", 1)
    monkeypatch.setattr(verify, "LONGEST", 1)
    about = {number: logs.entry(number) for number in (290, 400, 511)}
    ended = about_keys("audits.end_log_key", key=named(VKEYS[0]))
    early = Renewed.of(about | {3: replaced(0), 310: ended, 511: replaced(1)})
    export = early.write(tmp_path / "log")
    for jobs in (1, 2):
        code, said = run("log", export, "--jobs", jobs)
        assert (code, said.get("fault")) == (0, None)


SERVER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    entries = Log.of(600).entries
    log = Log([*entries[:100], proof_mutations.erasure_entry(), *entries[100:]])
    body = json.loads(proof_mutations.receipt_of(log, 100)) | {"kid": "k1"}
    signed = canonical.dumps({name: value for name, value in body.items() if name != "proof"})
    signature = b64url(SERVER_KEY.sign(b"mci-erasure-receipt\n" + signed))
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(body | {"signature": signature}))
    return path


def key_list(folder: Path, keys: Any) -> Path:
    path = folder / "lease-keys.json"
    path.write_text(json.dumps({"issuer": "server-1", "keys": keys}))
    return path


PUBLIC = b64url(SERVER_KEY.public_key().public_bytes_raw())


def test_the_signature_of_a_receipt_is_checked_with_the_keys_of_the_server(
    receipt: Path, run: Command, tmp_path: Path
) -> None:
    keys = ("--vkey", logs.VKEY, "--receipt-keys", key_list(tmp_path, {"k0": PUBLIC, "k1": PUBLIC}))
    code, said = run("receipt", receipt, *keys)
    assert (code, said["signature"]) == (0, {"checked": True, "kid": "k1", "server": "server-1"})
    code, words = run.words("receipt", receipt, *keys)
    assert words.startswith(
        f"Proven: {logs.ORIGIN} states this certificate, in its entry at index 100 of 601."
    )
    assert "Handed out and signed by the server server-1, key k1.\n" in words
    code, words = run.words("receipt", receipt, "--vkey", logs.VKEY)
    assert code == 0
    assert "Signature of the receipt not checked: no keys given" in words
    assert run("receipt", receipt, "--vkey", logs.VKEY)[1]["signature"] == {"checked": False, "kid": "k1"}


def test_a_receipt_that_the_server_did_not_sign_is_refused(
    receipt: Path, run: Command, tmp_path: Path
) -> None:
    keys = ("--vkey", logs.VKEY, "--receipt-keys", key_list(tmp_path, {"k0": PUBLIC}))
    code, said = run("receipt", receipt, *keys)
    assert (code, said["fault"]) == (1, "is signed with the key k1, which none of the given files holds")
    other = b64url(KEYS[1].public_key().public_bytes_raw())
    wrong = "the signature of the key k1 does not belong to this receipt"
    for public in (other, b64url(b"short")):
        key_list(tmp_path, {"k1": public})
        code, said = run("receipt", receipt, *keys)
        assert (code, said["fault"]) == (1, wrong)
    key_list(tmp_path, {"k1": PUBLIC})
    whole = json.loads(receipt.read_text())
    for signature in (None, "AAAA", "*", whole["signature"][:-1] + "_"):
        receipt.write_text(json.dumps(whole | {"signature": signature}))
        assert run("receipt", receipt, *keys)[1]["fault"] == wrong


@pytest.mark.parametrize("keys", [{"k1": 7}, {"k1": "*"}, None, {"k1": "AB"}])
def test_what_is_no_list_of_keys_is_told(receipt: Path, run: Command, tmp_path: Path, keys: Any) -> None:
    path = key_list(tmp_path, keys)
    code, said = run("receipt", receipt, "--vkey", logs.VKEY, "--receipt-keys", path)
    assert (code, said["file"]) == (verify.USAGE, str(path))
    assert said["fault"] == "is no list of keys as in lease-keys.json"
