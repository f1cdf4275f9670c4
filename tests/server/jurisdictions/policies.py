"""Signed releases for the tests of notices, without the way through drafts and approvals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from capture_policies.models import Approval, PolicyVersion, Release
from mci_core import policy
from tests.server.cast import Cast

SITE: dict[str, Any] = {
    "id": "jira",
    "kind": "site",
    "label": "Jira",
    "match": {"origin": "https://jira.example.com", "path_prefix": "/", "subdomains": False},
    "signals": ["click", "text"],
    "keystrokes": "none",
    "frame_interval_s": 0,
}


def document(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "schema": "mci-policy/1",
        "name": "Office work",
        "purpose": "agent_training",
        "entries": list(entries),
        "rules": [],
        "limits": {
            "cpu_percent": 5,
            "upload_bytes_per_day": 200_000_000,
            "spool_bytes": 100_000_000,
            "pause_minutes": [15, 30, 60],
        },
        "retention_days": 30,
        "sampling": {"rate": 0.05},
        "lease_seconds": 900,
        **changes,
    }


def live_policy(cast: Cast, *entries: dict[str, Any], **changes: Any) -> Release:
    """The next release, as the triggers of the database let it in: approved by two roles, then signed."""
    doc = document(*entries, **changes)
    parsed = policy.parse(doc)
    number = PolicyVersion.objects.count() + 1
    version = PolicyVersion.objects.create(
        number=number,
        title="Office work",
        body=policy.canonical_bytes(doc),
        digest=parsed.digest,
        ruleset_digest=parsed.ruleset_digest,
        direction="wider",
        author=cast.admin,
    )
    for name, role in (("officer", "privacy_officer"), ("ml", "ml_staff")):
        Approval.objects.create(
            version=version,
            digest=version.digest,
            version_author=cast.admin,
            approver=cast.user(name),
            role=role,
            decision="approve",
            reason="read it",
        )
    PolicyVersion.objects.filter(pk=version.pk).update(state="approved", decided_at=timezone.now())
    now = timezone.now()
    return Release.objects.create(
        number=Release.objects.count() + 1,
        version=version,
        digest=parsed.digest,
        signed_at=now,
        expires_at=now + timedelta(days=90),
    )
