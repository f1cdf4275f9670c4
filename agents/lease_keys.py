"""Decides which key signs leases, and which public keys agents may still see signatures of.

Private keys are sealed files under ``KEYS_DIR/lease``. ``lease-keys.json``, a signed TUF target, tells agents
the public halves. A replaced key stays in it until the last lease that it signed is over; a revoked one
leaves it at once. Which key signs is a row, so that publishing and switching are one transaction.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from agents.models import Lease, LeaseKey
from agents.models_keys import LeaseKeyQuerySet
from audits import sealed_keys
from mci_core.errors import Unavailable

#: A renewal that began before the switch may sign with the old key a moment after it.
LATE_SIGNATURE = timedelta(minutes=1)
_FIRST = "current"


def signing_key() -> tuple[str, Ed25519PrivateKey]:
    """(kid, key) that signs now."""
    row = LeaseKey.objects.signing()
    return _first(str(_folder())) if row is None else (row.kid, _load(str(_folder()), row.kid))


def lease_public_keys() -> dict[str, str]:
    """kid -> base64url of the raw public key, of every key that may have signed a lease that is still
    alive.
    """
    return _public(LeaseKey.objects.trusted())


def receipt_public_keys() -> dict[str, str]:
    """The same of every key that ever signed here and was not revoked: receipts outlive leases."""
    return _public(LeaseKey.objects.filter(revoked_at__isnull=True))


def server_id() -> str:
    """The issuer of leases: made once, kept beside the keys, not derived from an address that may change."""
    path = _folder() / "server_id"
    if not path.exists():
        sealed_keys.write_once(path, uuid.uuid4().hex.encode())
    return path.read_text(encoding="ascii")


def first_made() -> datetime:
    """When the first key of this server was made."""
    _first(str(_folder()))
    return datetime.fromtimestamp((_folder() / f"{_FIRST}.key").stat().st_mtime, tz=UTC)


def replace(now: datetime, *, revoke: bool) -> tuple[LeaseKey, LeaseKey]:
    """(old, new): from the end of the caller's transaction the new key signs. The caller publishes the
    list, holds the lock of the repository, and answers for the log.
    """
    old = LeaseKey.objects.signing() or _row_of_first()
    key = Ed25519PrivateKey.generate()
    kid = key_id(key.public_key())
    sealed_keys.write_once(_path(kid), sealed_keys.seal(key, _name(kid)))
    old.retired_at = now
    old.trusted_until = now if revoke else _last_lease_ends(now)
    if revoke:
        old.revoked_at = old.dropped_at = now
        _forget_file(old.kid)
    old.save()
    new = LeaseKey.objects.create(kid=kid, public_key=b64url(_raw(key.public_key())), created_at=now)
    return old, new


def drop(keys: list[LeaseKey], now: datetime) -> None:
    """Trust these no longer and forget their private halves. Part of the caller's transaction."""
    LeaseKey.objects.filter(pk__in=[key.pk for key in keys]).update(dropped_at=now)
    for key in keys:
        _forget_file(key.kid)


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _public(rows: LeaseKeyQuerySet) -> dict[str, str]:
    if LeaseKey.objects.signing() is None:
        kid, key = _first(str(_folder()))
        return {kid: b64url(_raw(key.public_key()))}
    return dict(rows.order_by("created_at", "kid").values_list("kid", "public_key"))


def _last_lease_ends(now: datetime) -> datetime:
    """The latest end of what the old key has signed or may be signing at this moment."""
    alive = Lease.objects.filter(expires_at__gt=now).aggregate(last=Max("expires_at"))["last"]
    life = timedelta(seconds=settings.LEASE_SECONDS)
    return max(now + life, alive or now) + LATE_SIGNATURE


def _folder() -> Path:
    folder: Path = settings.KEYS_DIR / "lease"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _path(kid: str) -> Path:
    return _folder() / f"{kid}.key"


def _name(kid: str) -> str:
    return f"lease-{kid}"


@lru_cache(maxsize=8)
def _load(folder: str, kid: str) -> Ed25519PrivateKey:
    path = Path(folder) / f"{kid}.key"
    if not path.exists():
        raise Unavailable(
            f"The lease key {kid} is missing. Put its file back, or run: manage.py keys rotate --role lease",
            code="signing_key_missing",
        )
    return sealed_keys.unseal(path.read_bytes(), _name(kid))


def _first(folder: str) -> tuple[str, Ed25519PrivateKey]:
    """The key of a server that never replaced one; made by whoever needs it first."""
    path = Path(folder) / f"{_FIRST}.key"
    if not path.exists():
        sealed_keys.write_once(path, sealed_keys.seal(_unsealed_before(folder), _name(_FIRST)))
    (Path(folder) / f"{_FIRST}.pem").unlink(missing_ok=True)
    return _opened(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _opened(path: str, written: int) -> tuple[str, Ed25519PrivateKey]:
    key = sealed_keys.unseal(Path(path).read_bytes(), _name(_FIRST))
    return key_id(key.public_key()), key


def _unsealed_before(folder: str) -> Ed25519PrivateKey:
    """Versions before this one kept the key in the clear; otherwise a new one."""
    path = Path(folder) / f"{_FIRST}.pem"
    return sealed_keys.ed25519(path.read_bytes()) if path.exists() else Ed25519PrivateKey.generate()


def _row_of_first() -> LeaseKey:
    """The first key gets a row and a file under its own name when it is replaced."""
    kid, key = _first(str(_folder()))
    sealed_keys.write_once(_path(kid), sealed_keys.seal(key, _name(kid)))
    return LeaseKey(kid=kid, public_key=b64url(_raw(key.public_key())), created_at=first_made())


def _forget_file(kid: str) -> None:
    """When the transaction has ended: other processes find out by the row, never by the missing file."""
    names = [kid]
    if (_folder() / f"{_FIRST}.key").exists() and _first(str(_folder()))[0] == kid:
        names.append(_FIRST)
    for path in [_path(name) for name in names]:
        transaction.on_commit(partial(path.unlink, missing_ok=True))


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
