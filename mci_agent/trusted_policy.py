"""Which policy this device follows. Every way in is here; everything not accepted here is refused.

The rules:
 1. Signed files follow The Update Framework: the root that came with enrolment is the only beginning of
    trust, a newer root needs the signatures of the older one, and no role's version ever goes back.
 2. "Now" for expiry is the agent's clock (see `clock`), so that a clock set back revives no expired file.
 3. A signed file or target is read only up to the size that is known for it beforehand.
 4. Lease keys are those of the target `lease-keys.json`, made for the server that this device enrolled
    with. A lease signed with a key that is no longer in it is dropped, also when it was accepted before.
 5. A lease must be signed with one of these keys, be issued by that server for this device, not be expired,
    not come from the future, and not be older than the newest lease accepted before. Within one second a
    lease that was replaced does not come back.
 6. A release is followed only when the lease names it, by number and digest; its number is never lower than
    the highest one followed before; the signed number, the number in its name and the lease agree; its
    bytes are the canonical form of a policy with exactly that digest.
 7. Once a signed file has expired and no newer one is to be had, nothing is captured.

The functions on bytes and times do no I/O. `TrustedPolicy` joins them with `tuf.ngclient`, whose metadata
lies in the state folder; it is blocking and used from one thread at a time.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tuf.api import exceptions as tuf_errors
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface

from mci_agent import files
from mci_agent.config import Memory, unb64url
from mci_agent.errors import PolicyRefused, Unreachable
from mci_core import canonical, policy
from mci_core.errors import ActionError
from mci_core.lease import Lease, LeaseRefused, decode
from mci_core.policy_model import MAX_POLICY_BYTES, Policy

METADATA_PATH = "/agent/v1/tuf/"
TARGETS_PATH = "/agent/v1/releases/"
LEASE_KEYS = "lease-keys.json"
MAX_LEASE_KEYS_BYTES = 64 * 1024
MAX_LEASE_SECONDS = 24 * 3600
ROLES = (Root.type, Timestamp.type, Snapshot.type, Targets.type)
LIMITS = UpdaterConfig(root_max_length=256_000, snapshot_max_length=1_000_000, targets_max_length=2_000_000)

Fetch = Callable[[str], Iterator[tuple[int, bytes]]]


@dataclass(frozen=True)
class LeaseKeys:
    """The keys that may sign leases, and the server they belong to."""

    issuer: str
    keys: Mapping[str, Ed25519PublicKey]


@dataclass(frozen=True)
class HeldLease:
    """An accepted lease with the id of the key that signed it."""

    lease: Lease
    kid: str


def parse_lease_keys(data: bytes, *, server_id: str) -> LeaseKeys:
    """Rule 4: the keys in the bytes of the target `lease-keys.json`."""
    try:
        value = canonical.loads(data)
        issuer, keys = value["issuer"], value["keys"]
        parsed = {str(kid): Ed25519PublicKey.from_public_bytes(unb64url(key)) for kid, key in keys.items()}
    except (ActionError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PolicyRefused("lease_keys_broken", "The list of lease keys is not understood.") from error
    if issuer != server_id:
        raise PolicyRefused("lease_keys_issuer", "The list of lease keys belongs to another server.")
    return LeaseKeys(issuer, parsed)


def accept_lease(
    token: str, keys: LeaseKeys, *, device: str, now: int, memory: Memory
) -> tuple[HeldLease, Memory]:
    """Rule 5: the lease in a token, and what must be remembered before it is used."""
    try:
        lease = decode(token, keys.keys, audience_device=device, now=now, clock_floor=memory.clock_floor)
    except LeaseRefused as error:
        raise PolicyRefused(f"lease_{error.code}", str(error)) from error
    if lease.issuer != keys.issuer:
        raise PolicyRefused("lease_wrong_issuer", "The lease was issued by another server.")
    if lease.expires_at - lease.issued_at > MAX_LEASE_SECONDS:
        raise PolicyRefused("lease_too_long", "The lease is longer than a day.")
    ids = memory.lease_ids if lease.issued_at == memory.lease_floor else ()
    if lease.issued_at < memory.lease_floor or lease.jti in ids[:-1]:
        raise PolicyRefused("lease_older", "The lease is older than the newest one.")
    kept = ids if lease.jti in ids else (*ids, lease.jti)
    remembered = replace(
        memory,
        lease_floor=lease.issued_at,
        lease_ids=kept,
        clock_floor=max(memory.clock_floor, lease.issued_at),
    )
    return HeldLease(lease, key_id(token)), remembered


def key_id(token: str) -> str:
    """The `kid` in the header of a token that was accepted."""
    header = json.loads(unb64url(token.partition(".")[0]))
    return str(header["kid"])


def check_wanted(number: int, highest: int) -> None:
    """Rule 6: no way back to an older release."""
    if number < highest:
        raise PolicyRefused(
            "release_older", f"Release {number} is older than {highest}, which was followed before."
        )


def accept_release(data: bytes, custom: Any, *, number: int, digest: str) -> Policy:
    """Rule 6: the policy in the bytes of a release that the lease names by number and digest."""
    signed = custom.get("mci") if isinstance(custom, dict) else None
    if not isinstance(signed, dict) or signed.get("kind") != "policy" or signed.get("release") != number:
        raise PolicyRefused("release_mismatch", "The signed release carries another number.")
    if canonical.digest(data) != digest:
        raise PolicyRefused("release_digest", "The release is not the one that the lease names.")
    try:
        parsed = policy.parse(data)
    except ActionError as error:
        raise PolicyRefused(
            "release_broken", "The release is not a policy that this agent understands."
        ) from error
    if parsed.digest != digest:
        raise PolicyRefused("release_digest", "The release is not in canonical form.")
    return parsed


# What python-tuf's errors mean here; the first class that fits.
_TUF_CODES: tuple[tuple[type[Exception], str, str], ...] = (
    (
        tuf_errors.ExpiredMetadataError,
        "metadata_expired",
        "A signed file has expired and the server has no newer one.",
    ),
    (
        tuf_errors.BadVersionNumberError,
        "metadata_rollback",
        "The server offers an older signed file than before.",
    ),
    (
        tuf_errors.UnsignedMetadataError,
        "metadata_unsigned",
        "A signed file lacks the signatures that it needs.",
    ),
    (tuf_errors.LengthOrHashMismatchError, "metadata_mismatch", "A signed file is not the one announced."),
    (tuf_errors.DownloadLengthMismatchError, "metadata_endless", "A signed file is larger than it may be."),
    (tuf_errors.RepositoryError, "metadata_broken", "A signed file is not understood."),
)


def translated(error: Exception) -> PolicyRefused | Unreachable:
    """A refusal, or Unreachable when the file could not be had at all."""
    for kind, code, message in _TUF_CODES:
        if isinstance(error, kind):
            return PolicyRefused(code, message)
    return Unreachable("metadata_unreachable", "The signed files cannot be fetched.")


class _Fetcher(FetcherInterface):
    """python-tuf's view of our transport."""

    def __init__(self, fetch: Fetch) -> None:
        self._read = fetch

    def _fetch(self, url: str) -> Iterator[bytes]:
        answers = self._read(url)
        status, first = next(answers)
        if status != 200:
            raise tuf_errors.DownloadHTTPError(f"status {status}", status)
        return self._chunks(first, answers)

    @staticmethod
    def _chunks(first: bytes, rest: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
        yield first
        for _, chunk in rest:
            yield chunk


class PolicyUpdater(Updater):
    """`tuf.ngclient.Updater` whose time is given (rule 2)."""

    def __init__(self, folder: Path, root: bytes, fetch: Fetch, now: int) -> None:
        super().__init__(
            metadata_dir=str(folder),
            metadata_base_url=METADATA_PATH,
            target_base_url=TARGETS_PATH,
            fetcher=_Fetcher(fetch),
            config=replace(LIMITS),
            bootstrap=root,
        )
        self._trusted_set.reference_time = dt.datetime.fromtimestamp(now, dt.UTC)


class TrustedPolicy:
    """The signed files of one server as this device trusts them."""

    def __init__(self, folder: Path, root: bytes, fetch: Fetch, *, server_id: str) -> None:
        self._metadata = files.make_folder(folder / "metadata")
        self._targets = files.make_folder(folder / "targets")
        self._root = root
        self._fetch = fetch
        self._server_id = server_id
        self._updater: PolicyUpdater | None = None
        self.refreshed_at = 0
        self.valid_until = 0
        self.keys: LeaseKeys | None = None

    def refresh(self, now: int) -> LeaseKeys:
        """Fetch and check the newest signed files; the lease keys that count from now on."""
        try:
            updater = PolicyUpdater(self._metadata, self._root, self._fetch, now)
            updater.refresh()
            self._updater = updater
            data, _ = self._download(LEASE_KEYS, MAX_LEASE_KEYS_BYTES)
        except (tuf_errors.RepositoryError, tuf_errors.DownloadError) as error:
            raise translated(error) from error
        self.keys = parse_lease_keys(data, server_id=self._server_id)
        self.refreshed_at, self.valid_until = now, self._expiry()
        return self.keys

    def expired(self, now: int) -> bool:
        """Rule 7."""
        return now >= self.valid_until

    def release(self, number: int, digest: str, *, now: int, highest: int) -> Policy:
        """Rule 6: fetch and check the release that the lease names."""
        check_wanted(number, highest)
        name = f"policy-{number}.json"
        try:
            if self._updater is None or self._updater.get_targetinfo(name) is None:
                self.refresh(now)
            data, info = self._download(name, MAX_POLICY_BYTES)
        except (tuf_errors.RepositoryError, tuf_errors.DownloadError) as error:
            raise translated(error) from error
        return accept_release(data, info.custom, number=number, digest=digest)

    def _download(self, name: str, most: int) -> tuple[bytes, TargetFile]:
        updater = self._updater
        info = updater.get_targetinfo(name) if updater else None
        if updater is None or info is None:
            raise PolicyRefused("target_unknown", f"The server has not signed {name}.")
        if info.length > most:
            raise PolicyRefused("target_too_large", f"The signed file {name} is larger than it may be.")
        path = self._targets / name
        if updater.find_cached_target(info, str(path)) is None:
            updater.download_target(info, str(path))
        return path.read_bytes(), info

    def _expiry(self) -> int:
        """When the first of the files that were just checked expires."""
        signed = [Metadata.from_file(str(self._metadata / f"{role}.json")).signed for role in ROLES]
        return min(int(one.expires.timestamp()) for one in signed)
