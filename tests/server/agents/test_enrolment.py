"""A token made for one person turns a computer with its own key into a device, as often as its quota says."""

from __future__ import annotations

import base64
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection
from django.test import Client
from django.utils import timezone

from agents import trust
from agents.actions import create_enrolment_token, revoke_device, revoke_enrolment_token
from agents.models import Device, EnrolmentToken
from audits.models import AuditEntry
from mci_core.errors import Forbidden, Invalid
from tests.server.cast import REASON, Cast, make_cast


@pytest.fixture(autouse=True)
def _root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_source", [lambda: b'{"signed":{}}'])


def make_token(cast: Cast, **wanted: Any) -> tuple[EnrolmentToken, str]:
    return create_enrolment_token(subject=cast.subject(), label="Laptop", actor=cast.actor("admin"), **wanted)


def said(secret: str, key: Ed25519PrivateKey, **changed: Any) -> dict[str, Any]:
    """The body of an enrolment."""
    public = _b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    proof = key.sign(b"mci-enrol\n" + secret.encode() + b"\n" + public.encode())
    return {
        "token": secret,
        "public_key": public,
        "proof": _b64(proof),
        "name": "desk 12",
        "platform": {"os": "linux", "version": "12"},
        "agent_version": "1.0",
        **changed,
    }


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def enroll(body: dict[str, Any]) -> Any:
    return Client().post("/agent/v1/enroll", data=json.dumps(body), content_type="application/json")


def test_a_computer_with_a_token_becomes_a_device(cast: Cast) -> None:
    token, secret = make_token(cast)
    response = enroll(said(secret, Ed25519PrivateKey.generate()))
    assert response.status_code == 201
    answer = response.json()
    device = Device.objects.get(pk=answer["device"])
    assert (device.subject, device.token, device.os) == (cast.subject(), token, "linux")
    assert base64.b64decode(answer["tuf_root"]) == b'{"signed":{}}'
    assert answer["stream_url"].endswith("/stream/")
    assert answer["server_id"]
    assert AuditEntry.objects.filter(action="agents.enrol_device", object_id=str(device.pk)).count() == 1


def test_the_secret_is_kept_as_a_digest_only(cast: Cast) -> None:
    token, secret = make_token(cast)
    assert secret not in json.dumps(EnrolmentToken.objects.values().get(pk=token.pk), default=str)
    assert not AuditEntry.objects.filter(leaf__contains=secret).exists()


def test_the_same_computer_again_is_the_same_device(cast: Cast) -> None:
    _, secret = make_token(cast)
    body = said(secret, Ed25519PrivateKey.generate())
    assert enroll(body).json()["device"] == enroll(body).json()["device"]
    assert EnrolmentToken.objects.get(label="Laptop").used == 1


def test_a_used_up_token_refuses_another_computer(cast: Cast) -> None:
    _, secret = make_token(cast)
    assert enroll(said(secret, Ed25519PrivateKey.generate())).status_code == 201
    response = enroll(said(secret, Ed25519PrivateKey.generate()))
    assert (response.status_code, response.json()["code"]) == (409, "enrolment_token_used_up")


def test_a_quota_of_two_enrols_two(cast: Cast) -> None:
    _, secret = make_token(cast, quota=2)
    codes = [enroll(said(secret, Ed25519PrivateKey.generate())).status_code for _ in range(3)]
    assert codes == [201, 201, 409]


def test_an_expired_token_is_gone(cast: Cast) -> None:
    token, secret = make_token(cast)
    EnrolmentToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    response = enroll(said(secret, Ed25519PrivateKey.generate()))
    assert (response.status_code, response.json()["code"]) == (410, "enrolment_token_expired")


def test_an_unknown_and_a_revoked_token_look_the_same(cast: Cast) -> None:
    token, secret = make_token(cast)
    revoke_enrolment_token(token=token, reason=REASON, actor=cast.actor("admin"))
    for text in (secret, "x" * 43):
        response = enroll(said(text, Ed25519PrivateKey.generate()))
        assert (response.status_code, response.json()["code"]) == (401, "enrolment_token_unknown")


def test_a_key_without_proof_of_possession_is_refused(cast: Cast) -> None:
    _, secret = make_token(cast)
    mine, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    response = enroll(said(secret, mine, proof=said(secret, theirs)["proof"]))
    assert (response.status_code, response.json()["code"]) == (422, "proof_refused")
    assert EnrolmentToken.objects.get(label="Laptop").used == 0


def test_a_key_of_another_token_is_refused(cast: Cast) -> None:
    key = Ed25519PrivateKey.generate()
    enroll(said(make_token(cast)[1], key))
    response = enroll(said(make_token(cast)[1], key))
    assert (response.status_code, response.json()["code"]) == (409, "key_already_enrolled")


def test_a_revoked_device_cannot_come_back_with_its_key(cast: Cast) -> None:
    _, secret = make_token(cast)
    body = said(secret, Ed25519PrivateKey.generate())
    device = Device.objects.get(pk=enroll(body).json()["device"])
    revoke_device(device=device, reason=REASON, actor=cast.actor("officer"))
    assert enroll(body).json()["code"] == "device_revoked"


@pytest.mark.parametrize("name", ["Emil's laptop", "EMILELM-PC", "elm-work"])
def test_a_computer_called_after_its_owner_gets_another_name(cast: Cast, name: str) -> None:
    _, secret = make_token(cast)
    device = Device.objects.get(
        pk=enroll(said(secret, Ed25519PrivateKey.generate(), name=name)).json()["device"]
    )
    assert device.name.startswith("computer ")


def test_without_a_trust_root_nothing_is_enrolled(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_source", [])
    response = enroll(said(make_token(cast)[1], Ed25519PrivateKey.generate()))
    assert (response.status_code, response.json()["code"]) == (503, "no_trust_root")
    assert EnrolmentToken.objects.get(label="Laptop").used == 0


def test_guessing_tokens_is_slowed_down(cast: Cast, settings: Any) -> None:
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "enrol": "2/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    body = said("x" * 43, Ed25519PrivateKey.generate())
    assert [enroll(body).status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.parametrize(("field", "wanted"), [("quota", {"quota": 0}), ("days", {"days": 31})])
def test_a_token_without_bounds_is_refused(cast: Cast, field: str, wanted: dict[str, int]) -> None:
    with pytest.raises(Invalid) as refused:
        make_token(cast, **wanted)
    assert refused.value.field == field


def test_only_an_admin_makes_tokens(cast: Cast) -> None:
    for name in ("officer", "ml", "auditor", "employee"):
        with pytest.raises(Forbidden):
            create_enrolment_token(subject=cast.subject(), label="x", actor=cast.actor(name))


@pytest.mark.django_db(transaction=True)
def test_two_computers_at_once_cannot_share_one_use() -> None:
    cast = make_cast()
    _, secret = make_token(cast)
    bodies = [said(secret, Ed25519PrivateKey.generate()) for _ in range(4)]
    codes: list[int] = []

    def one(body: dict[str, Any]) -> None:
        try:
            codes.append(enroll(body).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201, 409, 409, 409]
