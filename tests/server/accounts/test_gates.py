"""Who gets through a gate, and what an action asks of the permission table."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts import actions, permissions
from accounts.access import employee_page, staff_page
from accounts.actors import account_actor, has_fresh_factor
from accounts.adapter import SocialAccountAdapter
from accounts.models import Department, RoleGrant, Subject, User
from audits.actor import Actor
from mci_core.errors import Conflict, Forbidden
from tests.server.cast import Cast


@staff_page("audits.view")
def _staff(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@employee_page
def _own(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@employee_page
def _refusing(request: HttpRequest) -> HttpResponse:
    raise Conflict("no")


def _request(user: object) -> HttpRequest:
    request = RequestFactory().get("/somewhere/")
    request.user = user  # type: ignore[assignment]  # a visitor too
    return request


def test_a_staff_page_is_not_there_for_others(cast: Cast) -> None:
    assert _staff(_request(cast.auditor)).status_code == 200
    with pytest.raises(Http404):
        _staff(_request(cast.ml))
    assert "/accounts/login/?next=/somewhere/" in _staff(_request(AnonymousUser()))["Location"]


def test_an_employee_page_is_for_everybody_signed_in(cast: Cast) -> None:
    assert _own(_request(cast.employee)).status_code == 200
    assert _own(_request(AnonymousUser())).status_code == 302


def test_other_refusals_go_on_to_the_error_page(cast: Cast) -> None:
    with pytest.raises(Conflict):
        _refusing(_request(cast.employee))


def test_what_nobody_listed_is_allowed_to_nobody(cast: Cast) -> None:
    for actor in (cast.actor("admin"), cast.system(), cast.device_actor()):
        with pytest.raises(Forbidden):
            permissions.require(actor, "accounts.unlisted")


def test_a_closed_account_has_no_role_and_is_no_employee(cast: Cast) -> None:
    User.objects.filter(pk=cast.admin.pk).update(is_active=False)
    user = User.objects.get(pk=cast.admin.pk)
    assert not permissions.has(user, "accounts.update_profile")
    assert user.roles == frozenset()


def test_the_freshness_of_the_factor_can_be_switched_off_for_all(
    cast: Cast, settings: SimpleNamespace
) -> None:
    settings.REQUIRE_FRESH_MFA = False
    permissions.require(cast.actor("admin", fresh=False), "accounts.request_role")


def test_a_request_without_a_session_has_no_fresh_factor(cast: Cast) -> None:
    assert not has_fresh_factor(_request(cast.admin))


def test_an_actor_without_staff_role_is_an_employee(cast: Cast) -> None:
    assert account_actor(cast.employee).role == "employee"
    assert Actor.system("x").named_for(cast.subject().pk) == "system:x"


def test_subjects_are_seen_by_staff_and_by_themselves(cast: Cast) -> None:
    assert Subject.objects.visible_to(cast.officer).count() == 8
    assert list(Subject.objects.visible_to(cast.employee)) == [cast.subject()]


def test_grants_and_accounts_are_seen_by_their_holder(cast: Cast) -> None:
    assert list(RoleGrant.objects.visible_to(cast.ml)) == list(RoleGrant.objects.filter(user=cast.ml))
    assert list(User.objects.visible_to(cast.ml)) == [cast.ml]


def test_rows_name_themselves_by_id(cast: Cast) -> None:
    cast.api("ml")
    for row in (
        cast.admin,
        RoleGrant.objects.get(user=cast.ml),
        cast.ml.api_tokens.get(),
        cast.subject().keys.get(),
    ):
        assert "Ada" not in str(row)
        assert "example.com" not in str(row)
    assert str(cast.subject()) == cast.subject().pseudonym
    assert str(Department(name="Legal")) == "Legal"


def test_the_company_sign_in_opens_accounts_and_never_makes_them() -> None:
    adapter = SocialAccountAdapter()
    request = RequestFactory().get("/")
    assert not adapter.is_open_for_signup(request, None)
    assert adapter.can_authenticate_by_email(None, "a@example.com")


def test_moving_twice_and_erasing_earlier_change_nothing(cast: Cast) -> None:
    subject = actions.move_to_department(
        user=cast.employee, department=cast.department, actor=cast.actor("admin")
    )
    moment = subject.created_at
    marked = actions.mark_erased_before(subject=subject, moment=moment, actor=cast.system())
    again = actions.mark_erased_before(subject=subject, moment=moment, actor=cast.system())
    assert marked.erased_at == again.erased_at == moment


def test_a_person_is_moved_on_the_page(cast: Cast) -> None:
    other = actions.create_department(name="Sales", actor=cast.actor("admin"))
    page = f"/people/{cast.employee.pk}/department/"
    assert cast.client("admin").post(page, {"department": other.pk}).status_code == 302
    assert cast.subject().department == other
    assert cast.client("admin").post(page, {"department": "none"}).status_code == 302
    assert cast.client("admin").post("/departments/new/", {"name": "Legal"}).status_code == 302


def test_ended_roles_are_listed_apart(cast: Cast) -> None:
    browser = cast.client("admin")
    assert len(browser.get("/roles/?state=ended").context["page_obj"].object_list) == 0
    assert len(browser.get("/roles/?state=active").context["page_obj"].object_list) == 6
