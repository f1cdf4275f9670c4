"""What the server hands out, in the hands of outsiders: `mci-verify` and `mci-witness` against a real log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient

from audits import checkpoints, folder, proofs
from audits.actions.witnesses import register_witness
from audits.models import AuditEntry, Cosignature
from mci_agent import verify, witness_cli
from mci_agent.transport import Answer
from mci_core.errors import Conflict, NotFound
from tests.server.audits.support import advance_all, fill
from tests.server.cast import REASON, Cast

pytestmark = pytest.mark.django_db(transaction=True)
PASSPHRASE = "four quiet words here"


class Server:
    """The transport of `mci-witness` straight into Django."""

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        answer: Any = await AsyncClient().generic(method, path, body, content_type="text/plain")
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, found, answer.content)

    async def close(self) -> None: ...


def signed_over(count: int) -> None:
    fill(count)
    advance_all(AuditEntry.objects.count())
    assert checkpoints.sign() is not None


def watch(home: Path, verb: str, *more: object) -> int:
    world = witness_cli.World(
        passphrase=lambda _question: PASSPHRASE,
        open_transport=lambda _origin: Server(),  # type: ignore[arg-type,return-value]  # what a witness needs
    )
    return witness_cli.main([verb, *map(str, more), "--folder", str(home)], world=world)


def test_a_witness_and_a_verifier_outside_agree_with_the_server(
    cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signed_over(300)
    first = checkpoints.newest()
    assert first is not None
    (tmp_path / "older").write_text(first.note)
    home = tmp_path / "witness"
    arguments = ("council.example.com/w1", "--server", "https://mci.example.com", "--vkey", first.vkey)
    assert watch(home, "init", *arguments) == witness_cli.DONE
    vkey = (home / "witness.vkey").read_text()
    assert watch(home, "once") == witness_cli.REFUSED
    register_witness(label="Works council", vkey=vkey, actor=cast.actor("officer"), reason=REASON)
    signed_over(250)
    assert watch(home, "once") == witness_cli.DONE
    newest = checkpoints.newest()
    assert newest is not None
    assert Cosignature.objects.get().checkpoint == newest
    folder.export(tmp_path / "export", newest)
    capsys.readouterr()
    trusted = ["--vkey", first.vkey, "--witness", str(home / "witness.vkey"), "--witnesses", "1"]
    export = [str(tmp_path / "export"), "--since", str(tmp_path / "older")]
    assert verify.main(["log", *export, *trusted, "--json"]) == verify.PROVEN
    said = json.loads(capsys.readouterr().out)
    assert (said["size"], said["root"], said["older"]) == (newest.size, newest.root, first.size)
    # An export is gone on with in the same folder, and the verifier finds nothing left over.
    signed_over(300)
    later = checkpoints.newest()
    assert later is not None
    folder.export(tmp_path / "export", later)
    assert verify.main(["log", *export, "--json"]) == verify.PROVEN


def test_the_proof_of_an_entry_is_for_whoever_holds_the_entry(tmp_path: Path) -> None:
    signed_over(300)
    newest = checkpoints.newest()
    assert newest is not None
    for entry in AuditEntry.objects.order_by("pk")[:600:211]:
        (tmp_path / "proof").write_text(proofs.inclusion_proof(entry.pk))
        (tmp_path / "leaf").write_text(entry.leaf)
        arguments = [
            "proof",
            str(tmp_path / "proof"),
            "--leaf",
            str(tmp_path / "leaf"),
            "--vkey",
            newest.vkey,
        ]
        assert verify.main(arguments) == verify.PROVEN
    fill(1)
    with pytest.raises(Conflict) as refused:
        proofs.inclusion_proof(AuditEntry.objects.latest("pk").pk)
    assert refused.value.code == "not_signed_yet"
    with pytest.raises(NotFound):
        proofs.inclusion_proof(0)
