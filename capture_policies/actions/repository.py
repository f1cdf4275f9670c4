"""Keeping the release repository: its first root, a new root, the lease keys, and signatures that do not run
out.
"""

from __future__ import annotations

from accounts import permissions
from agents import lease_keys
from audits import actions as log
from audits.actor import Actor
from audits.locks import lock
from audits.registry import audited, nothing_to_do
from capture_policies import key_steps, signing
from capture_policies.models import TufFile
from capture_policies.signing import LEASE_KEYS
from mci_core import canonical


@audited("capture_policies.init_repository")
def init_repository(*, root: bytes, actor: Actor) -> None:
    """Start the repository with a root that offline keys have signed, and publish the lease keys."""
    permissions.require(actor, "capture_policies.init_repository")
    lock("capture_policies.repository")
    signing.found(root)
    signing.publish_lease_keys(key_steps.lease_keys_target())
    log.append(
        action="capture_policies.init_repository",
        actor=actor,
        obj=TufFile(name="1.root.json"),
        facts={"root": 1, "root_sha256": canonical.digest(root)},
    )


@audited("capture_policies.accept_root")
def accept_root(*, root: bytes, actor: Actor) -> bool:
    """Take over a new root (new keys, new expiry) and sign everything anew with the keys that it names.

    False when it names other approvers than those who signed targets: then it counts as soon as they have
    signed targets anew, so that agents never meet a root without the files that belong to it.
    """
    permissions.require(actor, "capture_policies.accept_root")
    lock("capture_policies.repository")
    parsed = signing.check_root(root)
    counts = key_steps.take_over_root(root, parsed)
    log.append(
        action="capture_policies.accept_root",
        actor=actor,
        obj=TufFile(name=f"{parsed.version}.root.json"),
        facts={"root": parsed.version, "root_sha256": canonical.digest(root), "counts": counts},
    )
    return counts


@audited("capture_policies.publish_lease_keys")
def publish_lease_keys(*, actor: Actor) -> bool:
    """Publish the public lease keys if agents do not have them all yet."""
    permissions.require(actor, "capture_policies.publish_lease_keys")
    target = key_steps.lease_keys_target()
    if not signing.is_founded():
        with nothing_to_do():
            return False
    known = signing.current_targets().get(LEASE_KEYS)
    if known is not None and known.hashes["sha256"] == canonical.digest(target.body):
        with nothing_to_do():
            return False
    signing.publish_lease_keys(target)
    log.append(
        action="capture_policies.publish_lease_keys",
        actor=actor,
        obj=TufFile(name=target.served_name),
        facts={"keys": sorted(lease_keys.lease_public_keys())},
    )
    return True


@audited("capture_policies.refresh_timestamp")
def refresh_timestamp(*, actor: Actor, force: bool = False) -> list[str]:
    """Sign anew what has lived half its life, so that agents keep trusting it. Nothing to do most of the
    time.
    """
    permissions.require(actor, "capture_policies.refresh_timestamp")
    if not signing.is_founded():
        with nothing_to_do():
            return []
    signed = signing.renew(force=force)
    if not signed:
        with nothing_to_do():
            return []
    log.append(
        action="capture_policies.refresh_timestamp",
        actor=actor,
        obj=TufFile(name=signing.TIMESTAMP),
        facts={"roles": signed},
    )
    return signed
