"""Request tokens: a device proves with each request that it sent exactly this one, just now.

The token covers method, path and the digest of the body, so that a recorded token opens nothing else; the
server remembers each `jti` for `REMEMBER_SECONDS`, so that it does not open the same door twice either.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mci_core.errors import Unauthenticated

TYPE = "mci-request+jwt"
AUDIENCE = "mci-server"
LIFE_SECONDS = 60
SKEW_SECONDS = 30
# Longer than any token can be accepted: issued up to SKEW ahead of our clock, plus its life, plus a margin.
REMEMBER_SECONDS = 120
_CLAIMS = {"sub": str, "aud": str, "iat": int, "exp": int, "jti": str, "htm": str, "htu": str, "bh": str}


def sign(
    private_key: Ed25519PrivateKey, *, device: str, method: str, path: str, body_sha256: str, now: int
) -> str:
    """A token for one request.

    `path` without query, `body_sha256` in hexadecimal (of no bytes where none).
    """
    claims = {
        "sub": device,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + LIFE_SECONDS,
        "jti": uuid.uuid4().hex,
        "htm": method.upper(),
        "htu": path,
        "bh": body_sha256,
    }
    return jwt.encode(claims, private_key, algorithm="EdDSA", headers={"typ": TYPE})


def device_of(token: str) -> str:
    """The device that a token claims to be from. Not proven: only for finding the key to `verify` with."""
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise _refused("token_malformed") from error
    return str(_checked(header, claims)["sub"])


def verify(
    token: str, public_key: Ed25519PublicKey, *, method: str, path: str, body_sha256: str, now: int
) -> str:
    """The `jti` of a token that fits this request and this key; raises `Unauthenticated` with a code."""
    claims = _verified(token, public_key)
    if claims["aud"] != AUDIENCE:
        raise _refused("token_audience")
    lives = claims["iat"] <= now + SKEW_SECONDS and now < claims["exp"] <= claims["iat"] + LIFE_SECONDS
    if not lives:
        raise _refused("token_expired")
    expected = f"{method.upper()}\n{path}\n{body_sha256}".encode()
    found = "\n".join((claims["htm"], claims["htu"], claims["bh"])).encode()
    if not hmac.compare_digest(expected, found):
        raise _refused("token_mismatch")
    return str(claims["jti"])


def _verified(token: str, key: Ed25519PublicKey) -> Mapping[str, Any]:
    unchecked = {f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")}
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, key, algorithms=["EdDSA"], options=cast("Any", unchecked))
    except jwt.InvalidSignatureError as error:
        raise _refused("bad_signature") from error
    except jwt.InvalidTokenError as error:
        raise _refused("token_malformed") from error
    return _checked(header, claims)


def _checked(header: Mapping[str, Any], claims: Mapping[str, Any]) -> Mapping[str, Any]:
    if header.get("typ") != TYPE or any(type(claims.get(name)) is not kind for name, kind in _CLAIMS.items()):
        raise _refused("token_malformed")
    # Half a character is valid JSON and no text: it could be neither compared nor remembered.
    if not all(claims[name].isascii() for name, kind in _CLAIMS.items() if kind is str):
        raise _refused("token_malformed")
    return claims


_WORDS = {
    "token_malformed": "This is not a request token.",
    "token_audience": "The request token is for another server.",
    "token_expired": "The request token has expired, or the clock of the device is off.",
    "token_mismatch": "The request token is for another request.",
    "bad_signature": "The signature of the request token does not fit.",
}


def _refused(code: str) -> Unauthenticated:
    return Unauthenticated(_WORDS[code], code=code)
