"""The staff pages about accounts: what they show, and that they never tell whose pseudonym it is."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import ApiToken, RoleGrant, Subject, User, WorkLocation
from tests.server.cast import REASON, Cast


def _pages(cast: Cast) -> list[str]:
    return [
        reverse("accounts:people_list"),
        reverse("accounts:person_detail", args=[cast.employee.pk]),
        reverse("accounts:person_place", args=[cast.employee.pk]),
        reverse("accounts:role_list"),
        "/api/v1/users/",
        f"/api/v1/users/{cast.employee.pk}/",
    ]


def test_no_page_about_people_shows_a_pseudonym_or_a_subject(cast: Cast) -> None:
    browser = cast.client("admin")
    marks = [mark for row in Subject.objects.all() for mark in (row.pseudonym, str(row.pk))]
    for page in _pages(cast):
        text = browser.get(page).content.decode()
        assert [mark for mark in marks if mark in text] == [], page


def test_people_are_found_by_name_and_filtered_by_role(cast: Cast) -> None:
    browser = cast.client("admin")
    assert "Emil Elm" in browser.get("/people/?q=emil").content.decode()
    filtered = browser.get("/people/?role=auditor").content.decode()
    assert "Anton Ash" in filtered
    assert "Emil Elm" not in filtered


def test_a_person_is_added_and_a_fault_stands_beside_its_field(cast: Cast) -> None:
    browser = cast.client("admin")
    given = {
        "email": "nina@example.com",
        "display_name": "Nina New",
        "department": cast.department.pk,
        "time_zone": "UTC",
    }
    made = browser.post("/people/new/", given)
    assert made.status_code == 302
    assert User.objects.filter(email="nina@example.com").exists()
    again = browser.post("/people/new/", given)
    assert again.status_code == 422
    assert "already" in again.content.decode()


def test_a_role_goes_from_request_to_approval_by_two_people(cast: Cast) -> None:
    given = {"user": cast.employee.pk, "role": "ml_staff", "reason": REASON}
    assert cast.client("admin").post("/roles/new/", given).status_code == 302
    grant = RoleGrant.objects.get(user=cast.employee)
    assert "waits for a second person" in cast.client("officer").get("/").content.decode()
    refused = cast.client("admin").post(f"/roles/{grant.pk}/approve/")
    assert refused.status_code == 403
    assert cast.client("officer").post(f"/roles/{grant.pk}/approve/").status_code == 302
    grant.refresh_from_db()
    assert grant.state == "active"
    assert cast.client("officer").post(f"/roles/{grant.pk}/revoke/", {"reason": ""}).status_code == 422
    assert cast.client("officer").post(f"/roles/{grant.pk}/revoke/", {"reason": REASON}).status_code == 302


def test_a_refused_button_says_why_on_the_page_before(cast: Cast) -> None:
    browser = cast.client("admin")
    page = reverse("accounts:person_deactivate", args=[cast.admin.pk])
    answer = browser.post(page, headers={"referer": "http://testserver/people/"}, follow=True)
    assert "Nobody closes their own account" in answer.content.decode()


def test_a_place_of_work_is_recorded(cast: Cast) -> None:
    page = reverse("accounts:person_place", args=[cast.employee.pk])
    given = {"place": "us-ny", "source": "hr", "start": "2999-01-01", "end": "2999-02-01"}
    assert cast.client("admin").post(page, given).status_code == 302
    assert WorkLocation.objects.get().place == "US-NY"
    assert cast.client("admin").post(page, given | {"end": "2998-01-01"}).status_code == 422


def test_the_secret_of_a_token_is_shown_once_and_works(cast: Cast) -> None:
    browser = cast.client("auditor")
    shown = browser.post("/tokens/new/", {"name": "export", "scopes": ["audits:read"], "days": 5})
    secret = shown.context["secret"]
    assert shown["Cache-Control"] == "no-store"
    assert secret not in browser.get("/tokens/").content.decode()
    headers = {"authorization": f"Bearer {secret}"}
    client = cast.client(None)
    assert client.get("/api/v1/audit-entries/", headers=headers).status_code == 200
    assert client.get("/api/v1/roles/", headers=headers).status_code == 403
    token = ApiToken.objects.get(user=cast.auditor)
    assert token.last_used_at is not None
    assert browser.post(f"/tokens/{token.pk}/revoke/").status_code == 302
    assert client.get("/api/v1/audit-entries/", headers=headers).status_code == 401


@pytest.mark.parametrize("name", ["employee", "admin"])
def test_everybody_sets_their_theme(cast: Cast, name: str) -> None:
    given = {"theme": "dark", "time_zone": "Europe/Rome"}
    assert cast.client(name).post("/profile/", given).status_code == 302
    assert User.objects.get(pk=cast.user(name).pk).theme == "dark"
    assert cast.client(name).post("/profile/", given | {"theme": "pink"}).status_code == 422


def test_nobody_sees_the_tokens_of_others_but_an_admin(cast: Cast) -> None:
    cast.api("ml")
    assert "test" not in cast.client("officer").get("/tokens/").context["page_obj"].object_list
    assert len(cast.client("officer").get("/tokens/").context["page_obj"].object_list) == 0
    assert len(cast.client("admin").get("/tokens/").context["page_obj"].object_list) == 1
