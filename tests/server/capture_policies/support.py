"""The people and things that tests of policies need, made through the actions wherever there is one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface

from accounts.actions.people import new_user
from accounts.actors import account_actor
from accounts.models import Department, RoleGrant, User
from agents.models import Device, EnrolmentToken
from audits.actor import Actor
from capture_policies.actions import drafts, releases, versions
from capture_policies.models import PolicyDraft, PolicyVersion, Release

SYSTEM = Actor.system("test")
JIRA = {
    "id": "jira",
    "kind": "site",
    "label": "Jira",
    "match": {"origin": "https://jira.example.com", "path_prefix": "/", "subdomains": False},
    "signals": ["click", "text"],
    "keystrokes": "none",
    "frame_interval_s": 0,
}
EXCEL = {
    "id": "excel",
    "kind": "app",
    "label": "Excel",
    "match": {"windows": ["EXCEL.EXE"], "macos": [], "linux": [], "names": ["Excel"]},
    "signals": ["click"],
    "keystrokes": "none",
    "frame_interval_s": 0,
}
CUSTOMERS = {
    "id": "customers",
    "label": "Customer names",
    "method": "mask",
    "match": {"type": "dictionary", "words": ["Olivia Sample"]},
    "selector": {"entries": [], "signals": [], "fields": []},
    "examples": {"redact": ["sent to Olivia Sample"], "keep": ["sent to support"]},
}


class Fetcher(FetcherInterface):
    """Gives a TUF client what the real addresses answer, without a network."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def _fetch(self, url: str) -> Iterator[bytes]:
        response = self.client.get(url.removeprefix("http://testserver"))
        if response.status_code != 200:
            raise DownloadHTTPError("refused", response.status_code)
        yield response.content


class Desk:
    """A named cast, and short ways to what they do."""

    def __init__(self) -> None:
        self.department, _ = Department.objects.get_or_create(name="Support")
        self.admin = self.person("admin", "admin")
        self.second_admin = self.person("second-admin", "admin")
        self.officer = self.person("officer", "privacy_officer")
        self.second_officer = self.person("second-officer", "privacy_officer")
        self.ml = self.person("ml", "ml_staff")
        self.auditor = self.person("auditor", "auditor")
        self.employee = self.person("employee")

    def person(self, name: str, *roles: str) -> User:
        user = new_user(
            email=f"{name}@example.com", display_name=name, department=self.department, time_zone="UTC"
        )
        if roles:
            granters = [
                User.objects.create(email=f"{name}-{kind}@example.com", display_name=kind)
                for kind in ("asks", "approves")
            ]
            for role in roles:
                RoleGrant.objects.create(
                    user=user,
                    role=role,
                    reason="cast",
                    requested_by=granters[0],
                    approved_by=granters[1],
                    approved_at=timezone.now(),
                )
        return user

    def actor(self, user: User, *, fresh: bool = True) -> Actor:
        return account_actor(User.objects.get(pk=user.pk), fresh_mfa=fresh)

    def draft(self, *, author: User | None = None, title: str = "Office work", **changes: Any) -> PolicyDraft:
        """An open draft with one site and one rule, ready to be submitted."""
        actor = self.actor(author or self.admin)
        draft = drafts.create_draft(title=title, actor=actor)
        for data in changes.get("entries", [JIRA]):
            drafts.put_entry(draft=draft, data=data, actor=actor)
        for data in changes.get("rules", [CUSTOMERS]):
            drafts.put_rule(draft=draft, data=data, actor=actor)
        return draft

    def version(self, *, author: User | None = None, **changes: Any) -> PolicyVersion:
        draft = self.draft(author=author, **changes)
        return drafts.submit_draft(draft=draft, actor=self.actor(author or self.admin))

    def approve(self, version: PolicyVersion, *people: User) -> PolicyVersion:
        for person in people or (self.officer, self.ml):
            versions.approve_version(
                version=version, digest=version.digest, reason="read it", actor=self.actor(person)
            )
        version.refresh_from_db()
        return version

    def release(self, **changes: Any) -> Release:
        """A signed release of a new version."""
        version = self.version(**changes)
        people = (self.officer, self.ml) if version.direction == "wider" else (self.officer,)
        return releases.sign_release(version=self.approve(version, *people), actor=SYSTEM)

    def devices(self, count: int) -> list[Device]:
        """Devices that were seen just now."""
        token = EnrolmentToken.objects.create(
            subject=self.employee.subject,
            label="test",
            secret_sha256=secrets.token_hex(32),
            quota=1,
            created_by=self.admin,
            expires_at=timezone.now() + timedelta(days=1),
        )
        now = timezone.now()
        rows = [
            Device(
                subject=self.employee.subject,
                token=token,
                name=f"device {index}",
                public_key=secrets.token_bytes(32),
                os="linux",
                last_seen_at=now,
                lease_expires_at=now + timedelta(minutes=15),
            )
            for index in range(count)
        ]
        return Device.objects.bulk_create(rows)
