"""What anybody may fetch, what witnesses hand in, and where checkpoints are shown and handed to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core import mail
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client

from audits import checkpoints, handing_out, tasks
from audits.actions.witnesses import register_witness, withdraw_witness
from audits.models import AuditEntry, Cosignature, SignedCheckpoint, Witness
from mci_core import merkle, notes, proofs, tiles
from mci_core.errors import Conflict, Invalid
from tests.server.audits.support import advance_all, fill
from tests.server.cast import REASON, Cast

pytestmark = pytest.mark.django_db(transaction=True)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VKEY = notes.Vkey.of("council.example/w1", KEY, notes.COSIGNATURE)


def signed_at(size: int) -> SignedCheckpoint:
    fill(size - AuditEntry.objects.count())
    advance_all(size)
    signed = checkpoints.sign()
    assert signed is not None
    return signed


def registered(cast: Cast) -> Witness:
    return register_witness(
        label="Works council", vkey=VKEY.text(), actor=cast.actor("officer"), reason=REASON
    )


def post(body: str) -> Any:
    return Client(enforce_csrf_checks=True).post("/audit/witness", body, content_type="text/plain")


def cosigned(note: notes.Note, at: int = 1_700_000_000) -> str:
    return note.with_signatures([notes.cosign(note.text, VKEY.name, KEY, at)]).dumps()


def test_nothing_is_served_before_something_is_signed(client: Client) -> None:
    assert client.get("/audit/checkpoint").status_code == 404
    assert client.get("/audit/witness?old=0").status_code == 404


def test_a_witness_follows_the_log_and_is_shown(cast: Cast, client: Client) -> None:
    witness = registered(cast)
    size = AuditEntry.objects.count() + 300
    first = signed_at(size)
    step = proofs.Step.parse(client.get("/audit/witness?old=0").content.decode())
    assert step.holds(merkle.EMPTY_ROOT, first.key)
    answer = post(cosigned(step.note))
    assert answer.status_code == 200
    assert VKEY.name in answer.content.decode()
    assert post(cosigned(step.note)).status_code == 200
    assert Cosignature.objects.get().witness == witness
    advance_all(size + 1)
    second = signed_at(size + 401)
    step = proofs.Step.parse(client.get(f"/audit/witness?old={size}").content.decode())
    assert step.holds(bytes.fromhex(first.root), second.key)
    assert proofs.Step.parse(client.get(f"/audit/witness?old={second.size}").content.decode()).hashes == ()
    page = cast.client("auditor").get("/audit/witnesses/").content.decode()
    assert "Works council" in page
    assert "council.example/w1" in page
    own = cast.client("employee").get("/me/log/").content.decode()
    assert "Works council" in own
    assert second.vkey in own


def test_the_checkpoint_carries_its_cosignatures(cast: Cast, client: Client) -> None:
    witness = registered(cast)
    signed = signed_at(AuditEntry.objects.count() + 5)
    post(cosigned(signed.signed))
    note = notes.Note.parse(client.get("/audit/checkpoint").content)
    assert len(notes.confirmed(note, [signed.key, VKEY])) == 2
    withdraw_witness(witness=witness, actor=cast.actor("admin"), reason=REASON)
    withdraw_witness(witness=witness, actor=cast.actor("admin"), reason=REASON)
    note = notes.Note.parse(client.get("/audit/checkpoint").content)
    assert len(notes.confirmed(note, [signed.key, VKEY])) == 1
    assert post(cosigned(signed.signed)).status_code == 403


@pytest.mark.parametrize("old", ["", "-1", "01", "x", "1e3"])
def test_a_size_that_is_no_number_is_refused(old: str, client: Client) -> None:
    signed_at(3)
    assert client.get("/audit/witness", {"old": old}).status_code == 400


def test_a_size_beyond_the_log_is_a_conflict(client: Client) -> None:
    signed_at(3)
    answer = client.get("/audit/witness?old=4")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (409, b"3\n", "text/x.tlog.size")


def test_what_no_witness_signed_is_refused(cast: Cast) -> None:
    signed = signed_at(AuditEntry.objects.count() + 3)
    assert post(cosigned(signed.signed)).status_code == 403
    registered(cast)
    forged = notes.cosign(signed.signed.text, VKEY.name, LOGS_OWN, 1_700_000_000)
    forged = notes.Signature(VKEY.name, VKEY.key_id, forged.value)
    assert post(signed.signed.with_signatures([forged]).dumps()).status_code == 403
    assert post(signed.note).status_code == 403
    other = notes.signed_checkpoint(notes.Checkpoint(signed.origin, 999, bytes(32)), LOGS_OWN)
    assert post(cosigned(other)).status_code == 404
    same = notes.signed_checkpoint(notes.Checkpoint(signed.origin, signed.size, bytes(32)), LOGS_OWN)
    assert post(cosigned(same)).status_code == 404
    assert post("no note").status_code == 400
    assert post("no checkpoint\n\n" + signed.signed.signatures[0].line()).status_code == 400
    assert post("x" * 70_000).status_code == 413
    assert post(cosigned(signed.signed, int(time.time()) + 3600)).status_code == 422
    assert Client().put("/audit/witness").status_code == 405
    assert not Cosignature.objects.exists()


LOGS_OWN = Ed25519PrivateKey.from_private_bytes(bytes(32))


def test_only_keys_for_cosignatures_are_registered_and_each_once(cast: Cast) -> None:
    officer = cast.actor("officer")
    plain = notes.Vkey.of("council.example/w1", KEY).text()
    for label, vkey in (("Council", plain), ("Council", "x"), ("", VKEY.text()), ("x" * 101, VKEY.text())):
        with pytest.raises(Invalid):
            register_witness(label=label, vkey=vkey, actor=officer, reason=REASON)
    witness = registered(cast)
    same_name = notes.Vkey.of(VKEY.name, LOGS_OWN, notes.COSIGNATURE).text()
    for vkey in (VKEY.text(), same_name):
        with pytest.raises(Conflict):
            register_witness(label="Council", vkey=vkey, actor=officer, reason=REASON)
    withdraw_witness(witness=witness, actor=officer, reason=REASON)
    register_witness(label="Council", vkey=same_name, actor=officer, reason=REASON)


def test_staff_register_and_withdraw_on_the_page(cast: Cast) -> None:
    client = cast.client("officer")
    form = {"label": "Works council", "vkey": VKEY.text(), "reason": REASON}
    assert client.post("/audit/witnesses/new/", form).status_code == 302
    assert client.post("/audit/witnesses/new/", form).status_code == 422
    witness = Witness.objects.get()
    assert client.post(f"/audit/witnesses/{witness.pk}/withdraw/").status_code == 302
    witness.refresh_from_db()
    assert witness.withdrawn_at is not None


def test_operators_do_it_with_a_command(cast: Cast, capsys: Any) -> None:
    call_command("audit_witness", register=VKEY.text(), label="Council", reason="agreement 12")
    assert "saw nothing" in capsys.readouterr().out
    signed = signed_at(AuditEntry.objects.count() + 2)
    post(cosigned(signed.signed))
    call_command("audit_witness", withdraw=VKEY.name, reason="left")
    assert f"withdrawn\tsaw {signed.size} entries" in capsys.readouterr().out
    for words in ({"withdraw": VKEY.name}, {"register": "x", "label": "Council"}):
        with pytest.raises(CommandError):
            call_command("audit_witness", **words)


def test_tiles_are_for_those_who_are_signed_in_and_entries_for_readers(cast: Cast) -> None:
    count = AuditEntry.objects.count()
    signed_at(count + 300)
    size = count + 300
    employee, auditor = cast.client("employee"), cast.client("auditor")
    full = employee.get("/audit/tile/0/000")
    assert len(full.content) == tiles.TILE_BYTES
    assert "immutable" in full["Cache-Control"]
    assert len(employee.get(f"/audit/tile/0/001.p/{size - 256}").content) == 32 * (size - 256)
    assert "immutable" not in employee.get("/audit/tile/0/000.p/9")["Cache-Control"]
    assert employee.get("/audit/tile/1/000.p/1").status_code == 200
    assert employee.get("/audit/tile/entries/000").status_code == 404
    entries = tiles.unpack(auditor.get("/audit/tile/entries/000").content)
    assert b"".join(tiles.leaf_hashes(entries)) == full.content
    for path in ("0/001", "0/002.p/1", "1/000", "2/000.p/1", "x", "0/../0", "63/000.p/1"):
        assert auditor.get(f"/audit/tile/{path}").status_code == 404
    assert Client().get("/audit/tile/0/000").status_code == 302


def test_too_many_requests_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from audits import public_views

    signed_at(1)
    monkeypatch.setattr(public_views._Rate, "THROTTLE_RATES", {"audit": "2/min"})
    assert [client.get("/audit/checkpoint").status_code for _ in range(3)] == [200, 200, 429]


def test_pages_say_when_nothing_is_signed(cast: Cast) -> None:
    assert "has not run yet" in cast.client("auditor").get("/audit/witnesses/").content.decode()
    assert "Nothing is signed yet" in cast.client("employee").get("/me/log/").content.decode()


def test_checkpoints_are_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for task in (tasks.hand_out_checkpoint, tasks.mail_checkpoint):
        task()
    signed = signed_at(3)
    for task in (tasks.hand_out_checkpoint, tasks.mail_checkpoint):
        task()
    assert not mail.outbox
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_DIR", str(tmp_path))
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_BLOBS", True)
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_MAIL", ["council@example.com"])
    for _ in range(2):
        tasks.hand_out_checkpoint()
    tasks.mail_checkpoint()
    (path,) = tmp_path.iterdir()
    assert path.read_text() == signed.note
    with storages["blobs"].open(f"checkpoints/{path.name}") as file:
        assert file.read().decode() == signed.note
    assert signed.note in mail.outbox[0].body
    assert f"Verifier key: {signed.vkey}\n" in mail.outbox[0].body


def test_a_place_that_fails_is_said_once_and_stops_no_other(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = signed_at(AuditEntry.objects.count() + 3)
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_DIR", str(blocked))
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_BLOBS", True)
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_MAIL", ["council@example.com"])
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "no.such.Backend")
    for _ in range(2):
        tasks.hand_out_checkpoint()
        tasks.mail_checkpoint()
    assert storages["blobs"].exists(f"checkpoints/{handing_out.name_of(signed)}")
    assert AuditEntry.objects.filter(action="audits.hand_out_failed").count() == 2
    faults = {place.name: place.fault for place in handing_out.places()}
    assert faults == {"folder": "FileExistsError", "storage": "", "mail": "ModuleNotFoundError"}
    page = cast.client("auditor").get("/audit/witnesses/").content.decode()
    assert "FileExistsError, since" in page
    assert "No failure" in page
    blocked.unlink()
    tasks.hand_out_checkpoint()
    assert AuditEntry.objects.latest("pk").action == "audits.hand_out_works"
    faults = {place.name: place.fault for place in handing_out.places()}
    assert faults == {"folder": "", "storage": "", "mail": "ModuleNotFoundError"}
    assert "again since" in cast.client("auditor").get("/audit/witnesses/").content.decode()
