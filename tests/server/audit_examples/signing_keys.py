"""One example for every action on signing keys."""

from __future__ import annotations

from capture_policies import key_files, roots, signing
from capture_policies.actions import ceremony, keys
from capture_policies.models_keys import SigningRequest
from tests.server.capture_policies.ceremony import Ceremony
from tests.server.capture_policies.support import found_repository
from tests.server.cast import REASON, Cast


def rotate_lease_key(cast: Cast) -> None:
    found_repository()
    keys.rotate_lease_key(reason=REASON, actor=cast.system())


def revoke_lease_key(cast: Cast) -> None:
    found_repository()
    keys.revoke_lease_key(reason=REASON, actor=cast.system())


def drop_lease_keys(cast: Cast) -> None:
    from agents.models import LeaseKey

    rotate_lease_key(cast)
    retired = LeaseKey.objects.exclude(retired_at=None)
    for key in retired:
        retired.update(trusted_until=key.retired_at)
    assert keys.drop_lease_keys(actor=cast.system())


def request_root(cast: Cast) -> None:
    found_repository()
    change = roots.online_key("targets", key_files.create_next("targets").public_key)
    keys.request_root(change=change, about={"role": "targets"}, reason=REASON, actor=cast.system())


def revoke_key(cast: Cast) -> None:
    found_repository()
    change = roots.online_key("timestamp", key_files.create_next("timestamp").public_key)
    ids = signing.current_root().signed.roles["timestamp"].keyids
    keys.revoke_key(role="timestamp", key_ids=ids, change=change, reason=REASON, actor=cast.system())


def withdraw_signing_request(cast: Cast) -> None:
    request_root(cast)
    keys.withdraw_signing_request(
        request=SigningRequest.objects.get(), reason=REASON, actor=cast.actor("officer")
    )


def sign_targets(cast: Cast) -> None:
    Ceremony().begin()


def rotate_lease_role(cast: Cast) -> None:
    Ceremony().begin()
    ceremony.rotate_lease_role(reason=REASON, actor=cast.system())


def ask_for_renewal(cast: Cast) -> None:
    Ceremony(life_days=80).begin()
    assert ceremony.ask_for_renewal(actor=cast.system())


EXAMPLES = {
    f"capture_policies.{example.__name__}": example
    for example in (
        rotate_lease_key,
        revoke_lease_key,
        drop_lease_keys,
        request_root,
        revoke_key,
        withdraw_signing_request,
        sign_targets,
        rotate_lease_role,
        ask_for_renewal,
    )
}
