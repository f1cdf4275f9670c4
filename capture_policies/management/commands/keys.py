"""Makes and changes the signing keys: ``manage.py keys init | status | rotate | revoke | approvers | accept |
withdraw | renew-root``, and shows the keys of the days: ``manage.py keys epochs``.

Root keys are offline: in production ``--offline`` names a folder outside KEYS_DIR, and each key file is
encrypted with a passphrase that is asked for (or read from MCI_ROOT_PASSPHRASE). Without ``--offline`` a new
root is written to a file; two holders sign it with ``mci-sign root`` on their own machines, and
``keys accept`` takes it over.
"""

from __future__ import annotations

import getpass
import os
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import Metadata, Root

from accounts import epoch_status
from audits.actor import Actor
from capture_policies import key_files, key_status, roots, signing
from capture_policies.actions import ceremony, keys
from capture_policies.actions.repository import accept_root, init_repository
from capture_policies.models_keys import SigningRequest
from mci_core.errors import ActionError, Invalid

ACTOR = Actor.system("keys-command")
ROLES = ("lease", "targets", "snapshot", "timestamp", "online", "leases", "root")
EPOCHS = "{:<7} {:<11} {:<10} {:<12} {:<17} {}"
TABLE = "{:<10} {:<16} {:<17} {:<17} {:<8} {}"


class Command(BaseCommand):
    help = "Make, change and show the signing keys of releases and leases."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "verb",
            choices=(
                "init",
                "status",
                "epochs",
                "rotate",
                "revoke",
                "approvers",
                "accept",
                "withdraw",
                "renew-root",
            ),
        )
        parser.add_argument("file", type=Path, nargs="?", help="accept: the signed root")
        parser.add_argument("--role", choices=ROLES, help="rotate, revoke: whose key")
        parser.add_argument("--reason", default="", help="goes into the audit log")
        parser.add_argument("--key", default="", help="root: the id of the key to replace, or its beginning")
        parser.add_argument(
            "--public", type=Path, action="append", default=[], help="a public key file; may be repeated"
        )
        parser.add_argument("--online", action="store_true", help="approvers: back to a key of this server")
        parser.add_argument("--out", type=Path, help="where the root to sign is written")
        parser.add_argument(
            "--offline", type=Path, help="folder of the three root keys; outside KEYS_DIR in production"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "init": self._init,
            "status": self._status,
            "epochs": self._epochs,
            "rotate": self._rotate,
            "revoke": self._revoke,
            "approvers": self._approvers,
            "accept": self._accept,
            "withdraw": self._withdraw,
            "renew-root": self._renew_root,
        }
        try:
            verbs[options["verb"]](options)
        except ActionError as fault:
            raise CommandError(fault.message) from fault

    # --- verbs

    def _init(self, options: dict[str, Any]) -> None:
        folder = self._offline(options)
        if signing.is_founded():
            self.stdout.write("The release repository exists already.")
            return
        signers = _root_signers(folder)
        online = {
            role: key_files.create(key_files.online_folder(), role).public_key
            for role in key_files.ONLINE_ROLES
        }
        document = roots.first_root([signer.public_key for signer in signers], online)
        init_repository(root=roots.sign(document, signers), actor=ACTOR)
        self._say_root(1)

    def _renew_root(self, options: dict[str, Any]) -> None:
        folder = self._offline(options)
        signers = _root_signers(folder)

        def change(root: Root) -> None:
            roots.root_keys([signer.public_key for signer in signers])(root)
            for role in key_files.ONLINE_ROLES:
                if role != "targets" or not signing.by_approvers():
                    roots.online_key(role, _online_key(role, root))(root)

        document = roots.next_root(change)
        self._take(roots.sign(document, signers), document.signed.version)

    def _rotate(self, options: dict[str, Any]) -> None:
        role = _role(options)
        if role == "lease":
            kid = keys.rotate_lease_key(reason=options["reason"], actor=ACTOR)
            self.stdout.write(f"Lease key {kid} signs now. The old one is dropped after its last lease.")
            return
        if role == "leases":
            ceremony.rotate_lease_role(reason=options["reason"], actor=ACTOR)
            self.stdout.write("The approvers are asked to sign targets with the new key: mci-sign release")
            return
        change, about = _change(role, options)
        request = keys.request_root(change=change, about=about, reason=options["reason"], actor=ACTOR)
        self._to_sign(request, options)

    def _revoke(self, options: dict[str, Any]) -> None:
        role = _role(options)
        if role == "lease":
            kid = keys.revoke_lease_key(reason=options["reason"], actor=ACTOR)
            self.stdout.write(f"Lease key {kid} signs now. The old one is trusted no longer.")
            return
        change, _about = _change(role, options)
        ids = _key_ids(role, options["key"])
        request = keys.revoke_key(
            role=role, key_ids=ids, change=change, reason=options["reason"], actor=ACTOR
        )
        self._to_sign(request, options)

    def _approvers(self, options: dict[str, Any]) -> None:
        if options["online"]:
            change = roots.online_key("targets", key_files.create_next("targets").public_key)
            about: dict[str, Any] = {"role": "targets", "approvers": []}
        else:
            public = _public_keys(options)
            change = roots.approvers(public)
            about = {"role": "targets", "approvers": sorted(key.keyid for key in public)}
        request = keys.request_root(change=change, about=about, reason=options["reason"], actor=ACTOR)
        self._to_sign(request, options)

    def _accept(self, options: dict[str, Any]) -> None:
        if options["file"] is None:
            raise CommandError("Name the file of the signed root.")
        data = options["file"].read_bytes()
        self._take(data, signing.check_root(data).version)

    def _withdraw(self, options: dict[str, Any]) -> None:
        request = SigningRequest.objects.open_one()
        if request is None:
            raise CommandError("No request is open.")
        keys.withdraw_signing_request(request=request, reason=options["reason"], actor=ACTOR)
        self.stdout.write("The request is withdrawn.")

    def _status(self, options: dict[str, Any]) -> None:
        root = signing.current_root().signed
        self.stdout.write(f"root {root.version} expires {root.expires:%Y-%m-%d}")
        self.stdout.write(TABLE.format("role", "key", "created", "expires", "signs", "where"))
        for row in key_status.rows():
            created, expires = (f"{at:%Y-%m-%d %H:%M}" if at else "-" for at in (row.created, row.expires))
            line = (row.role, row.key_id[:16], created, expires, row.threshold, row.where)
            self.stdout.write(TABLE.format(*line))
        for name, target in sorted(signing.current_targets().items()):
            self.stdout.write(f"{name} {target.hashes['sha256']}")
        for warning in key_status.warnings():
            self.stdout.write(self.style.WARNING(f"Warning: {warning}"))
        request = SigningRequest.objects.open_one()
        if request is not None:
            self.stdout.write(f"Waits: {key_status.waiting_words(request)}")

    def _epochs(self, options: dict[str, Any]) -> None:
        self.stdout.write(EPOCHS.format("epoch", "day", "state", "person keys", "destroyed", "key"))
        for row in epoch_status.rows():
            end = "" if row.state == "active" else f"{row.destroyed:%Y-%m-%d %H:%M}"
            there = "there" if row.key_is_there else "gone"
            self.stdout.write(EPOCHS.format(row.number, str(row.day), row.state, row.keys, end or "-", there))
        for name, value in epoch_status.summary().items():
            self.stdout.write(f"{name}: {value}")
        for warning in epoch_status.warnings():
            self.stdout.write(self.style.WARNING(f"Warning: {warning}"))

    # --- parts of them

    def _to_sign(self, request: SigningRequest, options: dict[str, Any]) -> None:
        """Sign the new root here when its keys are named, or write it down for their holders."""
        assert request.root is not None
        data = bytes(request.root)
        document = Metadata[Root].from_bytes(data)
        version = document.signed.version
        if options["offline"] is not None:
            signers = _root_signers(self._offline(options), create=False)
            self._take(roots.sign(document, signers), version)
            return
        path = options["out"] or Path(f"{version}.root.json")
        path.write_bytes(data)
        self.stdout.write(
            f"Root {version} is in {path}. Two holders of root keys sign it, one after the other:"
            f" mci-sign root {path} --key FILE. Then: manage.py keys accept {path}"
        )

    def _take(self, root: bytes, version: int) -> None:
        if accept_root(root=root, actor=ACTOR):
            self._say_root(version)
            return
        self.stdout.write(
            f"Root {version} is accepted and counts as soon as {roots.APPROVERS_NEEDED} approvers have signed"
            " the targets below it: mci-sign release"
        )

    def _say_root(self, version: int) -> None:
        self.stdout.write(
            f"Root {version} is signed; {key_files.ROOT_THRESHOLD} of {len(key_files.ROOT_KEYS)} keys sign"
            " the next one."
        )

    def _offline(self, options: dict[str, Any]) -> Path:
        folder: Path | None = options["offline"]
        if folder is None and settings.PRODUCTION:
            raise CommandError("Name the folder of the root keys: --offline /media/…")
        folder = folder or key_files.demo_offline_folder()
        key_files.check_offline_folder(folder)
        return folder


def _role(options: dict[str, Any]) -> str:
    role: str | None = options["role"]
    if role is None:
        raise CommandError(f"Name the role: --role {' | '.join(ROLES)}")
    return role


def _change(role: str, options: dict[str, Any]) -> tuple[roots.Change, dict[str, Any]]:
    """What the next root says of this role."""
    if role == "root":
        public = _public_keys(options)
        if len(public) != 1 or not options["key"]:
            raise CommandError("Name the root key to replace and its successor: --key ID --public FILE")
        about = {"role": role, "old": options["key"], "new": public[0].keyid}
        return roots.root_key_instead(options["key"], public[0]), about
    if role == "targets" and signing.by_approvers():
        raise CommandError(
            "Approvers sign targets: name all of them anew with keys approvers --public FILE …"
        )
    if role == "leases":
        raise CommandError("The key of leases is below targets: keys rotate --role leases")
    fresh = {name: key_files.create_next(name).public_key for name in _own_roles(role)}

    def change(root: Root) -> None:
        for name, key in fresh.items():
            roots.online_key(name, key)(root)

    return change, {"role": role, "new": sorted(key.keyid for key in fresh.values())}


def _own_roles(role: str) -> list[str]:
    """The roles that root gives to keys of this server: one, or with "online" all of them."""
    if role != "online":
        return [role]
    return [name for name in key_files.ONLINE_ROLES if name != "targets" or not signing.by_approvers()]


def _key_ids(role: str, beginning: str) -> list[str]:
    """The keys that count now: of a root key the one that is meant, otherwise all of the role."""
    named = signing.current_root().signed.roles
    if role == "root":
        return [key_id for key_id in named["root"].keyids if key_id.startswith(beginning)]
    return [key_id for name in _own_roles(role) for key_id in named[name].keyids]


def _online_key(role: str, root: Root) -> Key:
    """The key of a role that lies here: the one in root if it does, else another one, else a new one."""
    found = {signer.public_key.keyid: signer.public_key for signer in key_files.online_signers(role).values()}
    named = [found[key_id] for key_id in root.roles[role].keyids if key_id in found]
    others = list(found.values())
    return (named or others or [key_files.create(key_files.online_folder(), role).public_key])[0]


def _public_keys(options: dict[str, Any]) -> list[Key]:
    return [roots.public_key(path.read_bytes()) for path in options["public"]]


def _root_signers(folder: Path, *, create: bool = True) -> list[CryptoSigner]:
    """The root keys in a folder; with ``create``, missing ones are made."""
    passphrase = _passphrase()
    names = [name for name in key_files.ROOT_KEYS if create or (folder / f"{name}.key").exists()]
    if not names:
        raise Invalid("There is no root key in this folder.", code="signing_key_missing")
    return [key_files.create(folder, name, passphrase=passphrase) for name in names]


def _passphrase() -> bytes | None:
    if not settings.PRODUCTION:
        return None
    given = os.environ.get("MCI_ROOT_PASSPHRASE") or getpass.getpass("Passphrase of the root keys: ")
    if len(given) < 12:
        raise CommandError("A passphrase of root keys has at least 12 characters.")
    return given.encode()
