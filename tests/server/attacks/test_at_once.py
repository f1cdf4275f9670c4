"""Double clicks, two people and several workers at the same moment: one of them wins, the others are told so,
and no constraint has to say it with a fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from agents.actions import (
    confirm_restart,
    open_stop,
    request_restart,
)
from agents.models import CaptureStop
from capture_policies.actions import drafts, releases, versions
from capture_policies.actions.rollouts import start_rollout
from capture_policies.models import DraftEntry, PolicyVersion, Release, Rollout, VersionState
from capture_sessions.models import CaptureSession
from privacy_requests import actions as requests
from privacy_requests.models import Erasure, LegalHold, PrivacyRequest
from reviews import actions as reviews
from reviews.models import Review, SampleItem, ViewGrant
from tests.server import asking, looks, recordings
from tests.server.attacks.together import at_once, refused
from tests.server.capture_policies.support import JIRA, SYSTEM, Desk, found_repository
from tests.server.cast import REASON, Cast
from tests.server.conftest import Queued

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queued")]


def test_approvals_that_meet_count_once_each_and_sign_one_release(cast: Cast) -> None:
    found_repository()
    desk = Desk(cast)
    version = desk.version()

    def approve(user: User) -> Callable[[], Any]:
        actor = desk.actor(user)
        return lambda: versions.approve_version(
            version=version, digest=version.digest, reason=REASON, actor=actor
        )

    at_once(*[approve(user) for user in (cast.officer, cast.officer, cast.ml, cast.ml, cast.second_admin)])
    version.refresh_from_db()
    approvers = list(version.approvals.values_list("approver", flat=True))
    assert (version.state, len(approvers)) == (VersionState.APPROVED, len(set(approvers)))
    at_once(*[lambda: releases.sign_release(version=version, actor=SYSTEM)] * 3)
    assert Release.objects.filter(version=version).count() == 1


def test_an_approval_and_a_rejection_that_meet_leave_one_decision(cast: Cast) -> None:
    desk = Desk(cast)
    version = desk.version()
    said: dict[str, Any] = {"version": version, "digest": version.digest, "reason": REASON}
    yes, no = desk.actor(cast.officer), desk.actor(cast.second_officer)
    at_once(
        lambda: versions.approve_version(**said, actor=yes), lambda: versions.reject_version(**said, actor=no)
    )
    version.refresh_from_db()
    assert version.state in (VersionState.REJECTED, VersionState.IN_REVIEW)


def test_a_draft_that_is_submitted_twice_is_one_version_and_an_entry_saved_twice_one_entry(
    cast: Cast,
) -> None:
    desk = Desk(cast)
    draft = drafts.create_draft(title="Twice", actor=desk.actor(cast.admin))
    actor = desk.actor(cast.admin)
    at_once(*[lambda: drafts.put_entry(draft=draft, data=JIRA, actor=actor)] * 4)
    assert DraftEntry.objects.filter(draft=draft).count() == 1
    at_once(*[lambda: drafts.submit_draft(draft=draft, actor=actor)] * 3)
    assert PolicyVersion.objects.count() == 1


def test_a_request_that_is_sent_by_several_clicks_is_one(cast: Cast) -> None:
    results = at_once(*[lambda: asking.asked(cast)] * 4)
    assert (PrivacyRequest.objects.count(), refused(results)) == (1, 3)


def test_a_request_is_approved_refused_or_withdrawn_and_never_two_of_them(cast: Cast) -> None:
    request = asking.asked(cast)
    officers = [cast.actor("officer"), cast.actor("second_officer")]
    employee = cast.actor("employee")
    results = at_once(
        *[
            lambda who=who: requests.approve_request(request=request, reason=REASON, actor=who)
            for who in officers
        ],
        lambda: requests.refuse_request(request=request, reason=REASON, actor=officers[0]),
        lambda: requests.withdraw_request(request=request, actor=employee),
    )
    request.refresh_from_db()
    assert refused(results) == 3
    assert Erasure.objects.count() == int(request.state == "approved")


def test_workers_that_meet_at_an_erasure_finish_it_once(cast: Cast, queued: Queued) -> None:
    for _ in range(2):
        recordings.available(cast)
    asking.approved(cast)
    erasure = Erasure.objects.get()
    for _ in range(12):
        at_once(*[lambda: requests.advance_erasure(erasure=erasure, actor=cast.system())] * 3)
        queued.run_all()
    erasure.refresh_from_db()
    assert (erasure.step, erasure.sessions_erased, erasure.objects_erased) == ("done", 2, 4)
    assert set(CaptureSession.objects.values_list("state", flat=True)) == {"erased"}


def test_an_upload_that_meets_an_erasure_is_erased_or_refused(cast: Cast, queued: Queued) -> None:
    upload = recordings.upload(cast)
    asking.approved(cast)
    erasure = Erasure.objects.get()
    at_once(lambda: upload.send(cast), lambda: requests.advance_erasure(erasure=erasure, actor=cast.system()))
    for _ in range(12):
        requests.advance_erasure(erasure=erasure, actor=cast.system())
        queued.run_all()
    erasure.refresh_from_db()
    assert erasure.step == "done"
    assert not CaptureSession.objects.exclude(state="erased").exists()


def test_a_scope_is_stopped_once(cast: Cast) -> None:
    actors = [cast.actor(name) for name in ("admin", "officer", "second_officer")]
    results = at_once(
        *[lambda who=who: open_stop(scope="programme", value="", reason=REASON, actor=who) for who in actors]
    )
    assert (CaptureStop.objects.open().count(), refused(results)) == (1, 2)


def test_a_rollout_is_started_once(cast: Cast) -> None:
    found_repository()
    desk = Desk(cast)
    release = desk.release()
    actors = [desk.actor(user) for user in (cast.officer, cast.officer, cast.second_officer)]
    results = at_once(
        *[lambda who=who: start_rollout(release=release, reason=REASON, actor=who) for who in actors]
    )
    assert (Rollout.objects.count(), refused(results)) == (1, 2)


def test_a_hold_is_placed_once(cast: Cast) -> None:
    results = at_once(*[lambda: asking.held(cast)] * 3)
    assert (LegalHold.objects.count(), refused(results)) == (1, 2)


def test_a_leave_to_look_and_a_verdict_are_given_once(cast: Cast) -> None:
    item = looks.item(cast)
    actor = cast.actor("officer")
    said: dict[str, Any] = {"item": item, "reason": REASON, "minutes": 15, "actor": actor}
    at_once(*[lambda: reviews.open_grant(**said)] * 3)
    grant = ViewGrant.objects.get()
    reviews.record_view(grant=grant, what="events", part="part 0", actor=actor)
    at_once(*[lambda: reviews.record_review(grant=grant, verdict="clean", actor=actor)] * 3)
    assert Review.objects.count() == 1


def test_a_sample_is_drawn_once(cast: Cast) -> None:
    recordings.available(cast)
    sample = looks.committed(cast)
    at_once(*[lambda: reviews.draw_sample(sample=sample, actor=cast.system())] * 3)
    assert SampleItem.objects.filter(sample=sample).count() == 1


def test_a_restart_that_two_people_confirm_at_once_happens_once(cast: Cast) -> None:
    stop = open_stop(scope="programme", value="", reason=REASON, actor=cast.actor("officer"))
    request_restart(stop=stop, reason=REASON, actor=cast.actor("officer"))
    people = [cast.actor(name) for name in ("admin", "second_officer", "officer")]
    results = at_once(*[lambda who=who: confirm_restart(stop=stop, actor=who) for who in people])
    assert refused(results) == 2
