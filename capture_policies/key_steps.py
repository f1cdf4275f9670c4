"""Steps that several actions on keys share: taking over a root, and asking approvers for signatures.

They are part of the caller's transaction. The caller has asked for permission and answers for the log.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from securesystemslib.signer import Signature
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Root, Targets

from agents import lease_keys
from audits.locks import lock
from capture_policies import key_files, signing
from capture_policies.key_files import LEASES
from capture_policies.models import Release, Rollout, RolloutState
from capture_policies.models_keys import ApproverSignature, RequestState, SigningRequest
from capture_policies.signing import LEASE_KEYS, Target
from mci_core import canonical
from mci_core.errors import Conflict, Unavailable

#: Approvers sign seldom: half a year until targets runs out without any release.
SIGNED_TARGETS_LIFE = timedelta(days=180)


def lock_repository() -> None:
    """Whoever changes roots or requests waits for the one before."""
    lock("capture_policies.repository")


def approvers_sign() -> bool:
    """Whether a release waits for people. The setting alone is not enough: agents go by root."""
    wanted = signing.by_approvers()
    if settings.CEREMONY and not wanted:
        raise Unavailable(
            "CEREMONY is on, but root still names a key of this server for releases."
            " Run: manage.py keys approvers",
            code="ceremony_not_set_up",
        )
    return wanted


def lease_keys_target() -> Target:
    body = canonical.dumps({"keys": lease_keys.lease_public_keys(), "issuer": lease_keys.server_id()})
    return Target(LEASE_KEYS, body, {"mci": {"kind": "lease-keys"}})


def release_target(release: Release) -> Target:
    expires = int(release.expires_at.timestamp())
    custom = {"kind": "policy", "release": release.number, "expires": expires}
    return Target(release.target_name, bytes(release.version.body), {"mci": custom})


def take_over_root(data: bytes, root: Root) -> bool:
    """Make this checked root the present one, or keep it until approvers have signed the targets below it."""
    request = SigningRequest.objects.select_for_update().open().filter(root_version=root.version).first()
    if _targets_fit(root):
        signing.store_root(data)
        signing.sign_all_anew()
        forget_private_keys()
        if request is not None:
            close(request, RequestState.PUBLISHED)
        _go_on_with_waiting_releases()
        return True
    if request is None:
        raise Conflict("This root was not prepared here. Run: manage.py keys approvers", code="root_unknown")
    replace_request(request, kind="root", reason=request.reason, root=data)
    return False


def ask_approvers(
    kind: str, reason: str, *, release: Release | None = None, fresh_lease_role: bool = False
) -> SigningRequest:
    """Open a request for signatures over the next targets. What an open one asked for is asked again with
    it: signatures over it count no more.
    """
    lock_repository()
    old = SigningRequest.objects.select_for_update().open().first()
    if old is not None and old.root is not None and old.root_signed_at is None:
        close(old, RequestState.WITHDRAWN)  # nobody has accepted that root; it is prepared again afterwards
        old = None
    root = None if old is None or old.root is None else bytes(old.root)
    return replace_request(
        old, kind=kind, reason=reason, root=root, release=release, fresh_lease_role=fresh_lease_role
    )


def replace_request(
    old: SigningRequest | None,
    *,
    kind: str,
    reason: str,
    root: bytes | None,
    release: Release | None = None,
    fresh_lease_role: bool = False,
) -> SigningRequest:
    """A request over the targets as they are to be now, and over this root if one waits."""
    if old is not None:
        close(old, RequestState.WITHDRAWN)
    targets = _next_targets(fresh_lease_role=fresh_lease_role)
    version = None if root is None else Metadata[Root].from_bytes(root).signed.version
    return SigningRequest.objects.create(
        kind=kind,
        reason=reason,
        root=root,
        root_version=version,
        root_signed_at=None if root is None else timezone.now(),
        targets=Metadata(targets).to_bytes(),
        targets_version=targets.version,
        release=release,
    )


def publish_if_enough(request: SigningRequest) -> bool:
    """Publish what enough approvers have signed, together with the root that waited for it."""
    document = signed_so_far(request)
    root = root_over(request)
    if not root.get_verification_result("targets", document.signed_bytes, document.signatures):
        return False
    if request.root is not None:
        signing.store_root(bytes(request.root))
    signing.publish_signed(document, lease_keys_target())
    numbers = [number for number in map(_release_number, document.signed.targets) if number]
    Release.objects.filter(number__in=numbers, signed_at__isnull=True).update(signed_at=timezone.now())
    forget_private_keys()
    close(request, RequestState.PUBLISHED)
    return True


def signed_so_far(request: SigningRequest) -> Metadata[Targets]:
    """The targets of a request with the signatures that were given."""
    assert request.targets is not None
    document = Metadata[Targets].from_bytes(bytes(request.targets))
    for row in request.signatures.all():
        document.signatures[row.key_id] = as_signature(row)
    return document


def as_signature(row: ApproverSignature) -> Signature:
    """A kept signature in the form in which metadata holds it."""
    return Signature(row.key_id, row.signature)


def root_over(request: SigningRequest) -> Root:
    """The root under which the targets of a request will stand."""
    if request.root is None:
        return signing.current_root().signed
    return Metadata[Root].from_bytes(bytes(request.root)).signed


def close(request: SigningRequest, state: RequestState) -> None:
    SigningRequest.objects.filter(pk=request.pk).update(state=state, done_at=timezone.now())


def waiting_releases() -> QuerySet[Release]:
    """Approved and numbered, but not signed yet."""
    return Release.objects.filter(signed_at__isnull=True, withdrawn_at__isnull=True).select_related("version")


def withdraw_waiting_releases() -> None:
    """Releases that nobody will sign any more; their rollouts, if any, end without having reached anybody."""
    waiting, now = waiting_releases(), timezone.now()
    Rollout.objects.open().filter(release__in=waiting).update(state=RolloutState.SUPERSEDED, finished_at=now)
    waiting.update(withdrawn_at=now)


def forget_private_keys() -> None:
    """When the transaction has ended: delete the online keys that nothing names any more."""
    root, targets = signing.current_root().signed, signing.current_state().targets
    for role in key_files.ONLINE_ROLES:
        transaction.on_commit(partial(key_files.forget_online, role, tuple(root.roles[role].keyids)))
    if targets.delegations is not None and targets.delegations.roles is not None:
        keep = tuple(targets.delegations.roles[LEASES].keyids)
        transaction.on_commit(partial(key_files.forget_online, LEASES, keep))


def _go_on_with_waiting_releases() -> None:
    """A new root closed the request that they were part of, or lets this server sign them."""
    waiting = waiting_releases()
    if not waiting or SigningRequest.objects.open().exists():
        return
    if signing.by_approvers():
        ask_approvers("release", "Asked again under a new root.")
        return
    signing.publish([release_target(release) for release in waiting])
    waiting.update(signed_at=timezone.now())


def _targets_fit(root: Root) -> bool:
    """Whether nobody else has to sign before agents can follow this root."""
    if root.roles["targets"].threshold == 1:
        return True
    state = signing.current_state()
    document = Metadata[Targets].from_bytes(signing.body_of(f"{state.targets.version}.targets.json"))
    return bool(root.get_verification_result("targets", document.signed_bytes, document.signatures))


def _next_targets(*, fresh_lease_role: bool) -> Targets:
    """What is served now, less what was withdrawn, and the releases that wait."""
    targets = deepcopy(signing.current_state().targets)
    gone = Release.objects.filter(withdrawn_at__isnull=False).only("number")
    signing.change_targets(
        targets,
        [release_target(release) for release in waiting_releases()],
        [LEASE_KEYS, *(release.target_name for release in gone)],
    )
    targets.version += 1
    targets.expires = timezone.now().astimezone(UTC).replace(microsecond=0) + SIGNED_TARGETS_LIFE
    _delegate_lease_keys(targets, fresh=fresh_lease_role)
    return targets


def _delegate_lease_keys(targets: Targets, *, fresh: bool) -> None:
    if targets.delegations is not None and not fresh:
        return
    folder = key_files.online_folder()
    signer = key_files.create_next(LEASES) if fresh else key_files.create(folder, LEASES)
    key = signer.public_key
    role = DelegatedRole(LEASES, [key.keyid], 1, terminating=True, paths=[LEASE_KEYS])
    targets.delegations = Delegations({key.keyid: key}, {LEASES: role})


def _release_number(target: str) -> int | None:
    number = target.removeprefix("policy-").removesuffix(".json")
    return int(number) if number.isdigit() else None
