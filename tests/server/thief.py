"""A thief for tests: copies of everything sealed from before, and every key that there is afterwards."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings as configured

from accounts import epochs
from accounts.keys import tree_of, unwrap_data_key
from accounts.models import PersonKey, Subject
from audits import epoch_keys, kek, reading
from audits import leaf as leaves
from audits.models import AuditDetail, AuditEntry
from capture_sessions import store
from capture_sessions.models import SessionBlob
from mci_core import envelope
from mci_core.errors import ActionError
from mci_core.key_tree import KeyTree


@dataclass
class Thief:
    """Copies from before: sealed bytes with the place they are bound to."""

    sealed: list[tuple[bytes, bytes]] = field(default_factory=list)

    def opened(self, keys: set[bytes]) -> int:
        return sum(any(_opens(key, sealed, aad) for key in keys) for sealed, aad in self.sealed)


def _opens(key: bytes, sealed: bytes, aad: bytes) -> bool:
    try:
        envelope.open_(key, sealed, aad)
    except envelope.CannotOpen:
        return False
    return True


def steal(subject: Subject, *sessions: Any) -> Thief:
    """Whatever is sealed of a person, or of some sessions with the keys above them."""
    thief = Thief()
    wrap = envelope._WRAP_AAD
    for row in PersonKey.objects.filter(subject=subject, destroyed_at__isnull=True):
        kind = b"" if row.purpose == "objects" else wrap
        if row.purpose != "details" or not sessions:
            thief.sealed.append((bytes(row.wrapped or b""), kind + epochs.about(row)))
    blobs = SessionBlob.objects.filter(session__subject=subject).select_related("person_key")
    for blob in blobs.filter(session__in=sessions) if sessions else blobs:
        thief.sealed.append((bytes(blob.wrapped_key or b""), wrap + blob.key_place.about))
        with store.storage().open(blob.storage_name) as file:
            thief.sealed.append((file.read(), store._aad(blob.session_id, blob.index)))
    if not sessions:
        thief.sealed += _details(subject)
    return thief


def _details(subject: Subject) -> list[tuple[bytes, bytes]]:
    found = []
    for detail in AuditDetail.objects.filter(
        pk__in=AuditEntry.objects.filter(subject=subject.pk).values("pk")
    ):
        sealed = bytes(detail.sealed)
        if sealed.startswith(leaves.PERSONAL):
            commitment = str(reading.leaf_of(AuditEntry.objects.get(pk=detail.pk))["commitment"])
            found.append((sealed[len(leaves.PERSONAL) + 16 :], commitment.encode()))
    return found


def all_keys() -> set[bytes]:
    """Every key that somebody who has the whole server can get at now, and all they open."""
    keys = {configured.MASTER_KEY, configured.PSEUDONYM_KEY}
    keys |= {kek.derived_key(name) for name in ("signing-keys", "audit-details", "key-epochs")}
    keys |= {epoch_keys.key(number) for number in epoch_keys.numbers()}
    for row in PersonKey.objects.filter(destroyed_at__isnull=True).exclude(purpose="objects"):
        keys |= {epochs.unwrap(row), kek.key_from(epochs.unwrap(row), "audit-details")}
    for row in PersonKey.objects.filter(destroyed_at__isnull=True, purpose="objects"):
        keys |= of_tree(tree_of(row), row.numbers)
    for blob in SessionBlob.objects.filter(wrapped_key__isnull=False).select_related("person_key"):
        with suppress(ActionError):
            keys.add(unwrap_data_key(blob.key_place, bytes(blob.wrapped_key or b"")))
    return keys


def of_tree(tree: KeyTree, numbers: int) -> set[bytes]:
    """The keys of all numbers that were given out and are left, whatever the rows of objects say."""
    return {tree.key(number) for number in range(numbers) if tree.holds(number)}
