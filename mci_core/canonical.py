"""Canonical form: which bytes stand for a JSON value, and the digest by which it is known.

RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, shortest numbers, no white space.
Two values are the same exactly if their canonical bytes are; signatures and digests cover these bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any, NoReturn

import rfc8785

from mci_core.errors import Invalid

_SAFE_INTEGER = 2**53 - 1


def dumps(obj: Any) -> bytes:
    """Canonical bytes of a JSON value.

    `Invalid` where it has none (NaN, integers beyond 2**53, lone surrogates).
    """
    try:
        return rfc8785.dumps(obj)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise Invalid(f"This value has no canonical form: {error}", code="not_canonical") from error


def digest(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_obj(obj: Any) -> str:
    """Digest of the canonical bytes of a JSON value."""
    return digest(dumps(obj))


def loads(data: bytes | str) -> Any:
    """Read JSON strictly: UTF-8, no NaN or Infinity, and no key twice in one object.

    A key written twice is refused because readers differ in which one counts, so that one person could
    approve what another machine does not apply.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except (ValueError, RecursionError) as error:
        raise Invalid(f"This is not JSON: {error}", code="not_json") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        raise ValueError("a key is written twice in one object")
    return seen


def _integer(digits: str) -> int | float:
    # Beyond 2**53 a JSON number is a double for everybody (RFC 8785 3.2.2.3), also where it is written
    # without a point.
    value = float(digits)
    return int(digits) if abs(value) <= _SAFE_INTEGER else _finite(value)


def _float(digits: str) -> float:
    return _finite(float(digits))


def _finite(value: float) -> float:
    if math.isinf(value):
        raise ValueError("a number is too large")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
