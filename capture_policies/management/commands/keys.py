"""Makes and keeps the keys of the release repository: ``manage.py keys init | status | renew-root``.

Root keys are offline: in production ``--offline`` names a folder outside KEYS_DIR, and each key file is
encrypted with a passphrase that is asked for (or read from MCI_ROOT_PASSPHRASE).
"""

from __future__ import annotations

import getpass
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from securesystemslib.signer import CryptoSigner

from audits.actor import Actor
from capture_policies import key_files, signing
from capture_policies.actions.repository import accept_root, init_repository
from mci_core.errors import ActionError

ACTOR = Actor.system("keys-command")


class Command(BaseCommand):
    help = "Make and keep the signing keys of releases."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=("init", "status", "renew-root"))
        parser.add_argument(
            "--offline", type=Path, help="folder of the three root keys; outside KEYS_DIR in production"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verb"] == "status":
                self._status()
            else:
                self._with_root_keys(options["verb"], options["offline"])
        except ActionError as fault:
            raise CommandError(fault.message) from fault

    def _with_root_keys(self, verb: str, folder: Path | None) -> None:
        if folder is None and settings.PRODUCTION:
            raise CommandError("Name the folder of the root keys: --offline /media/…")
        folder = folder or key_files.demo_offline_folder()
        key_files.check_offline_folder(folder)
        if verb == "init" and signing.is_founded():
            self.stdout.write("The release repository exists already.")
            return
        passphrase = _passphrase()
        roots = [key_files.create(folder, name, passphrase=passphrase) for name in key_files.ROOT_KEYS]
        online_folder = key_files.online_folder()
        online = {role: key_files.create(online_folder, role).public_key for role in key_files.ONLINE_ROLES}
        version = 1 if verb == "init" else signing.root_version() + 1
        document = signing.build_root([key.public_key for key in roots], online, version=version)
        self._accept(signing.sign_root(document, roots), version, roots)

    def _accept(self, root: bytes, version: int, roots: list[CryptoSigner]) -> None:
        if version == 1:
            init_repository(root=root, actor=ACTOR)
        else:
            accept_root(root=root, actor=ACTOR)
        self.stdout.write(
            f"Root {version} is signed; {key_files.ROOT_THRESHOLD} of {len(roots)} keys sign the next one."
        )

    def _status(self) -> None:
        root = signing.current_root().signed
        self.stdout.write(f"root {root.version} expires {root.expires:%Y-%m-%d}")
        for name, target in sorted(signing.current_targets().items()):
            self.stdout.write(f"{name} {target.hashes['sha256']}")


def _passphrase() -> bytes | None:
    if not settings.PRODUCTION:
        return None
    given = os.environ.get("MCI_ROOT_PASSPHRASE") or getpass.getpass("Passphrase of the root keys: ")
    if len(given) < 12:
        raise CommandError("A passphrase of root keys has at least 12 characters.")
    return given.encode()
