"""The lease: what is signed comes back, and everything else is refused with its own code."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_core import lease
from mci_core.lease import Lease, LeaseRefused
from tests.pure.building import DEVICE, NOW, lease_for, parsed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = {"k1": KEY.public_key()}
LEASE = lease_for(parsed(), denied_signals=("keystroke",), excluded_entries=("jira",))


def decoded(token: str, *, device: str = DEVICE, now: int = NOW, floor: int = 0) -> Lease:
    return lease.decode(token, KEYS, audience_device=device, now=now, clock_floor=floor)


def code(token: str, *, device: str = DEVICE, now: int = NOW, floor: int = 0) -> str:
    with pytest.raises(LeaseRefused) as caught:
        decoded(token, device=device, now=now, floor=floor)
    assert str(caught.value) == lease.REFUSALS[caught.value.code]
    return caught.value.code


def signed(
    changes: dict[str, Any] | None = None, *, without: str | None = None, typ: str = lease.TYPE
) -> str:
    claims = jwt.decode(lease.encode(LEASE, KEY, "k1"), options={"verify_signature": False})
    claims.update(changes or {})
    claims.pop(without or "", None)
    return jwt.encode(claims, KEY, algorithm="EdDSA", headers={"kid": "k1", "typ": typ})


def test_a_signed_lease_comes_back_whole() -> None:
    assert decoded(lease.encode(LEASE, KEY, "k1")) == LEASE


def test_a_lease_without_release_place_and_notice_comes_back_whole() -> None:
    stopped = replace(LEASE, release_number=None, policy_digest="", state="stopped", place=None, notice=None)
    assert decoded(lease.encode(stopped, KEY, "k1")) == stopped


def test_a_lease_of_an_unknown_key_is_refused() -> None:
    assert code(lease.encode(LEASE, KEY, "k2")) == "unknown_key"


def test_a_lease_signed_by_another_key_under_a_known_name_is_refused() -> None:
    assert code(lease.encode(LEASE, OTHER, "k1")) == "bad_signature"


def test_a_changed_lease_is_refused() -> None:
    head, _, signature = lease.encode(LEASE, KEY, "k1").split(".")
    claims = {
        **jwt.decode(lease.encode(LEASE, KEY, "k1"), options={"verify_signature": False}),
        "exp": NOW + 10**6,
    }
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    assert code(f"{head}.{body}.{signature}") == "bad_signature"


def test_a_lease_of_another_device_is_refused() -> None:
    assert code(lease.encode(LEASE, KEY, "k1"), device="other") == "wrong_audience"


def test_a_lease_ends_with_its_last_second_and_without_tolerance() -> None:
    token = lease.encode(LEASE, KEY, "k1")
    assert decoded(token, now=LEASE.expires_at - 1) == LEASE
    assert code(token, now=LEASE.expires_at) == "expired"


def test_a_lease_from_the_future_is_refused_beyond_the_tolerance() -> None:
    token = lease.encode(LEASE, KEY, "k1")
    assert decoded(token, now=LEASE.issued_at - 60) == LEASE
    assert code(token, now=LEASE.issued_at - 61) == "not_yet_valid"


def test_a_clock_that_went_back_refuses_every_lease() -> None:
    token = lease.encode(LEASE, KEY, "k1")
    assert decoded(token, floor=NOW + 60) == LEASE
    assert code(token, floor=NOW + 61) == "clock_back"


@pytest.mark.parametrize("token", ["", "a.b.c", "not a token", "e30.e30.e30"])
def test_what_is_no_token_is_malformed(token: str) -> None:
    assert code(token) == "malformed"


def test_a_token_of_another_kind_is_malformed() -> None:
    assert code(signed(typ="JWT")) == "malformed"
    hidden = jwt.encode({}, "secret" * 10, algorithm="HS256", headers={"kid": "k1", "typ": lease.TYPE})
    assert code(hidden) == "malformed"
    unsigned = jwt.encode({}, "", algorithm="none", headers={"kid": "k1", "typ": lease.TYPE})
    assert code(unsigned) == "malformed"


def test_a_signed_list_is_malformed() -> None:
    token = jwt.PyJWS().encode(b"[]", KEY, algorithm="EdDSA", headers={"kid": "k1", "typ": lease.TYPE})
    assert code(token) == "malformed"


CLAIMS = [
    "jti",
    "aud",
    "iss",
    "iat",
    "exp",
    "release",
    "policy",
    "state",
    "place",
    "law",
    "denied",
    "notice",
    "excluded",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_missing_claim_is_malformed(claim: str) -> None:
    assert code(signed(without=claim)) == "malformed"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": "soon"},
        {"exp": True},
        {"aud": ["a"]},
        {"state": "running"},
        {"denied": "text"},
        {"excluded": [1]},
        {"place": 1},
    ],
)
def test_a_claim_of_a_wrong_type_is_malformed(changes: dict[str, Any]) -> None:
    assert code(signed(changes)) == "malformed"
