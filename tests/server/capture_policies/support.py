"""The people and things that tests of policies need, made through the actions wherever there is one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface

from accounts.actors import account_actor
from accounts.models import User
from agents.models import Device, EnrolmentToken
from audits.actor import Actor
from capture_policies.actions import drafts, releases, versions
from capture_policies.models import PolicyDraft, PolicyVersion, Release
from tests.server.cast import Cast

SYSTEM = Actor.system("test")
JIRA: dict[str, Any] = {
    "id": "jira",
    "kind": "site",
    "label": "Jira",
    "match": {"origin": "https://jira.example.com", "path_prefix": "/", "subdomains": False},
    "signals": ["click", "text"],
    "keystrokes": "none",
    "frame_interval_s": 0,
}
EXCEL: dict[str, Any] = {
    "id": "excel",
    "kind": "app",
    "label": "Excel",
    "match": {"windows": ["EXCEL.EXE"], "macos": [], "linux": [], "names": ["Excel"]},
    "signals": ["click"],
    "keystrokes": "none",
    "frame_interval_s": 0,
}
CUSTOMERS: dict[str, Any] = {
    "id": "customers",
    "label": "Customer names",
    "method": "mask",
    "match": {"type": "dictionary", "words": ["Harvest Table"]},
    "selector": {"entries": [], "signals": [], "fields": []},
    "examples": {"redact": ["sent to Harvest Table"], "keep": ["sent to support"]},
}


def found_repository() -> None:
    """The release repository, as ``manage.py keys init`` leaves it. Again: nothing happens."""
    call_command("keys", "init", stdout=StringIO())


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
    """The cast at work on policies: short ways to what they do. The fleet is empty at first."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.admin, self.second_admin = cast.admin, cast.second_admin
        self.officer, self.second_officer = cast.officer, cast.second_officer
        self.ml, self.auditor, self.employee = cast.ml, cast.auditor, cast.employee
        Device.objects.all().delete()

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
            subject=self.cast.subject(),
            label="test",
            secret_sha256=secrets.token_hex(32),
            quota=1,
            created_by=self.admin,
            expires_at=timezone.now() + timedelta(days=1),
        )
        now = timezone.now()
        rows = [
            Device(
                subject=self.cast.subject(),
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
