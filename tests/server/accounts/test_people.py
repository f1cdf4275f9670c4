"""Accounts, their subjects and keys."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accounts import actions
from accounts.keys import new_data_key, person_key, unwrap_data_key, wrap_data_key
from accounts.models import ApiToken, PersonKey, Subject, User
from audits.models import AuditEntry
from mci_core.envelope import CannotOpen
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.cast import REASON, Cast


def _new(cast: Cast, **changes: Any) -> User:
    given: dict[str, Any] = {
        "email": "Nina.New@Example.com ",
        "display_name": "Nina New",
        "department": cast.department,
    }
    return actions.create_user(**(given | changes), actor=cast.actor("admin"))


def test_a_new_account_has_a_subject_a_key_and_a_random_pseudonym(cast: Cast) -> None:
    user = _new(cast)
    subject = Subject.objects.get(user=user)
    assert user.email == "nina.new@example.com"
    assert re.fullmatch(r"P-[0-9A-HJKMNP-TV-Z]{6}", subject.pseudonym)
    assert PersonKey.objects.get(subject=subject).epoch == 1
    assert not user.has_usable_password()


def test_the_entry_of_a_new_account_names_no_subject(cast: Cast) -> None:
    user = _new(cast)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.object_id, entry.subject) == (str(user.pk), None)
    assert str(Subject.objects.get(user=user).pk) not in entry.leaf


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"display_name": " "}, "display_name"),
        ({"time_zone": "Mars"}, "time_zone"),
    ],
)
def test_a_wrong_field_is_named(cast: Cast, changes: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        _new(cast, **changes)
    assert refused.value.field == field


def test_an_address_is_used_once(cast: Cast) -> None:
    _new(cast)
    with pytest.raises(Conflict):
        _new(cast, email="NINA.NEW@example.com")


def test_a_closed_account_loses_sign_in_roles_and_tokens(cast: Cast) -> None:
    cast.api("ml")
    browser = cast.client("ml")
    actions.deactivate_user(user=cast.ml, reason=REASON, actor=cast.actor("admin"))
    user = User.objects.get(pk=cast.ml.pk)
    assert (user.is_active, user.roles) == (False, frozenset())
    assert not ApiToken.objects.filter(user=user, revoked_at__isnull=True).exists()
    assert browser.get("/profile/").status_code == 302


def test_nobody_closes_their_own_account(cast: Cast) -> None:
    with pytest.raises(Conflict):
        actions.deactivate_user(user=cast.admin, reason=REASON, actor=cast.actor("admin"))


def test_closing_twice_changes_nothing(cast: Cast) -> None:
    actions.deactivate_user(user=cast.ml, reason=REASON, actor=cast.actor("admin"))
    before = AuditEntry.objects.count()
    actions.deactivate_user(user=cast.ml, reason=REASON, actor=cast.actor("admin"))
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("who", ["employee", "officer", "ml", "auditor"])
def test_only_an_admin_makes_accounts(cast: Cast, who: str) -> None:
    with pytest.raises(Forbidden):
        actions.create_user(
            email="x@example.com", display_name="X", department=cast.department, actor=cast.actor(who)
        )


def test_a_data_key_opens_with_the_person_key_only(cast: Cast) -> None:
    place, key, wrapped = new_data_key(cast.subject())
    other, _key, _wrapped = new_data_key(cast.subject("colleague"))
    assert unwrap_data_key(place, wrapped) == key
    assert unwrap_data_key(place, wrap_data_key(place, key)) == key
    with pytest.raises(CannotOpen):
        unwrap_data_key(other, wrapped)


def test_after_the_keys_are_destroyed_nothing_opens_and_later_data_has_a_new_epoch(cast: Cast) -> None:
    subject = cast.subject()
    place, _key, wrapped = new_data_key(subject)
    assert actions.destroy_person_keys(subject=subject, actor=cast.system()) == 1
    place.row.refresh_from_db()
    assert place.row.wrapped is None
    with pytest.raises(Conflict) as refused:
        unwrap_data_key(place, wrapped)
    assert refused.value.code == "key_destroyed"
    assert actions.destroy_person_keys(subject=subject, actor=cast.system()) == 0
    assert person_key(subject)[0].epoch == 2


def test_a_department_has_one_name(cast: Cast) -> None:
    actions.create_department(name="Claims", actor=cast.actor("admin"))
    with pytest.raises(Conflict):
        actions.create_department(name="claims ", actor=cast.actor("admin"))
    with pytest.raises(Invalid):
        actions.create_department(name=" ", actor=cast.actor("admin"))


def test_a_password_can_be_given_once_from_the_command_line(cast: Cast) -> None:
    with pytest.raises(Invalid):
        actions.set_initial_password(user=cast.admin, password="short", actor=cast.system())
    actions.set_initial_password(user=cast.admin, password="a-long-demo-phrase-7", actor=cast.system())
    with pytest.raises(Conflict):
        actions.set_initial_password(user=cast.admin, password="a-long-demo-phrase-7", actor=cast.system())
    with pytest.raises(Forbidden):
        actions.set_initial_password(user=cast.ml, password="a-long-phrase-8", actor=cast.actor("admin"))
