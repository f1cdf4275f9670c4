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
# The encoder of the standard library writes the same bytes for what `_is_simple` lets through, ten times as
# fast; keys in ASCII sort alike by UTF-16 units and by code points.
_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode


def dumps(obj: Any) -> bytes:
    """Canonical bytes of a JSON value.

    `Invalid` where it has none (NaN, integers beyond 2**53, lone surrogates).
    """
    try:
        if _is_simple(obj):
            return _encode(obj).encode()
        return rfc8785.dumps(obj)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise Invalid(f"This value has no canonical form: {error}", code="not_canonical") from error


def _is_simple(obj: Any) -> bool:
    """Strings, small integers, true, false and null, in lists and in objects with keys in ASCII."""
    kind = type(obj)
    if kind is str or obj is None or kind is bool:
        return True
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_simple(obj[key]) for key in obj)
    if kind is list:
        return all(map(_is_simple, obj))
    return kind is int and -_SAFE_INTEGER <= obj <= _SAFE_INTEGER


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
