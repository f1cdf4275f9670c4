"""Ceremony mode: approvers sign targets with keys that never reach this server. What they sign is published
here; nothing here can sign in their place.
"""

from __future__ import annotations

from accounts import permissions
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from capture_policies import key_steps, signing
from capture_policies.models_keys import ApproverSignature, RequestState, SigningRequest
from mci_core.errors import Conflict, Invalid


@audited("capture_policies.sign_targets")
def sign_targets(*, request: SigningRequest, key_id: str, signature: str, actor: Actor) -> bool:
    """Keep an approver's signature over exactly the bytes of a request; True when it was the last one needed
    and everything is published.
    """
    permissions.require(actor, "capture_policies.sign_targets")
    key_steps.lock_repository()
    request = SigningRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != RequestState.OPEN or request.targets is None:
        raise Conflict("This request is closed. Fetch the open one and look again.", code="request_closed")
    if request.signatures.filter(key_id=key_id).exists():
        with nothing_to_do():
            return False
    given = ApproverSignature(request=request, key_id=key_id, signature=signature)
    _check(request, given)
    given.save()
    published = key_steps.publish_if_enough(request)
    log.append(
        action="capture_policies.sign_targets",
        actor=actor,
        obj=request,
        facts={
            "key": key_id,
            "targets": request.targets_version,
            "root": request.root_version,
            "published": published,
        },
    )
    return published


@audited("capture_policies.rotate_lease_role")
def rotate_lease_role(*, reason: str, actor: Actor) -> SigningRequest:
    """Ask approvers to name another key of this server for the list of lease keys."""
    permissions.require(actor, "capture_policies.rotate_lease_role")
    reason = reasons.given(reason)
    if not signing.by_approvers():
        raise Conflict("Only in ceremony mode lease keys have a role of their own.", code="no_ceremony")
    request = key_steps.ask_approvers("renewal", reason, fresh_lease_role=True)
    _log("capture_policies.rotate_lease_role", request, reason, actor)
    return request


@audited("capture_policies.ask_for_renewal")
def ask_for_renewal(*, actor: Actor) -> SigningRequest | None:
    """Ask approvers in time to sign targets anew, so that it does not run out."""
    permissions.require(actor, "capture_policies.ask_for_renewal")
    if not _due():
        with nothing_to_do():
            return None
    request = key_steps.ask_approvers("renewal", "Half of the life of targets is over.")
    _log("capture_policies.ask_for_renewal", request, "", actor)
    return request


def _due() -> bool:
    if not signing.is_founded() or not signing.by_approvers() or SigningRequest.objects.open().exists():
        return False
    return signing.is_old(signing.current_state().targets, key_steps.SIGNED_TARGETS_LIFE)


def _check(request: SigningRequest, given: ApproverSignature) -> None:
    """Only a signature of an approver that root names, over these bytes, is kept."""
    root = key_steps.root_over(request)
    document = key_steps.signed_so_far(request)
    document.signatures[given.key_id] = key_steps.as_signature(given)
    result = root.get_verification_result("targets", document.signed_bytes, document.signatures)
    if given.key_id not in result.signed:
        raise Invalid("This is no signature of an approver over these bytes.", code="signature_refused")


def _log(name: str, request: SigningRequest, reason: str, actor: Actor) -> None:
    facts = {"targets": request.targets_version}
    log.append(action=name, actor=actor, obj=request, reason=reason, facts=facts)
