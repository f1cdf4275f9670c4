"""Roles are granted by two people, never to a forbidden pair, and taken away by one."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import actions
from accounts.models import RoleGrant, User
from audits.actor import Actor
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.cast import REASON, Cast


def _asked(cast: Cast, role: str = "ml_staff", by: str = "admin") -> RoleGrant:
    return actions.request_role(user=cast.employee, role=role, reason=REASON, actor=cast.actor(by))


def _roles(user: User) -> frozenset[str]:
    return User.objects.get(pk=user.pk).roles


def test_a_role_is_held_only_after_another_person_approved(cast: Cast) -> None:
    grant = _asked(cast)
    assert _roles(cast.employee) == frozenset()
    actions.approve_role(grant=grant, actor=cast.actor("second_admin"))
    assert _roles(cast.employee) == {"ml_staff"}


def test_who_asked_cannot_approve(cast: Cast) -> None:
    with pytest.raises(Forbidden, match="Another person"):
        actions.approve_role(grant=_asked(cast), actor=cast.actor("admin"))


def test_nobody_approves_a_role_for_themselves(cast: Cast) -> None:
    actions.revoke_role(grant=RoleGrant.objects.get(user=cast.ml), reason=REASON, actor=cast.actor("officer"))
    grant = actions.request_role(
        user=cast.second_admin, role="ml_staff", reason=REASON, actor=cast.actor("admin")
    )
    with pytest.raises(Forbidden, match="own role"):
        actions.approve_role(grant=grant, actor=cast.actor("second_admin"))


@pytest.mark.parametrize("who", ["employee", "ml", "auditor"])
def test_other_roles_neither_ask_nor_approve(cast: Cast, who: str) -> None:
    grant = _asked(cast)
    with pytest.raises(Forbidden):
        actions.approve_role(grant=grant, actor=cast.actor(who))
    with pytest.raises(Forbidden):
        actions.request_role(user=cast.colleague, role="admin", reason=REASON, actor=cast.actor(who))


def test_an_approval_needs_a_fresh_second_factor(cast: Cast) -> None:
    grant = _asked(cast)
    with pytest.raises(Forbidden) as refused:
        actions.approve_role(grant=grant, actor=cast.actor("second_admin", fresh=False))
    assert refused.value.code == "second_factor_needed"


@pytest.mark.parametrize(
    ("holder", "role"),
    [("admin", "privacy_officer"), ("officer", "admin"), ("officer", "ml_staff"), ("auditor", "ml_staff")],
)
def test_a_forbidden_pair_of_roles_is_refused(cast: Cast, holder: str, role: str) -> None:
    with pytest.raises(Conflict, match="cannot be held together"):
        actions.request_role(
            user=cast.user(holder), role=role, reason=REASON, actor=cast.actor("second_admin")
        )


def test_the_database_refuses_a_forbidden_pair_too(cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="cannot be held together"), transaction.atomic():
        RoleGrant.objects.create(user=cast.officer, role="admin", reason="x", requested_by=cast.admin)


def test_two_open_requests_cannot_end_in_a_forbidden_pair(cast: Cast) -> None:
    _asked(cast, "ml_staff")
    with pytest.raises(Conflict):
        _asked(cast, "privacy_officer", by="second_admin")


def test_an_admin_may_also_be_ml_staff(cast: Cast) -> None:
    actions.request_role(user=cast.admin, role="ml_staff", reason=REASON, actor=cast.actor("second_admin"))


def test_the_database_refuses_an_approval_by_who_asked(cast: Cast) -> None:
    grant = _asked(cast)
    with pytest.raises(IntegrityError, match="role_granted_by_two_people"), transaction.atomic():
        RoleGrant.objects.filter(pk=grant.pk).update(approved_by=cast.admin, approved_at=timezone.now())


def test_one_person_takes_a_role_away_at_once(cast: Cast) -> None:
    grant = RoleGrant.objects.get(user=cast.ml)
    actions.revoke_role(grant=grant, reason=REASON, actor=cast.actor("officer"))
    assert _roles(cast.ml) == frozenset()
    with pytest.raises(Conflict):
        actions.revoke_role(grant=grant, reason=REASON, actor=cast.actor("officer"))


def test_the_last_admin_keeps_the_role(cast: Cast) -> None:
    RoleGrant.objects.filter(user=cast.second_admin).update(revoked_at=timezone.now())
    with pytest.raises(Conflict, match="last admin"):
        actions.revoke_role(
            grant=RoleGrant.objects.get(user=cast.admin), reason=REASON, actor=cast.actor("officer")
        )


def test_a_decided_request_stays_decided(cast: Cast) -> None:
    grant = _asked(cast)
    actions.revoke_role(grant=grant, reason=REASON, actor=cast.actor("officer"))
    with pytest.raises(Conflict):
        actions.approve_role(grant=grant, actor=cast.actor("second_admin"))
    assert RoleGrant.objects.get(pk=grant.pk).state == "refused"


@pytest.mark.parametrize(("role", "reason"), [("manager", REASON), ("admin", " ")])
def test_an_unknown_role_or_an_empty_reason_is_refused(cast: Cast, role: str, reason: str) -> None:
    with pytest.raises(Invalid):
        actions.request_role(user=cast.employee, role=role, reason=reason, actor=cast.actor("admin"))


def test_the_first_admins_are_two_people_who_granted_each_other(db: None) -> None:
    users = actions.bootstrap_admins(
        emails=["one@example.com", "two@example.com"], actor=Actor.system("setup")
    )
    for grant in RoleGrant.objects.all():
        assert grant.approved_by != grant.user
    assert [user.roles for user in users] == [{"admin"}, {"admin"}]
    with pytest.raises(Conflict):
        actions.bootstrap_admins(
            emails=["three@example.com", "four@example.com"], actor=Actor.system("setup")
        )


@pytest.mark.parametrize("emails", [["one@example.com"], ["one@example.com", "ONE@example.com "]])
def test_one_person_alone_cannot_be_the_first_admin(db: None, emails: list[str]) -> None:
    with pytest.raises(Invalid):
        actions.bootstrap_admins(emails=emails, actor=Actor.system("setup"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user")
        assert cursor.fetchone() == (0,)
