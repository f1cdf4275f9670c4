"""Vault's transit engine around the keys of the days, spoken over HTTP with a stand-in that keeps its rules.

The stand-in implements the documented requests of the engine (make, read, configure, delete a key; encrypt;
decrypt), with real AES-GCM inside. It is no Vault: what it cannot show is Vault's own policies.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from audits import epoch_keys, kms
from mci_core import envelope

TOKEN = "token-of-the-test"


class Transit(BaseHTTPRequestHandler):
    """``/v1/transit/...`` of one server object, which holds the keys."""

    def _answer(self, status: int, data: dict[str, Any] | None = None) -> None:
        body = json.dumps({"data": data} if status < 400 else {"errors": ["no"]}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _handle(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(sent) if sent else {}
        keys = self.server.keys  # type: ignore[attr-defined]
        if self.headers["X-Vault-Token"] != TOKEN:
            self._answer(403)
            return
        kind, name, *rest = self.path.removeprefix("/v1/transit/").split("/")
        made = kind == "keys" and not rest and self.command in ("POST", "PUT")
        if made:
            keys.setdefault(name, {"key": envelope.new_key(), "deletable": False})
            self._answer(200, {})
        elif name not in keys:
            self._answer(404 if kind == "keys" else 400)
        else:
            self._known(kind, keys, name, rest, body)

    def _known(self, kind: str, keys: Any, name: str, rest: list[str], body: dict[str, Any]) -> None:
        key = keys[name]["key"]
        if kind == "encrypt":
            sealed = envelope.seal(key, base64.b64decode(body["plaintext"]), b"")
            self._answer(200, {"ciphertext": "vault:v1:" + base64.b64encode(sealed).decode()})
        elif kind == "decrypt":
            sealed = base64.b64decode(body["ciphertext"].removeprefix("vault:v1:"))
            self._answer(200, {"plaintext": base64.b64encode(envelope.open_(key, sealed, b"")).decode()})
        elif rest == ["config"]:
            keys[name]["deletable"] = body["deletion_allowed"]
            self._answer(200, {})
        elif self.command == "DELETE":
            if keys[name]["deletable"]:
                del keys[name]
            self._answer(200 if name not in keys else 400, {})
        else:
            self._answer(200, {"name": name})

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815  # names of the standard library

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def vault(settings: Any, tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Transit)
    server.keys = {}  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.EPOCHS_DIR = tmp_path / "epochs"
    settings.KMS, settings.VAULT_TOKEN = "vault", TOKEN
    settings.VAULT_ADDR = f"http://127.0.0.1:{server.server_port}"
    kms._vault.cache_clear()
    yield server
    kms._vault.cache_clear()
    server.shutdown()
    server.server_close()


def _file(settings: Any, number: int) -> Path:
    folder: Path = settings.EPOCHS_DIR
    return folder / f"epoch-{number:06d}.key"


def test_an_epoch_lives_in_vault_and_dies_there(vault: Any, settings: Any) -> None:
    epoch_keys.make(7)
    key = epoch_keys.key(7)
    copy = _file(settings, 7).read_bytes()
    assert copy.startswith(b"vault\nvault:v1:")
    assert list(vault.keys) == ["mci-epoch-7"]
    epoch_keys._opened.clear()
    assert epoch_keys.key(7) == key
    epoch_keys.destroy(7)
    epoch_keys.destroy(7)
    assert vault.keys == {}
    # Somebody who kept a copy of the file, and of the mark's absence, opens nothing.
    with pytest.raises(kms.KmsUnavailable):
        kms.open_(7, copy)


def test_a_refusal_says_its_kind_and_nothing_else(
    vault: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch_keys.make(3)
    settings.VAULT_TOKEN = "wrong-token"
    kms._vault.cache_clear()
    epoch_keys._opened.clear()
    with pytest.raises(kms.KmsUnavailable, match=r"refuses \(Forbidden\)"):
        epoch_keys.key(3)
    with pytest.raises(kms.KmsUnavailable):
        kms.forget(3)


def test_without_the_service_a_file_that_it_sealed_stays_shut(vault: Any, settings: Any) -> None:
    epoch_keys.make(4)
    epoch_keys._opened.clear()
    settings.KMS = ""
    with pytest.raises(kms.KmsUnavailable, match="sealed by Vault"):
        epoch_keys.key(4)


def test_files_from_before_the_service_still_open(vault: Any, settings: Any) -> None:
    settings.KMS = ""
    epoch_keys.make(5)
    key = epoch_keys.key(5)
    epoch_keys._opened.clear()
    settings.KMS = "vault"
    assert epoch_keys.key(5) == key
    epoch_keys.destroy(5)
    assert not epoch_keys.is_there(5)
