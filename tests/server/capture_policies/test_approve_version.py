"""Who approves what, and what even a faulty application cannot approve."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from capture_policies.actions import drafts, releases, rollouts, versions, waves
from capture_policies.models import Approval, PolicyVersion, Release
from mci_core.errors import Conflict, Forbidden, Invalid, Stale
from tests.server.capture_policies.support import EXCEL, JIRA, SYSTEM, Desk

pytestmark = pytest.mark.django_db


def _live(desk: Desk, **changes: Any) -> Release:
    """A release that is live, on an empty fleet."""
    release = desk.release(**changes)
    rollout = rollouts.start_rollout(release=release, reason="first", actor=desk.actor(desk.officer))
    while waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM):
        rollout.waves.update(soak_seconds=0)
    return release


def test_widening_needs_a_privacy_officer_and_a_second_role(desk: Desk, queued: Any) -> None:
    version = desk.version()
    assert desk.approve(version, desk.officer).state == "in_review"
    assert "capture_policies.tasks.sign_release" not in queued
    assert desk.approve(version, desk.second_admin).state == "approved"
    assert ("capture_policies.tasks.sign_release", (str(version.pk),)) in queued.calls


def test_the_order_of_the_two_roles_does_not_matter(desk: Desk) -> None:
    assert desk.approve(desk.version(), desk.ml, desk.officer).state == "approved"


def test_two_privacy_officers_are_not_two_roles(desk: Desk) -> None:
    version = desk.version()
    desk.approve(version, desk.officer)
    with pytest.raises(Conflict, match="A privacy officer has approved already"):
        desk.approve(version, desk.second_officer)


def test_an_admin_and_ml_staff_do_not_replace_the_privacy_officer(desk: Desk) -> None:
    version = desk.version()
    desk.approve(version, desk.second_admin)
    with pytest.raises(Conflict, match="a privacy officer decides"):
        desk.approve(version, desk.ml)


def test_author_cannot_approve_own_version(desk: Desk) -> None:
    version = desk.version(author=desk.ml)
    with pytest.raises(Forbidden, match="of their own"):
        desk.approve(version, desk.ml)
    with pytest.raises(Forbidden, match="of their own"):
        versions.reject_version(
            version=version, digest=version.digest, reason="no", actor=desk.actor(desk.ml)
        )


def test_the_database_refuses_the_author_as_well(desk: Desk) -> None:
    version = desk.version()
    values = {"version": version, "digest": version.digest, "role": "admin", "decision": "approve"}
    with pytest.raises(IntegrityError, match="author_never_approves"), transaction.atomic():
        Approval.objects.create(version_author=version.author, approver=version.author, **values)
    with pytest.raises(DatabaseError, match="by this author"), transaction.atomic():
        Approval.objects.create(version_author=desk.officer, approver=version.author, **values)


def test_the_database_refuses_an_approval_of_other_bytes(desk: Desk) -> None:
    version = desk.version()
    with pytest.raises(DatabaseError, match="exactly these bytes"), transaction.atomic():
        Approval.objects.create(
            version=version,
            version_author=version.author,
            approver=desk.officer,
            role="privacy_officer",
            decision="approve",
            digest="0" * 64,
        )


def test_the_database_refuses_to_approve_without_approvals(desk: Desk) -> None:
    version = desk.version()
    desk.approve(version, desk.officer)
    with pytest.raises(DatabaseError, match="lacks approvals"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(state="approved")


def test_the_database_refuses_a_release_of_what_was_not_approved(desk: Desk) -> None:
    version = desk.version()
    with pytest.raises(DatabaseError, match="approved version"), transaction.atomic():
        Release.objects.create(
            number=1, version=version, digest=version.digest, expires_at=version.submitted_at
        )


def test_an_approval_cannot_be_changed_or_taken_back(desk: Desk) -> None:
    desk.approve(desk.version(), desk.officer)
    with pytest.raises(DatabaseError, match="kept as it is"), transaction.atomic():
        Approval.objects.update(decision="reject")
    with pytest.raises(DatabaseError, match="kept as it is"), transaction.atomic():
        Approval.objects.all().delete()


def test_approving_needs_a_fresh_second_factor(desk: Desk) -> None:
    version = desk.version()
    with pytest.raises(Forbidden) as caught:
        versions.approve_version(
            version=version, digest=version.digest, reason="ok", actor=desk.actor(desk.officer, fresh=False)
        )
    assert caught.value.code == "second_factor_needed"


def test_approving_other_bytes_than_those_shown_is_refused(desk: Desk) -> None:
    with pytest.raises(Stale):
        versions.approve_version(
            version=desk.version(), digest="0" * 64, reason="ok", actor=desk.actor(desk.officer)
        )


def test_a_decision_needs_a_reason(desk: Desk) -> None:
    version = desk.version()
    with pytest.raises(Invalid) as caught:
        versions.approve_version(
            version=version, digest=version.digest, reason=" ", actor=desk.actor(desk.officer)
        )
    assert caught.value.field == "reason"


def test_one_person_rejects_and_nobody_approves_afterwards(desk: Desk) -> None:
    version = desk.version()
    versions.reject_version(
        version=version, digest=version.digest, reason="too much", actor=desk.actor(desk.officer)
    )
    with pytest.raises(Conflict, match="decided already"):
        desk.approve(version, desk.second_officer)


def test_nobody_decides_twice(desk: Desk) -> None:
    version = desk.version()
    desk.approve(version, desk.officer)
    with pytest.raises(Conflict, match="already"):
        desk.approve(version, desk.officer)


@pytest.mark.parametrize("who", ["auditor", "employee"])
def test_others_do_not_decide(desk: Desk, who: str) -> None:
    with pytest.raises(Forbidden):
        desk.approve(desk.version(), getattr(desk, who))


def test_narrowing_needs_one_other_person(desk: Desk) -> None:
    _live(desk, entries=[JIRA, EXCEL])
    narrower = desk.version(entries=[JIRA])
    assert narrower.direction == "narrower"
    assert desk.approve(narrower, desk.second_admin).state == "approved"


def test_ml_staff_alone_do_not_approve_a_narrowing(desk: Desk) -> None:
    _live(desk, entries=[JIRA, EXCEL])
    with pytest.raises(Forbidden, match="privacy officer or an admin"):
        desk.approve(desk.version(entries=[JIRA]), desk.ml)


def test_a_narrowing_that_has_become_a_widening_is_stale(desk: Desk) -> None:
    _live(desk, entries=[JIRA, EXCEL])
    narrower = desk.version(entries=[JIRA])
    _live(desk, entries=[EXCEL])
    with pytest.raises(Stale, match="Another policy went live"):
        desk.approve(narrower, desk.officer)


def test_an_approved_narrowing_is_not_rolled_out_as_a_widening(desk: Desk) -> None:
    _live(desk, entries=[JIRA, EXCEL])
    narrower = desk.approve(desk.version(entries=[JIRA]), desk.officer)
    _live(desk, entries=[EXCEL])
    release = releases.sign_release(version=narrower, actor=SYSTEM)
    with pytest.raises(Conflict, match="only one person has approved"):
        rollouts.start_rollout(release=release, reason="now", actor=desk.actor(desk.officer))


def test_signing_again_gives_the_same_release(desk: Desk) -> None:
    version = desk.approve(desk.version())
    first = releases.sign_release(version=version, actor=SYSTEM)
    assert releases.sign_release(version=version, actor=SYSTEM) == first
    assert Release.objects.count() == 1


def test_what_is_not_approved_is_not_signed(desk: Desk) -> None:
    with pytest.raises(Conflict, match="approved"):
        releases.sign_release(version=desk.version(), actor=SYSTEM)


def test_only_the_system_signs(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        releases.sign_release(version=desk.approve(desk.version()), actor=desk.actor(desk.officer))


def test_a_rejected_version_lives_on_in_a_new_draft(desk: Desk) -> None:
    version = desk.version()
    versions.reject_version(
        version=version, digest=version.digest, reason="no", actor=desk.actor(desk.officer)
    )
    draft = drafts.create_draft(title="Again", actor=desk.actor(desk.admin), from_version=version)
    assert draft.based_on == version
