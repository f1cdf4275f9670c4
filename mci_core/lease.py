"""The lease: the short-lived signed statement without which a device captures nothing.

Refused, in this order: what is no lease at all, a key that is not trusted, a signature that does not fit,
another device's lease, one from the future, an expired one, and any lease while the clock stands behind the
latest time that the device has seen. A refused lease counts as none. The caller brings the clock and keeps
the floor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mci_core.errors import MciError

TYPE = "mci-lease+jwt"
STATES: tuple[str, ...] = ("on", "paused", "stopped")
# The only jurisdiction reason under which capture is possible; every other one is the code of a refusal.
LAW_ALLOWS = "allowed"
REFUSALS: dict[str, str] = {
    "malformed": "This is not a lease.",
    "unknown_key": "The lease is signed with a key that this device does not trust.",
    "bad_signature": "The signature of the lease does not fit.",
    "wrong_audience": "The lease is for another device.",
    "not_yet_valid": "The lease is from the future.",
    "expired": "The lease has expired.",
    "clock_back": "The clock of this device went back.",
}


class LeaseRefused(MciError):
    """A lease that must not be used; `code` is one of `REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(REFUSALS[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Lease:
    """What one device may do until `expires_at` (Unix seconds).

    `jurisdiction_reason` is `LAW_ALLOWS` or the code of the law's refusal; `notice` names the acknowledged
    notice; `denied_signals` are those that the law takes away; `excluded_entries` those that the person
    takes away. `groups` (ids of departments) and `tags` are what the server knows of this device: the scope
    of an entry is held against them.
    """

    jti: str
    device: str
    issuer: str
    release_number: int | None
    policy_digest: str
    state: str
    place: str | None
    jurisdiction_reason: str
    denied_signals: tuple[str, ...]
    notice: str | None
    excluded_entries: tuple[str, ...]
    issued_at: int
    expires_at: int
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def encode(lease: Lease, private_key: Ed25519PrivateKey, kid: str) -> str:
    """Sign a lease as a compact EdDSA JWT (RFC 7519, RFC 8037)."""
    claims: dict[str, Any] = {
        "jti": lease.jti,
        "aud": lease.device,
        "iss": lease.issuer,
        "iat": lease.issued_at,
        "exp": lease.expires_at,
        "release": lease.release_number,
        "policy": lease.policy_digest,
        "state": lease.state,
        "place": lease.place,
        "law": lease.jurisdiction_reason,
        "denied": list(lease.denied_signals),
        "notice": lease.notice,
        "excluded": list(lease.excluded_entries),
        "groups": list(lease.groups),
        "tags": list(lease.tags),
    }
    return jwt.encode(claims, private_key, algorithm="EdDSA", headers={"typ": TYPE, "kid": kid})


def decode(
    token: str,
    keys: Mapping[str, Ed25519PublicKey],
    *,
    audience_device: str,
    now: int,
    clock_floor: int,
    tolerance: int = 60,
) -> Lease:
    """Read and check a lease.

    `clock_floor` is the highest time this device has seen; raises `LeaseRefused`.
    """
    lease = _lease(_verified(token, _key(token, keys)))
    if lease.device != audience_device:
        raise LeaseRefused("wrong_audience")
    if lease.issued_at > now + tolerance:
        raise LeaseRefused("not_yet_valid")
    if now >= lease.expires_at:
        raise LeaseRefused("expired")
    if now < clock_floor - tolerance:
        raise LeaseRefused("clock_back")
    return lease


def _key(token: str, keys: Mapping[str, Ed25519PublicKey]) -> Ed25519PublicKey:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise LeaseRefused("malformed") from error
    if header.get("typ") != TYPE or header.get("alg") != "EdDSA":
        raise LeaseRefused("malformed")
    key = keys.get(str(header.get("kid")))
    if key is None:
        raise LeaseRefused("unknown_key")
    return key


def _verified(token: str, key: Ed25519PublicKey) -> Mapping[str, Any]:
    # Times and audience are checked by `decode` against the caller's clock, never against this machine's.
    unchecked = {f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")}
    try:
        return jwt.decode(token, key, algorithms=["EdDSA"], options=cast("Any", unchecked))
    except jwt.InvalidSignatureError as error:
        raise LeaseRefused("bad_signature") from error
    except jwt.InvalidTokenError as error:
        raise LeaseRefused("malformed") from error


def _lease(claims: Mapping[str, Any]) -> Lease:
    try:
        return Lease(
            jti=_text(claims["jti"]),
            device=_text(claims["aud"]),
            issuer=_text(claims["iss"]),
            release_number=None if claims["release"] is None else _number(claims["release"]),
            policy_digest=_text(claims["policy"]),
            state=_state(claims["state"]),
            place=None if claims["place"] is None else _text(claims["place"]),
            jurisdiction_reason=_text(claims["law"]),
            denied_signals=_texts(claims["denied"]),
            notice=None if claims["notice"] is None else _text(claims["notice"]),
            excluded_entries=_texts(claims["excluded"]),
            issued_at=_number(claims["iat"]),
            expires_at=_number(claims["exp"]),
            # A lease that does not name them was signed before there were scopes: no scope fits it.
            groups=_texts(claims.get("groups", [])),
            tags=_texts(claims.get("tags", [])),
        )
    except (KeyError, TypeError) as error:
        raise LeaseRefused("malformed") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text wanted")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("whole number wanted")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("list wanted")
    return tuple(_text(item) for item in value)


def _state(value: Any) -> str:
    if value not in STATES:
        raise TypeError("no such state")
    return _text(value)
