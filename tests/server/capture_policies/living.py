"""A live allowlist for tests: a release that every device has, and people whom its entries reach."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Department, Subject, User
from agents.models import Device, EnrolmentToken
from capture_policies.models import PolicyVersion, Release
from mci_core import canonical, policy
from tests.server.capture_policies.support import JIRA, Desk


def site(number: int, **changes: Any) -> dict[str, Any]:
    """One of many sites."""
    match = {"origin": f"https://s{number:05}.example.com", "path_prefix": "/", "subdomains": False}
    return {**JIRA, "id": f"s{number:05}", "label": f"S {number:05}", "match": match, **changes}


def live(desk: Desk, entries: Iterable[dict[str, Any]], rules: Iterable[dict[str, Any]] = ()) -> Release:
    """These entries and rules are what every device holds."""
    release = desk.release(entries=list(entries), rules=list(rules), author=desk.second_admin)
    release.rollouts.create(state="done", reason="for a test")
    return release


def live_at_once(desk: Desk, entries: list[dict[str, Any]]) -> Release:
    """The same by rows, for more entries than anybody writes by hand."""
    doc = {**policy.new_document("Much"), "entries": sorted(entries, key=lambda entry: str(entry["id"]))}
    body = policy.canonical_bytes(doc)
    number = PolicyVersion.objects.count() + 1
    version = PolicyVersion.objects.create(
        number=number,
        title="Much",
        body=body,
        digest=canonical.digest(body),
        ruleset_digest=policy.ruleset_digest(doc),
        direction="wider",
        author=desk.second_admin,
    )
    for approver, role in ((desk.officer, "privacy_officer"), (desk.ml, "ml_staff")):
        version.approvals.create(
            digest=version.digest,
            version_author=version.author,
            approver=approver,
            role=role,
            decision="approve",
            reason="for a test",
        )
    version.state = "approved"
    version.decided_at = timezone.now()
    version.save(update_fields=["state", "decided_at"])
    release = Release.objects.create(
        number=Release.objects.count() + 1,
        version=version,
        digest=version.digest,
        signed_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=30),
    )
    release.rollouts.create(state="done", reason="for a test")
    return release


def people(desk: Desk, count: int, *, os: str = "windows", department: Department | None = None) -> None:
    """So many people with a computer each."""
    group = department or Department.objects.get_or_create(name="Support")[0]
    token = EnrolmentToken.objects.first()
    assert token is not None
    for _ in range(count):
        name = secrets.token_hex(6)
        user = User.objects.create(email=f"{name}@example.com", display_name=name)
        subject = Subject.objects.create(user=user, pseudonym=f"P-{name[:6].upper()}", department=group)
        Device.objects.create(
            subject=subject, token=token, name=name, public_key=secrets.token_bytes(32), os=os
        )
