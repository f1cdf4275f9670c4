"""Stops a rollout that leaks: any finding in a session captured under its release halts it."""

from __future__ import annotations

from uuid import UUID

from audits.formats import plural
from capture_policies.models import Rollout
from reviews.models import Finding


def leaks(rollout_id: UUID) -> str | None:
    """Words for why the rollout must stop, or None."""
    release = Rollout.objects.filter(pk=rollout_id).values_list("release__number", flat=True).first()
    if release is None:
        return None
    found = Finding.objects.filter(session__release_number=release, state="open").count()
    return f"{plural(found, 'open leak finding')} in sessions of this release." if found else None
