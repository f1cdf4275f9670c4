"""The attack table: everything that must not become the policy of a device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent.config import Memory
from mci_agent.errors import PolicyRefused, Unreachable
from mci_agent.trusted_policy import (
    TrustedPolicy,
    accept_lease,
    accept_release,
    check_wanted,
    parse_lease_keys,
)
from mci_core import canonical
from tests.pure.agent_support import recordings
from tests.pure.agent_support.attacks import ATTACKS, Attack, endless_data
from tests.pure.agent_support.server import SERVER_ID, MemoryTransport, Server
from tests.pure.building import DEVICE, NOW

FIRST, SECOND = recordings.policy(), recordings.policy(name="Second")


class Site:
    """A server and a device that trusts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Server(lambda: float(NOW))
        self.server.roll_out(1, FIRST)
        self.root = self.server.repository.trusted_root
        self.trusted = self.again()

    def again(self) -> TrustedPolicy:
        """The device after a restart."""
        fetch = MemoryTransport(self.server).fetch
        return TrustedPolicy(self.folder, self.root, fetch, server_id=SERVER_ID)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.trusted.refresh(NOW)
    return made


def test_a_release_named_by_the_lease_is_fetched_and_parsed(site: Site) -> None:
    found = site.trusted.release(1, FIRST.digest, now=NOW, highest=0)
    assert found == FIRST
    assert not site.trusted.expired(NOW)
    assert site.trusted.valid_until == NOW + 86400


def test_a_newer_release_is_found_by_refreshing(site: Site) -> None:
    site.server.roll_out(2, SECOND)
    assert site.trusted.release(2, SECOND.digest, now=NOW, highest=1) == SECOND


def test_a_cached_release_needs_no_second_download(site: Site) -> None:
    site.trusted.release(1, FIRST.digest, now=NOW, highest=0)
    site.server.repository.targets.clear()
    again = site.again()
    with pytest.raises(PolicyRefused, match="not signed"):
        again.release(9, FIRST.digest, now=NOW, highest=0)
    assert again.release(1, FIRST.digest, now=NOW, highest=0) == FIRST


@pytest.mark.parametrize(
    "attack", [attack for attack in ATTACKS if attack.begin is not endless_data], ids=str
)
def test_an_attack_on_the_signed_files_is_refused(site: Site, attack: Attack) -> None:
    attack.begin(site.server.repository)
    with pytest.raises(PolicyRefused) as refused:
        site.again().refresh(NOW)
    assert refused.value.code == attack.code


def test_expiry_follows_the_clock_of_the_agent(site: Site) -> None:
    with pytest.raises(PolicyRefused) as refused:
        site.again().refresh(NOW + 2 * 86400)
    assert refused.value.code == "metadata_expired"
    assert site.trusted.expired(NOW + 2 * 86400)


def test_a_root_signed_by_two_is_followed(site: Site) -> None:
    site.server.repository.replace_key("targets")
    site.server.repository.publish()
    site.again().refresh(NOW)


def test_files_that_cannot_be_had_are_no_refusal(site: Site) -> None:
    site.server.dead = True
    with pytest.raises(Unreachable):
        site.again().refresh(NOW)
    with pytest.raises(Unreachable):
        site.again().release(1, FIRST.digest, now=NOW, highest=0)
    site.server.dead = False
    del site.server.repository.files["timestamp.json"]
    with pytest.raises(Unreachable):
        site.again().refresh(NOW)


def test_a_release_that_is_announced_but_not_there_is_no_refusal(site: Site) -> None:
    site.server.repository.targets.clear()
    with pytest.raises(Unreachable):
        site.trusted.release(1, FIRST.digest, now=NOW, highest=0)


def test_an_older_release_is_refused_even_when_it_is_signed(site: Site) -> None:
    with pytest.raises(PolicyRefused) as refused:
        site.trusted.release(1, FIRST.digest, now=NOW, highest=2)
    assert refused.value.code == "release_older"
    check_wanted(2, 2)


def test_a_release_must_be_the_one_of_the_lease(site: Site) -> None:
    with pytest.raises(PolicyRefused) as refused:
        site.trusted.release(1, SECOND.digest, now=NOW, highest=0)
    assert refused.value.code == "release_digest"


def test_a_release_signed_under_another_number_is_refused(site: Site) -> None:
    site.server.repository.add_release(5, canonical.dumps(FIRST.doc), signed_number=4)
    site.server.repository.publish()
    with pytest.raises(PolicyRefused) as refused:
        site.trusted.release(5, FIRST.digest, now=NOW, highest=0)
    assert refused.value.code == "release_mismatch"


def test_a_huge_release_is_not_even_read(site: Site) -> None:
    site.server.repository.add_release(5, b" " * 3_000_000)
    site.server.repository.publish()
    with pytest.raises(PolicyRefused) as refused:
        site.trusted.release(5, FIRST.digest, now=NOW, highest=0)
    assert refused.value.code == "target_too_large"


def test_a_release_that_is_no_policy_is_refused() -> None:
    mark = {"mci": {"kind": "policy", "release": 1}}
    with pytest.raises(PolicyRefused) as refused:
        accept_release(b"{}", mark, number=1, digest=canonical.digest(b"{}"))
    assert refused.value.code == "release_broken"
    spaced = b" " + canonical.dumps(FIRST.doc)
    with pytest.raises(PolicyRefused) as refused:
        accept_release(spaced, mark, number=1, digest=canonical.digest(spaced))
    assert refused.value.code == "release_digest"


def lease_case(**changes: object) -> tuple[Server, str]:
    server = Server(lambda: float(NOW))
    server.roll_out(1, FIRST)
    return server, server.token(server.make_lease(DEVICE, **changes))


def keys_of(server: Server) -> bytes:
    return next(data for name, data in server.repository.targets.items() if "lease-keys" in name)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"device": "11111111-2222-3333-4444-555555555555"}, "lease_wrong_audience"),
        ({"issued_at": NOW - 900, "expires_at": NOW}, "lease_expired"),
        ({"issued_at": NOW + 100}, "lease_not_yet_valid"),
        ({"issuer": "another"}, "lease_wrong_issuer"),
        ({"expires_at": NOW + 90_000}, "lease_too_long"),
    ],
)
def test_a_lease_that_is_not_for_us_or_not_for_now_is_refused(changes: dict[str, object], code: str) -> None:
    server, token = lease_case(**changes)
    keys = parse_lease_keys(keys_of(server), server_id=SERVER_ID)
    with pytest.raises(PolicyRefused) as refused:
        accept_lease(token, keys, device=DEVICE, now=NOW, memory=Memory())
    assert refused.value.code == code


def test_a_lease_of_an_unknown_or_wrong_key_is_refused() -> None:
    server, token = lease_case()
    keys = parse_lease_keys(keys_of(server), server_id=SERVER_ID)
    other = {"k1": Ed25519PrivateKey.generate().public_key()}
    for known, code in (
        (replace(keys, keys={}), "lease_unknown_key"),
        (replace(keys, keys=other), "lease_bad_signature"),
    ):
        with pytest.raises(PolicyRefused) as refused:
            accept_lease(token, known, device=DEVICE, now=NOW, memory=Memory())
        assert refused.value.code == code


def test_an_older_lease_does_not_come_back() -> None:
    server, token = lease_case()
    keys = parse_lease_keys(keys_of(server), server_id=SERVER_ID)
    newer = server.token(server.make_lease(DEVICE, issued_at=NOW + 1, state="stopped"))
    held, memory = accept_lease(newer, keys, device=DEVICE, now=NOW + 1, memory=Memory())
    assert held.kid == "k1"
    assert memory.clock_floor == NOW + 1
    with pytest.raises(PolicyRefused) as refused:
        accept_lease(token, keys, device=DEVICE, now=NOW + 1, memory=memory)
    assert refused.value.code == "lease_older"


def test_within_one_second_a_replaced_lease_does_not_come_back() -> None:
    server, on = lease_case()
    keys = parse_lease_keys(keys_of(server), server_id=SERVER_ID)
    _, memory = accept_lease(on, keys, device=DEVICE, now=NOW, memory=Memory())
    _, memory = accept_lease(on, keys, device=DEVICE, now=NOW, memory=memory)
    stop = server.token(server.make_lease(DEVICE, state="stopped"))
    _, memory = accept_lease(stop, keys, device=DEVICE, now=NOW, memory=memory)
    assert len(memory.lease_ids) == 2
    with pytest.raises(PolicyRefused):
        accept_lease(on, keys, device=DEVICE, now=NOW, memory=memory)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"issuer":"mci-test","keys":[]}', b'{"issuer":"mci-test","keys":{"a":"x"}}']
)
def test_a_broken_list_of_lease_keys_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyRefused) as refused:
        parse_lease_keys(data, server_id=SERVER_ID)
    assert refused.value.code == "lease_keys_broken"


def test_lease_keys_of_another_server_are_refused(site: Site) -> None:
    site.server.repository.set_lease_keys("another", {})
    site.server.repository.publish()
    with pytest.raises(PolicyRefused) as refused:
        site.again().refresh(NOW)
    assert refused.value.code == "lease_keys_issuer"


def test_a_server_without_lease_keys_is_refused(site: Site) -> None:
    del site.server.repository.content.targets["lease-keys.json"]
    site.server.repository.publish()
    with pytest.raises(PolicyRefused) as refused:
        site.again().refresh(NOW)
    assert refused.value.code == "target_unknown"


def test_data_that_never_ends_is_cut(site: Site) -> None:
    served = 0

    def fetch(path: str) -> Iterator[tuple[int, bytes]]:
        nonlocal served
        yield 200, b""
        while True:
            served += 1000
            yield 200, b" " * 1000

    trusted = TrustedPolicy(site.folder / "other", site.root, fetch, server_id=SERVER_ID)
    with pytest.raises(PolicyRefused) as refused:
        trusted.refresh(NOW)
    assert refused.value.code == "metadata_endless"
    assert served < 1_000_000
