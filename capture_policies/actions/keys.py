"""Changing signing keys: those of leases at once, those that root names with a new root that people sign.

Rotating keeps what the old key signed until that has run out. Revoking trusts the old key no longer, and
never again: for a key that may be in wrong hands.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts import permissions
from agents import lease_keys
from agents.models import LeaseKey
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from capture_policies import key_steps, roots, signing
from capture_policies.models_keys import RequestState, RevokedKey, SigningRequest
from mci_core.errors import Conflict, Invalid


@audited("capture_policies.rotate_lease_key")
def rotate_lease_key(*, reason: str, actor: Actor) -> str:
    """A new key signs leases from now on. Agents learn it with their next renewal; the old one is trusted
    until the last lease that it signed is over.
    """
    permissions.require(actor, "capture_policies.rotate_lease_key")
    return _replace_lease_key("capture_policies.rotate_lease_key", reason, actor, revoke=False)


@audited("capture_policies.revoke_lease_key")
def revoke_lease_key(*, reason: str, actor: Actor) -> str:
    """The same for a key in wrong hands: agents drop it, and the leases it signed, when they next look."""
    permissions.require(actor, "capture_policies.revoke_lease_key")
    return _replace_lease_key("capture_policies.revoke_lease_key", reason, actor, revoke=True)


@audited("capture_policies.drop_lease_keys")
def drop_lease_keys(*, actor: Actor) -> list[str]:
    """Stop trusting replaced keys whose last lease is over, and delete their private halves."""
    permissions.require(actor, "capture_policies.drop_lease_keys")
    now = timezone.now()
    rows = list(LeaseKey.objects.select_for_update().over(now)) if signing.is_founded() else []
    if not rows:
        with nothing_to_do():
            return []
    key_steps.lock_repository()
    lease_keys.drop(rows, now)
    signing.publish_lease_keys(key_steps.lease_keys_target())
    dropped = sorted(row.kid for row in rows)
    log.append(action="capture_policies.drop_lease_keys", actor=actor, obj=None, facts={"keys": dropped})
    return dropped


@audited("capture_policies.request_root")
def request_root(*, change: roots.Change, about: dict[str, Any], reason: str, actor: Actor) -> SigningRequest:
    """Prepare the next root, for the holders of the root keys to sign. Nothing counts before they did.

    ``about`` says in the log what changes: role, ids of keys.
    """
    permissions.require(actor, "capture_policies.request_root")
    key_steps.lock_repository()
    if SigningRequest.objects.open().exists():
        raise Conflict("Another request is open: have it signed, or withdraw it first.", code="request_open")
    return _request_root("capture_policies.request_root", change, about, reason, actor)


@audited("capture_policies.revoke_key")
def revoke_key(
    *, role: str, key_ids: list[str], change: roots.Change, reason: str, actor: Actor
) -> SigningRequest:
    """Prepare a root without these keys, and refuse every later root that names them. An open request makes
    room.
    """
    permissions.require(actor, "capture_policies.revoke_key")
    reason = reasons.given(reason)
    key_steps.lock_repository()
    if not key_ids or not set(key_ids) <= set(signing.current_root().signed.keys):
        raise Invalid("Root does not name this key.", code="key_unknown")
    for request in SigningRequest.objects.select_for_update().open():
        key_steps.close(request, RequestState.WITHDRAWN)
    for key_id in key_ids:
        RevokedKey.objects.get_or_create(key_id=key_id, defaults={"role": role, "reason": reason})
    about = {"role": role, "revoked": sorted(key_ids)}
    return _request_root("capture_policies.revoke_key", change, about, reason, actor)


@audited("capture_policies.withdraw_signing_request")
def withdraw_signing_request(*, request: SigningRequest, reason: str, actor: Actor) -> None:
    """Ask for these signatures no longer. A release that waited for them is withdrawn as well."""
    permissions.require(actor, "capture_policies.withdraw_signing_request")
    key_steps.lock_repository()
    request = SigningRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != RequestState.OPEN:
        raise Conflict("This request is closed already.", code="request_closed")
    reason = reasons.given(reason)
    key_steps.close(request, RequestState.WITHDRAWN)
    key_steps.withdraw_waiting_releases()
    log.append(
        action="capture_policies.withdraw_signing_request",
        actor=actor,
        obj=request,
        reason=reason,
        facts={"kind": request.kind, "root": request.root_version, "targets": request.targets_version},
    )


def _replace_lease_key(name: str, reason: str, actor: Actor, *, revoke: bool) -> str:
    reason = reasons.given(reason)
    key_steps.lock_repository()
    old, new = lease_keys.replace(timezone.now(), revoke=revoke)
    signing.publish_lease_keys(key_steps.lease_keys_target())
    facts = {"old": old.kid, "new": new.kid, "trusted_until": old.trusted_until}
    log.append(action=name, actor=actor, obj=new, reason=reason, facts=facts)
    return new.kid


def _request_root(
    name: str, change: roots.Change, about: dict[str, Any], reason: str, actor: Actor
) -> SigningRequest:
    reason = reasons.given(reason)
    document = roots.next_root(change)
    request = SigningRequest.objects.create(
        kind="root",
        reason=reason,
        root=document.to_bytes(),
        root_version=document.signed.version,
    )
    facts = {"root": document.signed.version, **about}
    log.append(action=name, actor=actor, obj=request, reason=reason, facts=facts)
    return request
