"""A signing repository in memory, after python-tuf's own repository simulator: it signs what it is told to.

Root needs 2 of 3 signatures; the other roles one. With ``ceremony`` targets needs 2 of 2 approvers and
delegates the lease keys to the online role ``leases``. Attacks are made by changing `files` or by signing
with other keys.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

ROLES = ("timestamp", "snapshot", "targets")


class Repository:
    """Signed files by name: `files` for metadata, `targets` for targets."""

    def __init__(self, now: int, *, ceremony: bool = False) -> None:
        self.now = now
        self.endless: set[str] = set()
        self.before: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.targets: dict[str, bytes] = {}
        self.root_signers = [CryptoSigner.generate_ed25519() for _ in range(3)]
        self.signers = {role: CryptoSigner.generate_ed25519() for role in ROLES}
        self.root = Root(expires=self.day(365), consistent_snapshot=True)
        for signer in self.root_signers:
            self.root.add_key(signer.public_key, "root")
        self.root.roles["root"].threshold = 2
        for role, signer in self.signers.items():
            self.root.add_key(signer.public_key, role)
        self.timestamp = Timestamp(expires=self.day(1))
        self.snapshot = Snapshot(expires=self.day(30))
        self.content = Targets(expires=self.day(30))
        self.leases = Targets(expires=self.day(30))
        self.approvers: list[CryptoSigner] = []
        if ceremony:
            self._begin_ceremony()
        self.publish_root(bump=False)
        self.publish(bump=False)

    def day(self, days: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(int(self.now + days * 86400), dt.UTC)

    @property
    def trusted_root(self) -> bytes:
        return self.files["1.root.json"]

    def publish_root(self, *, bump: bool = True, signers: list[CryptoSigner] | None = None) -> None:
        self.root.version += bump
        signed = Metadata(self.root)
        for signer in signers if signers is not None else self.root_signers[:2]:
            signed.sign(signer, append=True)
        self.files[f"{self.root.version}.root.json"] = signed.to_bytes()

    def publish(self, *, bump: bool = True) -> None:
        """Sign targets, snapshot and timestamp anew."""
        self.before = dict(self.files)
        self.content.version += bump
        self.files[f"{self.content.version}.targets.json"] = self.signed(self.content)
        self.snapshot.meta["targets.json"] = MetaFile(version=self.content.version)
        if "leases" in self.signers:
            self.publish_leases(bump=bump)
        else:
            self.publish_snapshot(bump=bump)

    def publish_leases(self, *, bump: bool = True) -> None:
        """Sign the delegated list of lease keys anew, and what names it."""
        self.leases.version += bump
        self.files[f"{self.leases.version}.leases.json"] = self.signed(self.leases, "leases")
        self.snapshot.meta["leases.json"] = MetaFile(version=self.leases.version)
        self.publish_snapshot(bump=bump)

    def publish_snapshot(self, *, bump: bool = True) -> None:
        """Sign snapshot and timestamp anew."""
        self.snapshot.version += bump
        self.timestamp.version += bump
        data = self.signed(self.snapshot)
        self.files[f"{self.snapshot.version}.snapshot.json"] = data
        self.timestamp.snapshot_meta = MetaFile.from_data(self.snapshot.version, data, ["sha256"])
        self.files["timestamp.json"] = self.signed(self.timestamp)

    def publish_timestamp(self) -> None:
        self.timestamp.version += 1
        self.files["timestamp.json"] = self.signed(self.timestamp)

    def signed(self, role: Any, name: str = "") -> bytes:
        made: Metadata[Any] = Metadata(role)
        if self.approvers and role is self.content:
            for signer in self.approvers:
                made.sign(signer, append=True)
        else:
            made.sign(self.signers[name or role.type])
        return made.to_bytes()

    def add_target(
        self,
        name: str,
        data: bytes,
        custom: Mapping[str, Any] | None = None,
        *,
        role: Targets | None = None,
    ) -> None:
        info = TargetFile.from_data(name, data, ["sha256"])
        if custom is not None:
            info.unrecognized_fields["custom"] = dict(custom)
        (role or self.content).targets[name] = info
        self.targets[f"{info.hashes['sha256']}.{name}"] = data

    def add_release(
        self, number: int, data: bytes, *, signed_number: int | None = None, role: Targets | None = None
    ) -> None:
        mark = {"release": number if signed_number is None else signed_number, "kind": "policy"}
        self.add_target(f"policy-{number}.json", data, {"mci": mark}, role=role)

    def set_lease_keys(self, issuer: str, keys: Mapping[str, str]) -> None:
        data = json.dumps({"issuer": issuer, "keys": dict(keys)}).encode()
        role = self.leases if "leases" in self.signers else None
        self.add_target("lease-keys.json", data, {"mci": {"kind": "lease-keys"}}, role=role)

    def replace_key(self, role: str) -> CryptoSigner:
        """Revoke the key of a role; returns the old one."""
        old = self.signers[role]
        self.root.revoke_key(old.public_key.keyid, role)
        self.signers[role] = CryptoSigner.generate_ed25519()
        self.root.add_key(self.signers[role].public_key, role)
        self.publish_root()
        return old

    def _begin_ceremony(self) -> None:
        self.approvers = [CryptoSigner.generate_ed25519() for _ in range(2)]
        self.root.revoke_key(self.signers["targets"].public_key.keyid, "targets")
        for signer in self.approvers:
            self.root.add_key(signer.public_key, "targets")
        self.root.roles["targets"].threshold = 2
        signer = self.signers["leases"] = CryptoSigner.generate_ed25519()
        key = signer.public_key
        role = DelegatedRole("leases", [key.keyid], 1, terminating=True, paths=["lease-keys.json"])
        self.content.delegations = Delegations({key.keyid: key}, {"leases": role})
