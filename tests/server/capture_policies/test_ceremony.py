"""Ceremony mode on the server: what waits, what publishes, who is let in, and what the pages say."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Targets

from capture_policies import key_files, key_status, key_steps, roots, signing
from capture_policies.actions import ceremony, keys, releases, repository, rollouts
from capture_policies.models import Release
from capture_policies.models_keys import ApproverSignature, SigningRequest
from mci_core import request_token
from mci_core.errors import Conflict, Invalid, Unavailable
from tests.server.capture_policies.ceremony import Ceremony, signature
from tests.server.capture_policies.support import EXCEL, SYSTEM, Desk
from tests.server.cast import REASON, Cast

pytestmark = pytest.mark.django_db
PATH = "/agent/v1/signing-request"


@pytest.fixture
def people(desk: Desk) -> Ceremony:
    """Releases need two of these three."""
    return Ceremony().begin()


def wide_release(desk: Desk) -> Release:
    version = desk.approve(desk.version(entries=[EXCEL]), desk.officer, desk.ml)
    return releases.sign_release(version=version, actor=SYSTEM)


def open_request() -> SigningRequest:
    return SigningRequest.objects.open().get()


def test_a_release_waits_for_two_signatures(desk: Desk, people: Ceremony, updater: Callable[[], Any]) -> None:
    release = wide_release(desk)
    assert not Release.objects.usable().filter(pk=release.pk).exists()
    with pytest.raises(Conflict):
        rollouts.start_rollout(release=release, reason=REASON, actor=desk.actor(desk.officer))
    assert people.sign(0) is False
    assert key_status.waiting_words(open_request()) == "release 1 waits for 1 of 2 signatures."
    assert people.sign(0) is False  # the same person does not count twice
    assert people.sign(2) is True
    assert Release.objects.usable().filter(pk=release.pk).exists()
    client = updater()
    client.refresh()
    assert client.get_targetinfo("policy-1.json") is not None
    assert client.get_targetinfo("lease-keys.json") is not None


def test_only_an_approvers_signature_over_these_bytes_is_kept(desk: Desk, people: Ceremony) -> None:
    wide_release(desk)
    request = open_request()
    stranger = CryptoSigner.generate_ed25519()
    good = signature(people.approvers[0], request)
    for bad in (
        signature(stranger, request),
        {**good, "signature": "0" * 128},
        {**signature(people.approvers[1], request), "key_id": good["key_id"]},
    ):
        with pytest.raises(Invalid, match="no signature of an approver"):
            ceremony.sign_targets(request=request, **bad, actor=SYSTEM)
    assert not request.signatures.exists()
    with pytest.raises(Conflict):
        signing.publish([])


def test_a_further_release_joins_the_request_and_signatures_are_given_anew(
    desk: Desk, people: Ceremony
) -> None:
    first = wide_release(desk)
    people.sign(0)
    stale = open_request()
    second = wide_release(desk)
    assert [first.number, second.number] == [1, 2]
    with pytest.raises(Conflict, match="closed"):
        ceremony.sign_targets(request=stale, **signature(people.approvers[1], stale), actor=SYSTEM)
    people.sign(0)
    people.sign(1)
    assert set(signing.current_targets()) == {"policy-1.json", "policy-2.json", "lease-keys.json"}
    assert not Release.objects.filter(signed_at=None).exists()


def test_a_withdrawn_request_takes_its_release_along(desk: Desk, people: Ceremony) -> None:
    release = wide_release(desk)
    with pytest.raises(Invalid, match="Say why"):
        keys.withdraw_signing_request(request=open_request(), reason="", actor=SYSTEM)
    keys.withdraw_signing_request(request=open_request(), reason=REASON, actor=desk.actor(desk.officer))
    release.refresh_from_db()
    assert release.withdrawn_at is not None


def test_lease_keys_and_the_timestamp_need_nobody(
    desk: Desk, people: Ceremony, updater: Callable[[], Any], time_machine: Any
) -> None:
    keys.rotate_lease_key(reason=REASON, actor=SYSTEM)
    time_machine(hours=13)
    assert repository.refresh_timestamp(actor=SYSTEM) == ["timestamp"]
    time_machine(days=46)
    assert repository.refresh_timestamp(actor=SYSTEM) == ["leases", "snapshot", "timestamp"]
    updater().refresh()


def test_targets_are_renewed_by_approvers_in_time(desk: Desk, people: Ceremony, time_machine: Any) -> None:
    assert ceremony.ask_for_renewal(actor=SYSTEM) is None
    time_machine(days=91)
    request = ceremony.ask_for_renewal(actor=SYSTEM)
    assert request is not None
    assert key_status.waiting_words(request) == "renewal waits for 2 of 2 signatures."
    assert ceremony.ask_for_renewal(actor=SYSTEM) is None
    people.sign(0)
    people.sign(1)
    assert signing.current_state().targets.version == 4


def test_the_key_below_targets_is_replaced_by_approvers(
    desk: Desk, people: Ceremony, updater: Callable[[], Any], django_capture_on_commit_callbacks: Any
) -> None:
    updater().refresh()
    before = signing.current_state().targets.delegations
    call_command("keys", "rotate", role="leases", reason=REASON)
    people.sign(0)
    with django_capture_on_commit_callbacks(execute=True):
        people.sign(1)
    assert before is not None
    assert signing.current_state().targets.delegations != before
    client = updater()
    client.refresh()
    assert client.get_targetinfo("lease-keys.json") is not None
    with pytest.raises(Invalid):
        ceremony.rotate_lease_role(reason=" ", actor=SYSTEM)


def test_an_approver_is_replaced_by_a_new_root_and_new_signatures(
    desk: Desk, people: Ceremony, updater: Callable[[], Any]
) -> None:
    updater().refresh()
    gone, people.approvers[0] = people.approvers[0], CryptoSigner.generate_ed25519()
    people.ask()
    with pytest.raises(Invalid):
        people.sign(0, by=gone)
    people.sign(0)
    assert signing.root_version() == 2
    people.sign(1)
    assert signing.root_version() == 3
    updater().refresh()


def test_a_root_that_leaves_the_approvers_counts_at_once(
    desk: Desk, people: Ceremony, updater: Callable[[], Any]
) -> None:
    updater().refresh()
    wide_release(desk)
    call_command("keys", "revoke", role="online", reason=REASON, offline=key_files.demo_offline_folder())
    assert signing.root_version() == 3
    request = open_request()  # the release is asked for again
    assert request.kind == "release"
    people.sign(0)
    people.sign(1)
    updater().refresh()


def test_back_to_a_key_of_the_server(desk: Desk, people: Ceremony, updater: Callable[[], Any]) -> None:
    updater().refresh()
    wide_release(desk)
    keys.withdraw_signing_request(request=open_request(), reason=REASON, actor=SYSTEM)
    folder = key_files.demo_offline_folder()
    call_command("keys", "approvers", online=True, reason=REASON, offline=folder)
    assert not signing.by_approvers()
    release = wide_release(desk)
    assert release.signed_at is not None
    keys.rotate_lease_key(reason=REASON, actor=SYSTEM)
    client = updater()
    client.refresh()
    assert client.get_targetinfo("policy-2.json") is not None
    with pytest.raises(Conflict, match="ceremony mode"):
        ceremony.rotate_lease_role(reason=REASON, actor=SYSTEM)


def test_a_release_that_waited_is_signed_by_the_server_when_it_may_again(
    desk: Desk, people: Ceremony
) -> None:
    release = wide_release(desk)
    revoked = signing.current_root().signed.roles["targets"].keyids
    change = roots.online_key("targets", key_files.create_next("targets").public_key)
    request = keys.revoke_key(role="targets", key_ids=revoked, change=change, reason=REASON, actor=SYSTEM)
    root = Metadata[Root].from_bytes(bytes(request.root or b""))
    signers = [key_files.load(key_files.demo_offline_folder(), name) for name in key_files.ROOT_KEYS]
    assert repository.accept_root(root=roots.sign(root, signers), actor=SYSTEM)
    release.refresh_from_db()
    assert release.signed_at is not None
    assert "policy-1.json" in signing.current_targets()


def test_a_root_of_other_approvers_that_nobody_asked_for_is_refused(desk: Desk, people: Ceremony) -> None:
    strangers = [CryptoSigner.generate_ed25519().public_key for _ in range(2)]
    document = roots.next_root(roots.approvers(strangers))
    signers = [key_files.load(key_files.demo_offline_folder(), name) for name in key_files.ROOT_KEYS]
    with pytest.raises(Conflict, match="not prepared here"):
        repository.accept_root(root=roots.sign(document, signers), actor=SYSTEM)
    with pytest.raises(Invalid, match="at least 2"):
        roots.approvers(strangers[:1])
    with pytest.raises(CommandError, match="Approvers sign targets"):
        call_command("keys", "rotate", role="targets", reason=REASON)
    with pytest.raises(CommandError, match="below targets"):
        call_command("keys", "revoke", role="leases", reason=REASON)


def test_a_release_goes_before_a_root_that_nobody_has_signed(desk: Desk, people: Ceremony) -> None:
    keys.request_root(change=lambda root: None, about={}, reason=REASON, actor=SYSTEM)
    wide_release(desk)
    assert open_request().kind == "release"


def test_a_release_joins_a_root_that_waits(desk: Desk, people: Ceremony) -> None:
    people.approvers = [CryptoSigner.generate_ed25519() for _ in range(2)]
    people.ask()
    wide_release(desk)
    assert open_request().root_version == 3
    people.sign(0)
    people.sign(1)
    assert signing.root_version() == 3
    assert "policy-1.json" in signing.current_targets()


def test_with_the_setting_alone_nothing_is_released(desk: Desk, settings: Any) -> None:
    settings.CEREMONY = True
    with pytest.raises(Unavailable, match="keys approvers"):
        wide_release(desk)
    assert not Release.objects.exists()


@pytest.mark.parametrize("change", [{"targets": b"{}"}, {"reason": "another"}])
def test_the_database_keeps_what_was_asked_and_signed(
    desk: Desk, people: Ceremony, change: dict[str, Any]
) -> None:
    done = SigningRequest.objects.get(state="published")
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        SigningRequest.objects.filter(pk=done.pk).update(**change)
    with pytest.raises(DatabaseError, match="closed once"), transaction.atomic():
        SigningRequest.objects.filter(pk=done.pk).update(state="open")
    with pytest.raises(DatabaseError, match="kept as it is"), transaction.atomic():
        ApproverSignature.objects.update(key_id="0" * 64)


# --- the address of approvers


def token(signer: CryptoSigner, method: str, path: str, body: bytes = b"") -> dict[str, str]:
    key = Ed25519PrivateKey.from_private_bytes(_raw(signer))
    made = request_token.sign(
        key,
        device=signer.public_key.keyid,
        method=method,
        path=path,
        body_sha256=hashlib.sha256(body).hexdigest(),
        now=int(time.time()),
    )
    return {"Authorization": f"MCI-Approver {made}"}


def _raw(signer: CryptoSigner) -> bytes:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(signer.private_bytes, None)
    assert isinstance(key, Ed25519PrivateKey)
    return key.private_bytes_raw()


def test_an_approver_fetches_and_signs_with_the_key_alone(
    desk: Desk, people: Ceremony, client: Client
) -> None:
    ann, bob = people.approvers[:2]
    assert client.get(PATH, headers=token(ann, "GET", PATH)).status_code == 404
    wide_release(desk)
    found = client.get(PATH, headers=token(ann, "GET", PATH)).json()
    targets = Metadata[Targets].from_bytes(base64.b64decode(found["targets"]))
    assert (found["root"], found["signed_by"], found["kind"]) == (None, [], "release")
    path = f"{PATH}/{found['id']}/signature"
    for signer, published in ((ann, False), (bob, True)):
        body = json.dumps({"signature": signer.sign(targets.signed_bytes).signature}).encode()
        answer = client.post(
            path, body, content_type="application/json", headers=token(signer, "POST", path, body)
        )
        assert answer.json()["published"] is published
    missing = path.replace(found["id"], "00000000-0000-0000-0000-000000000001")
    answer = client.post(
        missing, body, content_type="application/json", headers=token(ann, "POST", missing, body)
    )
    assert answer.status_code == 404


def test_nobody_else_is_let_in(desk: Desk, people: Ceremony, cast: Cast) -> None:
    wide_release(desk)
    client = Client()
    good = token(people.approvers[0], "GET", PATH)
    stranger = CryptoSigner.generate_ed25519()
    for headers, code in (
        ({}, "token_missing"),
        ({"Authorization": "MCI-Approver nonsense"}, "token_malformed"),
        (token(stranger, "GET", PATH), "approver_unknown"),
        (token(people.approvers[0], "POST", PATH), "token_mismatch"),
    ):
        answer = client.get(PATH, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert cast.client("admin").get(PATH).status_code == 401
    assert client.get(PATH, headers=good).status_code == 200
    assert client.get(PATH, headers=good).json()["code"] == "replayed"
    assert client.post(PATH, b"", content_type="application/json").status_code == 405


def test_without_ceremony_mode_there_are_no_approvers(repository: None, client: Client) -> None:
    signer = CryptoSigner.generate_ed25519()
    assert client.get(PATH, headers=token(signer, "GET", PATH)).json()["code"] == "approver_unknown"


def test_before_there_is_a_repository_there_are_none_either(client: Client, db: None) -> None:
    signer = CryptoSigner.generate_ed25519()
    assert client.get(PATH, headers=token(signer, "GET", PATH)).json()["code"] == "approver_unknown"


# --- pages


def test_the_page_of_keys_says_what_counts_and_what_waits(
    desk: Desk, people: Ceremony, cast: Cast, as_text: Callable[[Any], str]
) -> None:
    page = as_text(cast.client("auditor").get("/policies/keys/"))
    assert "two approvers sign each release" in page
    assert "2 of 3" in page
    assert "Waits for signatures" not in page
    release = wide_release(desk)
    people.sign(0)
    page = as_text(cast.client("auditor").get("/policies/keys/"))
    assert "Release 1 waits for 1 of 2 signatures." in page
    assert "Withdraw…" not in page
    officer = cast.client("officer")
    assert "Withdraw…" in as_text(officer.get("/policies/keys/"))
    version = as_text(officer.get(f"/policies/versions/{release.version_id}/"))
    assert "waits for 1 of 2 signatures" in version
    assert "Roll out…" not in version
    url = f"/policies/keys/requests/{open_request().pk}/withdraw/"
    assert officer.post(url, {"reason": REASON}).status_code == 302
    assert not SigningRequest.objects.open().exists()


def test_the_page_of_keys_without_ceremony_and_without_keys(
    cast: Cast, as_text: Callable[[Any], str]
) -> None:
    page = as_text(cast.client("admin").get("/policies/keys/"))
    assert "manage.py keys init" in page
    from tests.server.capture_policies.support import found_repository

    found_repository()
    page = as_text(cast.client("admin").get("/policies/keys/"))
    assert "not four eyes" in page


def test_rows_say_what_they_are(desk: Desk, people: Ceremony) -> None:
    wide_release(desk)
    people.sign(0)
    assert str(open_request()).startswith("signing request ")
    assert str(ApproverSignature.objects.latest("at")).startswith("signature of ")
    assert key_steps.approvers_sign()
