"""Which keys count now: a table for ``manage.py keys status`` and the page of keys. Reads only.

A key has no end of its own; what ends is the statement that names or uses it. Created is when the first root
(or the first list of lease keys) that names a key was kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from tuf.api.metadata import Metadata, Root

from agents import lease_keys
from agents.models import LeaseKey
from capture_policies import key_files, key_steps, signing
from capture_policies.key_files import LEASES
from capture_policies.models import TufFile
from capture_policies.models_keys import SigningRequest
from mci_core.errors import ActionError

#: Long enough for two people to meet.
WARN_BEFORE = {
    "root": timedelta(days=60),
    "targets": timedelta(days=30),
    LEASES: timedelta(days=30),
    "snapshot": timedelta(days=5),
    "timestamp": timedelta(hours=6),
}


@dataclass(frozen=True)
class KeyRow:
    """One key of one role. ``expires`` is the end of what it signed last; None for keys of leases."""

    role: str
    key_id: str
    created: datetime | None
    expires: datetime | None
    threshold: str
    where: str
    warning: str = ""


def rows() -> list[KeyRow]:
    """Every key that counts now. `Unavailable` when there is no repository yet."""
    root, state = signing.current_root().signed, signing.current_state()
    ends = {
        "root": root.expires,
        "targets": state.targets.expires,
        "snapshot": state.snapshot.expires,
        "timestamp": state.timestamp.expires,
    }
    since = _first_named()
    found = [
        row for role in ("root", *key_files.ONLINE_ROLES) for row in _role(root, role, ends[role], since)
    ]
    if state.leases is not None:
        found += _role(state.targets, LEASES, state.leases.expires, since)
    return [*found, *_lease_rows()]


def warnings() -> list[str]:
    """What somebody has to do soon, each once."""
    return list(dict.fromkeys(row.warning for row in rows() if row.warning))


def open_words() -> str:
    """What waits now; nothing in most cases."""
    request = SigningRequest.objects.open_one()
    return "" if request is None else waiting_words(request)


def waiting_words(request: SigningRequest) -> str:
    """For example: "release 7 waits for 1 of 2 signatures"."""
    what = f"release {request.release.number}" if request.release else request.get_kind_display().lower()
    if request.root is not None and request.root_signed_at is None:
        return f"root {request.root_version} waits for the holders of root keys."
    needed = key_steps.root_over(request).roles["targets"].threshold
    missing = needed - request.signatures.count()
    return f"{what} waits for {missing} of {needed} signatures."


def _role(over: Any, role: str, ends: datetime, since: dict[str, datetime]) -> Iterator[KeyRow]:
    named = over.get_delegated_role(role)
    here = _here(role)
    for key_id in named.keyids:
        yield KeyRow(
            role=role,
            key_id=key_id,
            created=since.get(key_id) or here.get(key_id),
            expires=ends,
            threshold=f"{named.threshold} of {len(named.keyids)}",
            where="sealed on this server" if key_id in here else "offline",
            warning=_warning(role, ends, lost=not here and role not in ("root", "targets")),
        )


def _here(role: str) -> dict[str, datetime]:
    """key id -> when its file was written, of the keys of a role that lie on this server."""
    if role == "root":
        return {}
    try:
        found = key_files.online_signers(role)
    except ActionError:  # a file that does not open signs nothing
        return {}
    return {
        signer.public_key.keyid: datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        for path, signer in found.items()
    }


def _warning(role: str, ends: datetime, *, lost: bool) -> str:
    if lost:
        return f"The key of {role} is not on this server: agents stop when what it signed has run out."
    now = timezone.now()
    if ends <= now:
        return f"{role} ran out on {ends:%Y-%m-%d %H:%M} UTC: agents capture nothing."
    if ends - now < WARN_BEFORE[role]:
        return f"{role} runs out on {ends:%Y-%m-%d %H:%M} UTC."
    return ""


def _lease_rows() -> list[KeyRow]:
    found = {row.kid: row for row in LeaseKey.objects.trusted()}
    signs, _key = lease_keys.signing_key()
    return [
        KeyRow(
            role="lease",
            key_id=kid,
            created=found[kid].created_at if kid in found else lease_keys.first_made(),
            expires=found[kid].trusted_until if kid in found else None,
            threshold="1 of 1",
            where="sealed on this server" if kid == signs else "replaced, still trusted",
        )
        for kid in lease_keys.lease_public_keys()
    ]


def _first_named() -> dict[str, datetime]:
    """key id -> when the first root naming it was kept."""
    found: dict[str, datetime] = {}
    for row in TufFile.objects.filter(name__endswith=".root.json").order_by("created_at"):
        for key_id in Metadata[Root].from_bytes(bytes(row.body)).signed.keys:
            found.setdefault(key_id, row.created_at)
    return found
