"""The organisation of the demo is made through the actions, once, and holds what its pages need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import RoleGrant, Subject, User
from agents.models import Device
from audits.models import AuditEntry
from capture_policies.models import AllowlistRequest, Rollout
from capture_sessions.models import CaptureSession

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.VAR_DIR = tmp_path
    settings.KEYS_DIR = tmp_path / "keys"
    settings.BLOBS_DIR = tmp_path / "blobs"
    return tmp_path


def test_the_organisation_has_people_roles_a_policy_and_history(folder: Path, queued: Any) -> None:
    call_command("seed_demo", days=1, past_agents=2, sessions_each=1, verbosity=0)
    assert User.objects.count() == Subject.objects.count() == 40
    active = RoleGrant.objects.filter(approved_at__isnull=False)
    assert {grant.role for grant in active} == {"admin", "privacy_officer", "ml_staff", "auditor"}
    assert all(grant.approved_by_id != grant.requested_by_id for grant in active)
    assert Rollout.objects.get().state == "done"
    assert Device.objects.filter(applied_release=1).count() == 2
    assert AuditEntry.objects.filter(action="capture_policies.approve_version").count() == 2
    places = set(CaptureSession.objects.values_list("place", flat=True))
    assert "IT" not in places
    seed = json.loads((folder / "demo" / "seed.json").read_text())
    assert len(seed["agents"]) == 5
    assert {person["label"] for person in seed["sign_ins"]} >= {"admin", "privacy officer", "auditor"}
    assert (folder / "demo" / "seed.json").stat().st_mode & 0o077 == 0
    assert sorted(row.voices.count() for row in AllowlistRequest.objects.all()) == [1, 2, 6]
    call_command("seed_demo", verbosity=0)
    assert User.objects.count() == 40


def test_a_half_made_organisation_is_not_continued(folder: Path) -> None:
    User.objects.create(email="someone@example.com", display_name="Someone")
    with pytest.raises(CommandError, match="make demo-reset"):
        call_command("seed_demo", verbosity=0)


def test_production_is_never_seeded(folder: Path, settings: Any) -> None:
    settings.MCI_ENV = "production"
    with pytest.raises(CommandError, match="not made in production"):
        call_command("seed_demo", verbosity=0)
