"""Accounts, roles, places and devices when two people act at the same moment: one wins, the other is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import RoleGrant, User, WorkLocation
from agents.actions import create_enrolment_token, enrol_device
from agents.models import Device
from agents.wire import Enrolment
from audits.actor import Actor
from jurisdictions.actions import acknowledge_notice, publish_notice
from jurisdictions.models import Acknowledgement
from tests.server.agents.support import NOTICE
from tests.server.agents.test_enrolment import said
from tests.server.attacks.together import at_once, refused
from tests.server.cast import REASON, Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queued")]


def test_a_role_is_asked_for_once_and_decided_once(cast: Cast) -> None:
    admins = [cast.actor("admin"), cast.actor("second_admin")]
    asked: dict[str, Any] = {"user": cast.colleague, "role": "ml_staff", "reason": REASON}
    at_once(*[lambda who=who: accounts.request_role(**asked, actor=who) for who in admins])
    grant = RoleGrant.objects.get(user=cast.colleague)
    officers = [cast.actor("officer"), cast.actor("second_officer")]
    results = at_once(
        *[lambda who=who: accounts.approve_role(grant=grant, actor=who) for who in officers],
        lambda: accounts.revoke_role(grant=grant, reason=REASON, actor=admins[0]),
    )
    assert refused(results) >= 1


def test_two_incompatible_roles_cannot_slip_in_together(cast: Cast) -> None:
    actors = {"ml_staff": cast.actor("admin"), "privacy_officer": cast.actor("second_admin")}
    results = at_once(
        *[
            lambda role=role, who=who: accounts.request_role(
                user=cast.colleague, role=role, reason=REASON, actor=who
            )
            for role, who in actors.items()
        ]
    )
    assert (RoleGrant.objects.filter(user=cast.colleague).count(), refused(results)) == (1, 1)


def test_two_admins_who_remove_each_other_leave_one(cast: Cast) -> None:
    def remove(who: str, whom: str) -> Callable[[], Any]:
        grant = RoleGrant.objects.get(user=cast.user(whom), role="admin")
        actor = cast.actor(who)
        return lambda: accounts.revoke_role(grant=grant, reason=REASON, actor=actor)

    results = at_once(remove("admin", "second_admin"), remove("second_admin", "admin"))
    assert refused(results) == 1
    assert User.objects.holding("admin").count() == 1


def test_two_admins_who_close_each_others_account_leave_one(cast: Cast) -> None:
    def close(who: str, whom: str) -> Callable[[], Any]:
        user, actor = cast.user(whom), cast.actor(who)
        return lambda: accounts.deactivate_user(user=user, reason=REASON, actor=actor)

    results = at_once(close("admin", "second_admin"), close("second_admin", "admin"))
    assert refused(results) == 1
    assert User.objects.holding("admin").count() == 1


def test_an_account_and_a_department_are_made_once(cast: Cast) -> None:
    actor = cast.actor("admin")
    new: dict[str, Any] = {"email": "new@example.com", "display_name": "New", "department": cast.department}
    results = at_once(*[lambda: accounts.create_user(**new, actor=actor)] * 3)
    assert refused(results) == 2
    results = at_once(*[lambda: accounts.create_department(name="Sales", actor=actor)] * 3)
    assert refused(results) == 2


def test_a_key_is_enrolled_once_whichever_token_it_comes_with(cast: Cast) -> None:
    key = Ed25519PrivateKey.generate()
    admin = cast.actor("admin")
    subject = cast.subject()
    secrets = [create_enrolment_token(subject=subject, label="x", actor=admin)[1] for _ in range(3)]
    calls = [
        lambda request=request: enrol_device(request=request, actor=Actor.device("enrolling"))
        for request in [msgspec.convert(said(secret, key), Enrolment) for secret in secrets]
    ]
    results = at_once(*calls)
    assert refused(results) == 2
    assert Device.objects.exclude(pk__in=[cast.device.pk, cast.other_device.pk]).count() == 1


def test_a_notice_is_acknowledged_once_a_day(cast: Cast) -> None:
    notice = publish_notice(title="Notice", text=NOTICE, actor=cast.actor("officer"))
    subject, actor = cast.subject(), cast.actor("employee")
    at_once(*[lambda: acknowledge_notice(subject=subject, notice=notice, actor=actor)] * 4)
    assert Acknowledgement.objects.count() == 1


def test_statements_of_a_place_that_meet_leave_no_overlap(cast: Cast) -> None:
    subject, actor = cast.subject(), cast.actor("employee")
    now = timezone.now()

    def state(days: int) -> Callable[[], Any]:
        said: dict[str, Any] = {"subject": subject, "place": "US-TX", "source": "employee", "actor": actor}
        return lambda: accounts.set_work_location(
            start=now + timedelta(days=days), end=now + timedelta(days=days + 5), **said
        )

    at_once(*[state(days) for days in (0, 1, 2, 3)])
    rows = sorted(WorkLocation.objects.values_list("period", flat=True), key=lambda period: period.lower)
    assert all(one.upper <= two.lower for one, two in pairwise(rows))
