"""What waits before it is signed, how long approvals count, and what brings a version back to review."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from audits.models import AuditEntry
from capture_policies import tasks
from capture_policies.actions import releases, rollouts, versions, waves
from capture_policies.models import Approval, ApprovalWithdrawal, PolicyVersion, Release, VersionComment
from capture_policies.waiting import waiting as waiting_items
from mci_core.errors import Conflict, Stale
from tests.server.capture_policies import deciding
from tests.server.capture_policies.support import EXCEL, JIRA, SYSTEM, Desk

pytestmark = pytest.mark.django_db
CLICKS = {**JIRA, "signals": ["click"]}
CODES = {**JIRA, "signals": ["keystroke"], "keystrokes": "text"}
COUNTS = {**CODES, "keystrokes": "count"}


def live(desk: Desk, **changes: Any) -> Release:
    """A release that is live, on an empty fleet."""
    release = desk.release(**changes)
    rollout = rollouts.start_rollout(
        release=release, waves=[rollouts.WavePlan(100)], reason="x", actor=desk.actor(desk.officer)
    )
    while waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM):
        pass
    return release


@pytest.mark.parametrize(("entry", "waits"), [(JIRA, True), (CLICKS, False), (CODES, True), (COUNTS, False)])
def test_only_a_widening_by_sensitive_signals_waits(desk: Desk, entry: dict[str, Any], waits: bool) -> None:
    with override_settings(COOL_DOWN_HOURS=24):
        version = desk.approve(desk.version(entries=[entry]))
    assert version.state == ("waiting" if waits else "approved")
    assert (version.cool_down_until is not None) is waits


def test_the_cool_down_counts_from_the_submission(desk: Desk, queued: Any) -> None:
    version = deciding.submitted(desk)
    assert version.cool_down_until == version.submitted_at + timedelta(hours=24)
    desk.approve(version)
    tasks.sweep_decisions()
    tasks.sweep_versions()
    assert "capture_policies.tasks.sign_release" not in queued
    assert not Release.objects.exists()


def test_with_none_configured_nothing_waits(desk: Desk) -> None:
    with override_settings(COOL_DOWN_HOURS=0):
        assert desk.approve(desk.version()).state == "approved"


def test_the_sweep_has_it_signed_when_its_time_has_come(desk: Desk, queued: Any) -> None:
    version = deciding.waiting(desk, hours=25)
    tasks.sweep_decisions()
    version.refresh_from_db()
    assert version.state == "approved"
    assert ("capture_policies.tasks.sign_release", (str(version.pk),)) in queued.calls
    assert releases.sign_release(version=version, actor=SYSTEM).version == version


def test_what_is_taken_back_while_it_waits_is_not_signed(desk: Desk) -> None:
    version = deciding.waiting(desk, hours=23)
    versions.withdraw_approval(version=version, reason="second thoughts", actor=desk.actor(desk.officer))
    with deciding.earlier(hours=-2):
        tasks.sweep_decisions()
    version.refresh_from_db()
    assert version.state == "in_review"
    assert desk.approve(version, desk.second_officer).state == "waiting"


def test_an_approval_that_was_taken_back_can_be_given_again(desk: Desk) -> None:
    version = desk.approve(desk.version(), desk.officer)
    versions.withdraw_approval(version=version, reason="wait", actor=desk.actor(desk.officer))
    assert desk.approve(version, desk.officer, desk.ml).state == "approved"
    assert ApprovalWithdrawal.objects.count() == 1


def test_what_waits_is_not_signed_once_another_policy_is_live(desk: Desk) -> None:
    """Somebody narrowed meanwhile: the widening would bring back what was taken away."""
    version = deciding.waiting(desk, hours=25)
    live(desk, entries=[EXCEL])
    tasks.sweep_decisions()
    version.refresh_from_db()
    assert version.state == "in_review"
    with pytest.raises(Stale, match="Another policy went live"):
        desk.approve(version, desk.second_officer)


def test_ended_approvals_bring_a_version_back_and_are_given_again(desk: Desk, queued: Any) -> None:
    version = deciding.lapsed(desk)
    assert [item.count for item in waiting_items(desk.officer)] == []
    tasks.sweep_decisions()
    version.refresh_from_db()
    assert version.state == "in_review"
    assert "for your decision" in waiting_items(desk.officer)[0].sentence
    assert desk.approve(version, desk.officer, desk.ml).state == "approved"
    assert Approval.objects.filter(version=version).count() == 4


def test_an_approved_version_is_not_signed_with_ended_approvals(desk: Desk) -> None:
    with deciding.earlier(days=15):
        version = deciding.approved(desk)
    with pytest.raises(Conflict, match="have ended"):
        releases.sign_release(version=version, actor=SYSTEM)
    tasks.sweep_decisions()
    version.refresh_from_db()
    assert version.state == "in_review"
    assert AuditEntry.objects.filter(action="capture_policies.reopen_version").count() == 1


def test_the_age_of_approvals_does_not_matter_after_the_signature(desk: Desk) -> None:
    version = deciding.signed(desk)
    with deciding.earlier(days=-15):
        tasks.sweep_decisions()
    version.refresh_from_db()
    assert version.state == "approved"


def test_the_database_refuses_what_lacks_counting_approvals_or_still_waits(desk: Desk) -> None:
    version = deciding.waiting(desk)
    with pytest.raises(DatabaseError, match="cool-down"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(state="approved")
    version = deciding.lapsed(desk)
    with pytest.raises(DatabaseError, match="lacks approvals"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(state="approved", decided_at=timezone.now())
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(cool_down_until=None)


def test_the_database_refuses_a_release_whose_approvals_have_ended(desk: Desk) -> None:
    with deciding.earlier(days=15):
        version = deciding.approved(desk)
    with pytest.raises(DatabaseError, match="have ended"), transaction.atomic():
        Release.objects.create(
            number=1, version=version, digest=version.digest, expires_at=timezone.now() + timedelta(days=1)
        )


def _insert(version: PolicyVersion, approver: Any, role: str, digest: str) -> None:
    """An approval past the application, by SQL."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capture_policies_approval (id, version_id, digest, version_author_id, approver_id,"
            " role, decision, reason, at, valid_until) VALUES (gen_random_uuid(), %s, %s, %s, %s, %s,"
            " 'approve', 'x', now(), now() + interval '1 day')",
            [version.pk, digest, version.author_id, approver.pk, role],
        )


def test_by_sql_an_approval_of_other_bytes_is_refused(desk: Desk) -> None:
    version = desk.version()
    with pytest.raises(DatabaseError, match="exactly these bytes"):
        _insert(version, desk.officer, "privacy_officer", "0" * 64)
    _insert(version, desk.officer, "privacy_officer", version.digest)


def test_by_sql_one_person_or_one_role_does_not_approve_twice(desk: Desk) -> None:
    version = desk.approve(desk.version(), desk.officer)
    for who, role in ((desk.officer, "admin"), (desk.second_officer, "privacy_officer")):
        with pytest.raises(DatabaseError, match="has approved already"):
            _insert(version, who, role, version.digest)


def test_by_sql_nothing_that_was_said_is_changed(desk: Desk) -> None:
    version = desk.approve(desk.version(), desk.officer)
    versions.comment_version(version=version, text="Why?", actor=desk.actor(desk.ml))
    taken = versions.withdraw_approval(version=version, reason="x", actor=desk.actor(desk.officer))
    for rows in (VersionComment.objects.all(), ApprovalWithdrawal.objects.filter(pk=taken.pk)):
        with pytest.raises(DatabaseError, match="kept as it is"), transaction.atomic():
            rows.delete()
    signed = deciding.signed(desk)
    with pytest.raises(DatabaseError, match="open version"), transaction.atomic():
        ApprovalWithdrawal.objects.create(approval=signed.approvals.all()[0], reason="late")
