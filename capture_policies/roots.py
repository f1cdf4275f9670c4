"""Builds the roots of the release repository: which keys speak for which role. Signing them is for people.

Every root is the one before it with one change, the next number and a new expiry. Root keys and the keys of
approvers are known here by their public halves alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.utils import timezone
from securesystemslib.signer import CryptoSigner, Key, SSlibKey
from tuf.api.metadata import Metadata, Root

from capture_policies import key_files, signing
from mci_core.errors import Invalid

ROOT_LIFE = timedelta(days=365)
#: Two people have to agree; one of three may be ill.
APPROVERS_NEEDED = 2
Change = Callable[[Root], None]


def first_root(root_keys: Iterable[Key], online: Mapping[str, Key]) -> Metadata[Root]:
    """An unsigned root 1 that names these keys."""
    root = Root(version=1, expires=_expiry(), consistent_snapshot=True)
    for key in root_keys:
        root.add_key(key, "root")
    for role, key in online.items():
        root.add_key(key, role)
    root.roles["root"].threshold = key_files.ROOT_THRESHOLD
    return Metadata(root)


def next_root(*changes: Change) -> Metadata[Root]:
    """The root after the present one, unsigned."""
    root = deepcopy(signing.current_root().signed)
    for change in changes:
        change(root)
    root.version += 1
    root.expires = _expiry()
    return Metadata(root)


def sign(document: Metadata[Root], signers: Iterable[CryptoSigner]) -> bytes:
    """Sign a root with keys that lie in reach, and give its bytes."""
    for signer in signers:
        document.sign(signer, append=True)
    return document.to_bytes()


def online_key(role: str, key: Key) -> Change:
    """This key speaks for the role from now on, and no other."""

    def change(root: Root) -> None:
        _replace(root, role, [key], threshold=1)

    return change


def root_keys(keys: Sequence[Key]) -> Change:
    """These keys sign the roots after this one."""
    if len({key.keyid for key in keys}) != len(key_files.ROOT_KEYS):
        raise Invalid("A root has three different root keys.", code="root_keys")

    def change(root: Root) -> None:
        _replace(root, "root", keys, threshold=key_files.ROOT_THRESHOLD)

    return change


def root_key_instead(old: str, key: Key) -> Change:
    """One root key is replaced; the other two stay."""

    def change(root: Root) -> None:
        found = [key_id for key_id in root.roles["root"].keyids if key_id.startswith(old)]
        if len(old) < 8 or len(found) != 1:
            raise Invalid("No root key has this id.", code="key_unknown")
        others = [root.keys[key_id] for key_id in root.roles["root"].keyids if key_id != found[0]]
        root_keys([*others, key])(root)

    return change


def approvers(keys: Sequence[Key]) -> Change:
    """Targets needs two of these keys from now on: ceremony mode."""
    if len({key.keyid for key in keys}) < APPROVERS_NEEDED:
        raise Invalid(f"Name the public keys of at least {APPROVERS_NEEDED} approvers.", code="approvers")

    def change(root: Root) -> None:
        _replace(root, "targets", keys, threshold=APPROVERS_NEEDED)

    return change


def public_key(pem: bytes) -> SSlibKey:
    """The Ed25519 public key in a PEM file."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise Invalid("This is not a public key in PEM form.", code="public_key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Invalid("Only Ed25519 keys sign here.", code="public_key")
    return SSlibKey.from_crypto(key)


def _replace(root: Root, role: str, keys: Sequence[Key], *, threshold: int) -> None:
    for key_id in list(root.roles[role].keyids):
        root.revoke_key(key_id, role)
    for key in keys:
        root.add_key(key, role)
    if any(key.keyid in other.keyids for name, other in root.roles.items() if name != role for key in keys):
        raise Invalid("One key speaks for one role.", code="key_in_two_roles")
    root.roles[role].threshold = threshold


def _expiry() -> datetime:
    return timezone.now().astimezone(UTC) + ROOT_LIFE
