"""Versions in every state of their decision, made through the actions at the time when it happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.test import override_settings
from django.utils import timezone

from capture_policies.actions import releases, versions
from capture_policies.models import PolicyVersion
from tests.server.capture_policies.support import JIRA, SYSTEM, Desk

#: Adds typed text, which is sensitive.
TYPING: dict[str, Any] = {**JIRA, "signals": ["click", "text"]}


@contextmanager
def earlier(**much: float) -> Iterator[None]:
    """What happens inside happened that long ago."""
    then, now = timedelta(**much), timezone.now
    with patch("django.utils.timezone.now", lambda: now() - then):
        yield


def submitted(desk: Desk, **changes: Any) -> PolicyVersion:
    """In review; it adds typed text, and has to wait a day."""
    with override_settings(COOL_DOWN_HOURS=24):
        return desk.version(**{"entries": [TYPING], **changes})


def waiting(desk: Desk, **ago: float) -> PolicyVersion:
    """Approved by an officer and ML staff, and not signed before its cool-down is over."""
    with earlier(**ago):
        return desk.approve(submitted(desk))


def lapsed(desk: Desk) -> PolicyVersion:
    """It waited so long that its approvals ended."""
    return waiting(desk, days=15)


def approved(desk: Desk) -> PolicyVersion:
    return desk.approve(desk.version())


def signed(desk: Desk) -> PolicyVersion:
    version = approved(desk)
    releases.sign_release(version=version, actor=SYSTEM)
    return version


def rejected(desk: Desk) -> PolicyVersion:
    return _closed(desk, versions.reject_version)


def sent_back(desk: Desk) -> PolicyVersion:
    return _closed(desk, versions.request_changes)


def _closed(desk: Desk, verb: Any) -> PolicyVersion:
    version = desk.version()
    verb(version=version, digest=version.digest, reason="too much", actor=desk.actor(desk.officer))
    version.refresh_from_db()
    return version
