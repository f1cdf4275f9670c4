"""Keys of a person as they were before there were trees: one for details and for data keys."""

from __future__ import annotations

from accounts import epochs, keys
from accounts.models import KeyPurpose, PersonKey, Subject
from capture_sessions.models import SessionBlob
from mci_core import envelope


def give_old_key(subject: Subject) -> PersonKey:
    """Wrap everything that the person's sessions hold with such a key, and forget the tree."""
    old, _key = keys.person_key(subject)
    old.purpose = KeyPurpose.BOTH
    epochs.wrap(old, envelope.new_key())
    old.save()
    for blob in SessionBlob.objects.filter(session__subject=subject, wrapped_key__isnull=False):
        data_key = keys.unwrap_data_key(blob.key_place, bytes(blob.wrapped_key or b""))
        blob.person_key, blob.key_number = old, None
        blob.wrapped_key = keys.wrap_data_key(blob.key_place, data_key)
        blob.save()
    PersonKey.objects.filter(subject=subject, purpose=KeyPurpose.OBJECTS).delete()
    return old
