"""Which bytes agents may trust: the TUF repository, kept as rows, signed with the Metadata API of python-tuf.

Rules, in the words of the TUF specification:
1. root is signed by 2 of 3 offline keys and names every other key; this module never makes a root by itself.
2. targets lists one file per live release and ``lease-keys.json``; every file is served under its digest.
3. snapshot fixes the version of targets, timestamp the version of snapshot; both are signed online.
4. Numbers only grow. All writers lock the row ``timestamp.json`` first, so two of them never share a number.
5. What our own root would not accept is not stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from capture_policies import key_files
from capture_policies.models import TufFile
from mci_core.errors import Conflict, Invalid, Unavailable

ROOT_LIFE = timedelta(days=365)
TARGETS_LIFE = timedelta(days=90)
SNAPSHOT_LIFE = timedelta(days=14)
#: The whole fleet stops this long after the server is gone or silenced.
TIMESTAMP_LIFE = timedelta(hours=24)
#: beat signs anew when less than this share of a life is left.
RENEW_SHARE = 0.5

TIMESTAMP = "timestamp.json"
LEASE_KEYS = "lease-keys.json"
T = TypeVar("T", Root, Targets, Snapshot, Timestamp)


@dataclass(frozen=True)
class Target:
    """One file for agents, with the custom metadata ``{"mci": {...}}`` that is signed with it."""

    name: str
    body: bytes
    custom: dict[str, Any] = field(default_factory=dict)

    @property
    def served_name(self) -> str:
        """The name under /agent/v1/releases/: the digest makes it immutable."""
        return f"{hashlib.sha256(self.body).hexdigest()}.{self.name}"


def build_root(
    root_keys: Iterable[SSlibKey], online: Mapping[str, SSlibKey], *, version: int = 1
) -> Metadata[Root]:
    """An unsigned root that names these keys."""
    root = Root(version=version, expires=_now() + ROOT_LIFE, consistent_snapshot=True)
    for key in root_keys:
        root.add_key(key, "root")
    for role, key in online.items():
        root.add_key(key, role)
    root.roles["root"].threshold = key_files.ROOT_THRESHOLD
    return Metadata(root)


def sign_root(document: Metadata[Root], signers: Iterable[CryptoSigner]) -> bytes:
    """Sign a root with offline keys and give its bytes."""
    for signer in signers:
        document.sign(signer, append=True)
    return document.to_bytes()


def is_founded() -> bool:
    """Whether the repository exists."""
    return TufFile.objects.filter(pk=TIMESTAMP).exists()


def current_root() -> Metadata[Root]:
    """The newest root. `Unavailable` when there is no repository yet."""
    return Metadata[Root].from_bytes(_body(f"{root_version()}.root.json"))


def root_version() -> int:
    """The number of the newest root."""
    names = TufFile.objects.filter(name__endswith=".root.json").values_list("name", flat=True)
    versions = [int(name.split(".", 1)[0]) for name in names]
    if not versions:
        raise _not_founded()
    return max(versions)


def root_for_enrolment() -> bytes | None:
    """The root that an agent gets at enrolment and trusts from then on; None before there is one."""
    row = TufFile.objects.filter(pk="1.root.json").first()
    return None if row is None else bytes(row.body)


def store_root(data: bytes) -> int:
    """Accept a new root: the next number, signed by enough keys of the old root and of its own."""
    try:
        document = Metadata[Root].from_bytes(data)
        if document.signed.version == 1:
            document.signed.verify_delegate("root", document.signed_bytes, document.signatures)
        else:
            old = current_root().signed
            old.verify_delegate("root", document.signed_bytes, document.signatures)
            document.signed.verify_delegate("root", document.signed_bytes, document.signatures)
            if document.signed.version != old.version + 1:
                raise Conflict("A root follows the one before it, without a gap.", code="root_number")
    except RepositoryError as error:
        raise Invalid("Too few root keys have signed this root.", code="root_not_signed") from error
    if document.signed.version == 1 and TufFile.objects.filter(name="1.root.json").exists():
        raise Conflict("The release repository exists already.", code="repository_exists")
    _store(f"{document.signed.version}.root.json", data)
    return document.signed.version


def found(root: bytes) -> None:
    """Start the repository: the first root, then targets, snapshot and timestamp with number 1."""
    store_root(root)
    _sign_and_store(Targets(version=1, expires=_now() + TARGETS_LIFE))
    _sign_and_store(Snapshot(version=1, expires=_now() + SNAPSHOT_LIFE))
    _sign_and_store(Timestamp(version=1, expires=_now() + TIMESTAMP_LIFE))


def publish(add: Iterable[Target], *, drop: Iterable[str] = ()) -> None:
    """Add files to targets (and take names out), then sign targets, snapshot and timestamp anew.

    Runs inside the caller's transaction: either all rows of one state are visible to agents, or none.
    """
    timestamp, snapshot, targets = _locked_state()
    for name in drop:
        targets.targets.pop(name, None)
    for target in add:
        _store(target.served_name, target.body, kind="target")
        info = TargetFile.from_data(target.name, target.body, ["sha256"])
        info.unrecognized_fields["custom"] = target.custom
        targets.targets[target.name] = info
    _advance(targets, TARGETS_LIFE)
    _advance_snapshot(snapshot, targets.version)
    _advance_timestamp(timestamp, snapshot.version)


def renew(*, force: bool = False) -> list[str]:
    """Sign anew what has lived half its life; gives the roles that were signed. Safe to run at any time."""
    timestamp, snapshot, targets = _locked_state()
    signed: list[str] = []
    if _is_old(targets, TARGETS_LIFE):
        _advance(targets, TARGETS_LIFE)
        signed.append("targets")
    if signed or _is_old(snapshot, SNAPSHOT_LIFE):
        _advance_snapshot(snapshot, targets.version)
        signed.append("snapshot")
    if force or signed or _is_old(timestamp, TIMESTAMP_LIFE):
        _advance_timestamp(timestamp, snapshot.version)
        signed.append("timestamp")
    return signed


def current_targets() -> dict[str, TargetFile]:
    """What agents can fetch now, by target name."""
    timestamp = Metadata[Timestamp].from_bytes(_body(TIMESTAMP)).signed
    snapshot = _snapshot(timestamp)
    return _targets(snapshot).targets


def _locked_state() -> tuple[Timestamp, Snapshot, Targets]:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("signing writes several rows and runs inside a transaction")
    row = TufFile.objects.select_for_update().filter(pk=TIMESTAMP).first()
    if row is None:
        raise _not_founded()
    timestamp = Metadata[Timestamp].from_bytes(bytes(row.body)).signed
    snapshot = _snapshot(timestamp)
    return timestamp, snapshot, _targets(snapshot)


def _snapshot(timestamp: Timestamp) -> Snapshot:
    return Metadata[Snapshot].from_bytes(_body(f"{timestamp.snapshot_meta.version}.snapshot.json")).signed


def _targets(snapshot: Snapshot) -> Targets:
    return Metadata[Targets].from_bytes(_body(f"{snapshot.meta['targets.json'].version}.targets.json")).signed


def _advance(signed: Targets | Snapshot | Timestamp, life: timedelta) -> None:
    signed.version += 1
    signed.expires = _now() + life
    _sign_and_store(signed)


def _advance_snapshot(snapshot: Snapshot, targets_version: int) -> None:
    snapshot.meta["targets.json"] = MetaFile(version=targets_version)
    _advance(snapshot, SNAPSHOT_LIFE)


def _advance_timestamp(timestamp: Timestamp, snapshot_version: int) -> None:
    timestamp.snapshot_meta = MetaFile(version=snapshot_version)
    _advance(timestamp, TIMESTAMP_LIFE)


def _sign_and_store(signed: Targets | Snapshot | Timestamp) -> None:
    document: Metadata[Any] = Metadata(signed)
    document.sign(key_files.load(key_files.online_folder(), signed.type))
    try:
        current_root().signed.verify_delegate(signed.type, document.signed_bytes, document.signatures)
    except RepositoryError as error:
        raise Unavailable(
            f"The {signed.type} key on this server is not the one in root.",
            code="signing_key_unknown",
        ) from error
    name = TIMESTAMP if isinstance(signed, Timestamp) else f"{signed.version}.{signed.type}.json"
    _store(name, document.to_bytes())


def _store(name: str, body: bytes, *, kind: str = "metadata") -> None:
    digest = hashlib.sha256(body).hexdigest()
    values = {"kind": kind, "body": body, "sha256": digest, "created_at": timezone.now()}
    if name == TIMESTAMP:
        TufFile.objects.update_or_create(name=name, defaults=values)
    elif kind == "target":  # the name holds the digest: a row that exists is this very file
        TufFile.objects.get_or_create(name=name, defaults=values)
    else:
        TufFile.objects.create(name=name, **values)


def _body(name: str) -> bytes:
    row = TufFile.objects.filter(pk=name).first()
    if row is None:
        raise _not_founded()
    return bytes(row.body)


def _is_old(signed: Targets | Snapshot | Timestamp, life: timedelta) -> bool:
    return signed.expires - _now() < life * RENEW_SHARE


def _now() -> datetime:
    return timezone.now().astimezone(UTC)


def _not_founded() -> Unavailable:
    return Unavailable(
        "There is no release repository yet. Run: manage.py keys init", code="repository_missing"
    )
