"""Which bytes agents may trust: the TUF repository, kept as rows, signed with the Metadata API of python-tuf.

Rules, in the words of the TUF specification:
1. root is signed by 2 of 3 offline keys and names every other key; this module never makes a root by itself.
2. targets lists one file per live release and ``lease-keys.json``; every file is served under its digest.
3. snapshot fixes the version of targets, timestamp the version of snapshot; both are signed online.
4. Numbers only grow. All writers lock the row ``timestamp.json`` first, so two of them never share a number.
5. What our own root would not accept is not stored.
6. In ceremony mode root wants the keys of approvers for targets: then nothing here can change it. Only the
   lease keys, which targets delegates to the online role ``leases``, are still signed by this server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from capture_policies import key_files
from capture_policies.key_files import LEASES
from capture_policies.models import TufFile
from capture_policies.models_keys import RevokedKey
from mci_core.errors import Conflict, Invalid, Unavailable

TARGETS_LIFE = timedelta(days=90)
SNAPSHOT_LIFE = timedelta(days=14)
#: The whole fleet stops this long after the server is gone or silenced.
TIMESTAMP_LIFE = timedelta(hours=24)
#: beat signs anew when less than this share of a life is left.
RENEW_SHARE = 0.5

TIMESTAMP = "timestamp.json"
LEASE_KEYS = "lease-keys.json"
LIVES = {
    "targets": TARGETS_LIFE,
    LEASES: TARGETS_LIFE,
    "snapshot": SNAPSHOT_LIFE,
    "timestamp": TIMESTAMP_LIFE,
}


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


@dataclass
class State:
    """The four signed statements of one moment; ``leases`` only where approvers sign targets."""

    timestamp: Timestamp
    snapshot: Snapshot
    targets: Targets
    leases: Targets | None


def is_founded() -> bool:
    """Whether the repository exists."""
    return TufFile.objects.filter(pk=TIMESTAMP).exists()


def current_root() -> Metadata[Root]:
    """The newest root. `Unavailable` when there is no repository yet."""
    return Metadata[Root].from_bytes(body_of(f"{root_version()}.root.json"))


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
    """Keep a root that counts from now on: the next number, signed by enough keys of the old root and of
    its own.
    """
    version = check_root(data).version
    _store(f"{version}.root.json", data)
    return version


def check_root(data: bytes) -> Root:
    """The root in these bytes, if it may be the next one."""
    try:
        document = Metadata[Root].from_bytes(data)
        root = document.signed
        if root.version > 1 and is_founded():
            old = current_root().signed
            old.verify_delegate("root", document.signed_bytes, document.signatures)
            if root.version != old.version + 1:
                raise Conflict("A root follows the one before it, without a gap.", code="root_number")
        root.verify_delegate("root", document.signed_bytes, document.signatures)
    except RepositoryError as error:
        raise Invalid("Too few root keys have signed this root.", code="root_not_signed") from error
    if root.version == 1 and is_founded():
        raise Conflict("The release repository exists already.", code="repository_exists")
    revoked = RevokedKey.objects.filter(key_id__in=root.keys).first()
    if revoked is not None:
        raise Invalid(
            f"This root names the key {revoked.key_id[:12]}, which was revoked.", code="key_revoked"
        )
    return root


def found(root: bytes) -> None:
    """Start the repository: the first root, then targets, snapshot and timestamp with number 1."""
    store_root(root)
    _sign_and_store("targets", Targets(version=1, expires=_now() + TARGETS_LIFE))
    _sign_and_store("snapshot", Snapshot(version=1, expires=_now() + SNAPSHOT_LIFE))
    _sign_and_store("timestamp", Timestamp(version=1, expires=_now() + TIMESTAMP_LIFE))


def by_approvers(root: Root | None = None) -> bool:
    """Whether targets needs signatures that this server cannot make."""
    return (root or current_root().signed).roles["targets"].threshold > 1


def publish(add: Iterable[Target], *, drop: Iterable[str] = ()) -> None:
    """Add files to targets (and take names out), then sign targets, snapshot and timestamp anew.

    Runs inside the caller's transaction: either all rows of one state are visible to agents, or none.
    """
    if by_approvers():
        raise Conflict("Releases need the signatures of approvers.", code="needs_approvers")
    state = locked_state()
    change_targets(state.targets, add, drop)
    _advance("targets", state.targets)
    _advance_snapshot(state, "targets")


def change_targets(targets: Targets, add: Iterable[Target], drop: Iterable[str] = ()) -> None:
    """Put files in and take names out; the bodies are kept under their digests."""
    for name in drop:
        targets.targets.pop(name, None)
    for target in add:
        _store(target.served_name, target.body, kind="target")
        info = TargetFile.from_data(target.name, target.body, ["sha256"])
        info.unrecognized_fields["custom"] = target.custom
        targets.targets[target.name] = info


def publish_lease_keys(target: Target) -> None:
    """Tell agents the keys of leases: in targets, or below it where approvers sign that."""
    state = locked_state()
    if state.leases is None:
        publish([target])
        return
    change_targets(state.leases, [target])
    _advance(LEASES, state.leases)
    _advance_snapshot(state, LEASES)


def publish_signed(document: Metadata[Targets], lease_keys: Target) -> None:
    """Make targets that approvers have signed the current one. The caller has checked the signatures."""
    state = locked_state()
    root = current_root().signed
    root.verify_delegate("targets", document.signed_bytes, document.signatures)
    _store(f"{document.signed.version}.targets.json", document.to_bytes())
    state.targets = document.signed
    state.leases = state.leases or Targets(version=1)
    change_targets(state.leases, [lease_keys])
    _advance(LEASES, state.leases, state.targets)
    _advance_snapshot(state, "targets", LEASES)


def sign_all_anew() -> None:
    """After a new root: with the keys that it names. What it does not speak of stays as it is: targets that
    approvers signed, and the list of lease keys below it.
    """
    state = locked_state()
    if by_approvers():
        _advance_snapshot(state)
        return
    _advance("targets", state.targets)
    _advance_snapshot(state, "targets")


def renew(*, force: bool = False) -> list[str]:
    """Sign anew what has lived half its life; gives the roles that were signed. Safe to run at any time."""
    state = locked_state()
    signed: list[str] = []
    if not by_approvers() and is_old(state.targets, TARGETS_LIFE):
        _advance("targets", state.targets)
        signed.append("targets")
    if state.leases is not None and is_old(state.leases, TARGETS_LIFE):
        _advance(LEASES, state.leases)
        signed.append(LEASES)
    if signed or is_old(state.snapshot, SNAPSHOT_LIFE):
        _advance_snapshot(state, *signed)
        return [*signed, "snapshot", "timestamp"]
    if force or is_old(state.timestamp, TIMESTAMP_LIFE):
        _advance_timestamp(state)
        return ["timestamp"]
    return []


def current_targets() -> dict[str, TargetFile]:
    """What agents can fetch now, by target name."""
    state = current_state()
    return {**(state.leases.targets if state.leases else {}), **state.targets.targets}


def current_state() -> State:
    """What is signed now. `Unavailable` when there is no repository yet."""
    timestamp = Metadata[Timestamp].from_bytes(body_of(TIMESTAMP)).signed
    snapshot = (
        Metadata[Snapshot].from_bytes(body_of(f"{timestamp.snapshot_meta.version}.snapshot.json")).signed
    )
    leases = snapshot.meta.get(f"{LEASES}.json")
    targets = _targets("targets", snapshot.meta["targets.json"].version)
    return State(timestamp, snapshot, targets, _targets(LEASES, leases.version) if leases else None)


def locked_state() -> State:
    """The same for somebody who will change it; others wait until the end of the transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("signing writes several rows and runs inside a transaction")
    if TufFile.objects.select_for_update().filter(pk=TIMESTAMP).first() is None:
        raise _not_founded()
    return current_state()


def is_old(signed: Targets | Snapshot | Timestamp, life: timedelta) -> bool:
    """Whether half of its life is over."""
    return signed.expires - _now() < life * RENEW_SHARE


def _targets(role: str, version: int) -> Targets:
    return Metadata[Targets].from_bytes(body_of(f"{version}.{role}.json")).signed


def _advance(role: str, signed: Targets | Snapshot | Timestamp, delegator: Targets | None = None) -> None:
    signed.version += 1
    signed.expires = _now() + LIVES[role]
    _sign_and_store(role, signed, delegator)


def _advance_snapshot(state: State, *changed: str) -> None:
    for role in changed:
        signed = state.targets if role == "targets" else state.leases
        assert signed is not None
        state.snapshot.meta[f"{role}.json"] = MetaFile(version=signed.version)
    _advance("snapshot", state.snapshot)
    _advance_timestamp(state)


def _advance_timestamp(state: State) -> None:
    state.timestamp.snapshot_meta = MetaFile(version=state.snapshot.version)
    _advance("timestamp", state.timestamp)


def _sign_and_store(
    role: str, signed: Targets | Snapshot | Timestamp, delegator: Targets | None = None
) -> None:
    document: Metadata[Any] = Metadata(signed)
    over: Root | Targets = current_root().signed if role != LEASES else delegator or current_state().targets
    document.sign(key_files.online_signer(role, over.get_delegated_role(role).keyids))
    over.verify_delegate(role, document.signed_bytes, document.signatures)
    name = TIMESTAMP if role == "timestamp" else f"{signed.version}.{role}.json"
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


def body_of(name: str) -> bytes:
    row = TufFile.objects.filter(pk=name).first()
    if row is None:
        raise _not_founded()
    return bytes(row.body)


def _now() -> datetime:
    return timezone.now().astimezone(UTC)


def _not_founded() -> Unavailable:
    return Unavailable(
        "There is no release repository yet. Run: manage.py keys init", code="repository_missing"
    )
