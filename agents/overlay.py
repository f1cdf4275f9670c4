"""Which entries a device must leave alone whatever the policy allows: reads for the next lease and for the
person's own pages. Nothing here is for staff.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from agents.models import Device, SubjectExclusion
from mci_core import overlay


def of_subject(subject_id: uuid.UUID | None) -> frozenset[str]:
    """What a person switched off in the portal, for all of their devices."""
    rows = SubjectExclusion.objects.filter(subject=subject_id)
    return frozenset(rows.values_list("entry", flat=True))


def excluded_entries(device: Device, stopped: Iterable[str] = ()) -> tuple[str, ...]:
    """For a lease: what the person keeps out here or everywhere, and what is stopped."""
    return overlay.union(device.exclusions, of_subject(device.subject_id), stopped)
