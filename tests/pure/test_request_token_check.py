"""Request tokens open one request, once, for a minute."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_core import request_token
from mci_core.errors import Unauthenticated
from tests.pure.building import DEVICE, NOW

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BODY = sha256(b"{}").hexdigest()


def signed(now: int = NOW) -> str:
    return request_token.sign(
        KEY, device=DEVICE, method="post", path="/agent/v1/lease", body_sha256=BODY, now=now
    )


def verified(token: str, **changes: Any) -> str:
    facts = {"method": "POST", "path": "/agent/v1/lease", "body_sha256": BODY, "now": NOW, **changes}
    return request_token.verify(token, KEY.public_key(), **facts)


def code(token: str, **changes: Any) -> str:
    with pytest.raises(Unauthenticated) as caught:
        verified(token, **changes)
    return caught.value.code


def changed(**claims: Any) -> str:
    found = {**jwt.decode(signed(), options={"verify_signature": False}), **claims}
    return jwt.encode(found, KEY, algorithm="EdDSA", headers={"typ": request_token.TYPE})


def test_a_token_opens_the_request_that_it_was_made_for() -> None:
    assert len(verified(signed())) == 32


def test_two_tokens_have_different_ids() -> None:
    assert verified(signed()) != verified(signed())


def test_the_device_is_named_before_its_key_is_known() -> None:
    assert request_token.device_of(signed()) == DEVICE
    with pytest.raises(Unauthenticated):
        request_token.device_of("nonsense")


@pytest.mark.parametrize(
    "changes", [{"method": "PUT"}, {"path": "/agent/v1/acks"}, {"body_sha256": "0" * 64}]
)
def test_a_token_opens_no_other_request(changes: dict[str, str]) -> None:
    assert code(signed(), **changes) == "token_mismatch"


def test_a_token_lives_for_a_minute() -> None:
    assert verified(signed(), now=NOW + 59)
    assert code(signed(), now=NOW + 60) == "token_expired"


def test_a_token_of_a_clock_ahead_of_ours_is_refused_beyond_the_skew() -> None:
    assert verified(signed(NOW + 30))
    assert code(signed(NOW + 31)) == "token_expired"


def test_a_token_that_gives_itself_a_longer_life_is_refused() -> None:
    assert code(changed(exp=NOW + 3600)) == "token_expired"


def test_no_token_is_accepted_for_longer_than_it_is_remembered() -> None:
    longest = request_token.SKEW_SECONDS + request_token.LIFE_SECONDS
    assert longest < request_token.REMEMBER_SECONDS


def test_a_token_signed_by_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    token = request_token.sign(other, device=DEVICE, method="POST", path="/", body_sha256=BODY, now=NOW)
    assert code(token) == "bad_signature"


def test_a_token_for_another_server_is_refused() -> None:
    assert code(changed(aud="elsewhere")) == "token_audience"


@pytest.mark.parametrize(
    "claims", [{"jti": 1}, {"jti": "\ud800"}, {"exp": "late"}, {"iat": True}, {"sub": None}, {"htu": ["/"]}]
)
def test_a_token_with_a_claim_of_a_wrong_type_is_malformed(claims: dict[str, Any]) -> None:
    assert code(changed(**claims)) == "token_malformed"


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 5000])
def test_what_is_no_token_is_malformed(token: str) -> None:
    assert code(token) == "token_malformed"


def test_a_token_of_another_kind_is_malformed() -> None:
    claims = jwt.decode(signed(), options={"verify_signature": False})
    assert code(jwt.encode(claims, KEY, algorithm="EdDSA")) == "token_malformed"
    forged = jwt.encode(claims, "secret" * 10, algorithm="HS256", headers={"typ": request_token.TYPE})
    assert code(forged) == "token_malformed"
