"""How refusals look: problem details on APIs; elsewhere a page, a message or the form again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from rest_framework import exceptions as rest
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from audits.forms_support import ActionFormMixin, refusals_on
from mci_admin.errors import exception_handler
from mci_core.errors import ActionError, Conflict, Forbidden, Invalid, TooMany, Unauthenticated

RAISES: dict[str, Exception] = {}


def raising(request: HttpRequest) -> HttpResponse:
    raise RAISES["it"]


@api_view(["GET", "POST"])
@authentication_classes([])
@permission_classes([])
def api_raising(request: Request) -> Response:
    raise RAISES["it"]


class NameForm(forms.Form):
    name = forms.CharField()


class NamePage(ActionFormMixin):
    form_class = NameForm
    template_name = "django/forms/div.html"
    success_url = "/done"
    success_message = "Made {result}"

    def perform(self, form: Any) -> str:
        if form.cleaned_data["name"] == "taken":
            raise Conflict("The name is taken.", field="name")
        if form.cleaned_data["name"] == "forbidden":
            raise Forbidden("Not you.")
        return str(form.cleaned_data["name"])


urlpatterns = [
    path("page", raising),
    path("other", raising),
    path("api/v1/thing", api_raising),
    path("agent/v1/thing", raising),
    path("form", NamePage.as_view()),
]
handler404 = "mci_admin.errors.not_found"
handler500 = "mci_admin.errors.server_error"
handler400 = "mci_admin.errors.bad_request"
handler403 = "mci_admin.errors.forbidden"

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def problem(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(response.content)
    return found


def told(response: Any) -> list[str]:
    return [message.message for message in get_messages(response.wsgi_request)]


@pytest.mark.parametrize("address", ["/api/v1/thing", "/agent/v1/thing"])
def test_refusal_on_an_api_is_a_problem(client: Client, address: str) -> None:
    RAISES["it"] = Invalid("Too long.", code="too_long", field="title", extra={"limit": 5})
    response = client.get(address, headers={"x-request-id": "request-0001"})
    assert response.status_code == 422
    assert problem(response) == {
        "type": "urn:mci:problem:too_long",
        "title": "Not valid",
        "status": 422,
        "detail": "Too long.",
        "code": "too_long",
        "field": "title",
        "instance": "urn:mci:request:request-0001",
        "limit": 5,
    }


def test_too_many_requests_say_when_to_come_back(client: Client) -> None:
    RAISES["it"] = TooMany("Slower.", extra={"retry_after": 7})
    assert client.get("/agent/v1/thing")["Retry-After"] == "7"


def test_missing_sign_in_names_the_scheme(client: Client) -> None:
    RAISES["it"] = Unauthenticated("Who are you?")
    response = client.get("/api/v1/thing")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Http404("secret detail"), 404, "not_found"),
        (PermissionDenied("secret detail"), 403, "permission_denied"),
        (rest.Throttled(wait=30), 429, "throttled"),
        (rest.UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
    ],
)
def test_rest_framework_errors_are_problems(client: Client, fault: Exception, status: int, code: str) -> None:
    RAISES["it"] = fault
    response = client.get("/api/v1/thing")
    assert (response.status_code, problem(response)["code"]) == (status, code)
    assert b"secret detail" not in response.content
    assert (response.get("Retry-After") is not None) is (status == 429)


def test_validation_errors_name_every_field(client: Client) -> None:
    RAISES["it"] = rest.ValidationError({"entries": [{"signals": ["Unknown."]}], "non_field_errors": ["No."]})
    found = problem(client.get("/api/v1/thing"))
    assert (found["status"], found["field"]) == (422, "entries.signals")
    assert found["errors"][1] == {"field": "", "detail": "No."}


def test_unexpected_fault_is_left_to_django() -> None:
    assert exception_handler(ValueError("x"), {"request": None}) is None


@pytest.mark.parametrize("address", ["/api/v1/none", "/agent/v1/none"])
def test_unknown_api_address_is_a_problem(client: Client, address: str) -> None:
    response = client.get(address)
    assert (response.status_code, problem(response)["code"]) == (404, "not_found")


def test_fault_shows_no_inside(client: Client) -> None:
    client.raise_request_exception = False
    RAISES["it"] = ValueError("the inside")
    page, api = client.get("/page"), client.get("/agent/v1/thing")
    assert (page.status_code, api.status_code) == (500, 500)
    assert b"the inside" not in page.content + api.content


def test_refusal_on_a_page_is_a_page_with_the_request_id(client: Client) -> None:
    RAISES["it"] = Forbidden("Only an officer may do this.")
    response = client.get("/page", headers={"x-request-id": "request-0001"})
    assert response.status_code == 403
    assert b"Only an officer may do this." in response.content
    assert response["X-Request-ID"] == "request-0001"


def test_refusal_for_htmx_is_a_message(client: Client) -> None:
    RAISES["it"] = Conflict("It changed <b>meanwhile</b>.")
    response = client.post("/page", headers={"hx-request": "true"})
    assert (response.status_code, response["HX-Retarget"]) == (409, "#messages")
    assert b"It changed &lt;b&gt;meanwhile" in response.content


def test_refused_form_comes_back_to_its_page_with_a_message(client: Client) -> None:
    RAISES["it"] = Conflict("Approved already.")
    response = client.post("/page", headers={"referer": "http://testserver/other?page=2"})
    assert (response.status_code, response["Location"]) == (303, "/other?page=2")
    assert told(response) == ["Approved already."]


@pytest.mark.parametrize("referer", ["http://evil.example/other", "http://testserver/page", ""])
def test_refused_form_never_leads_elsewhere(client: Client, referer: str) -> None:
    RAISES["it"] = Conflict("Approved already.")
    response = client.post("/page", headers={"referer": referer})
    assert response.status_code == 409
    assert "Location" not in response


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space 123", "a\nb-injected"])
def test_strange_request_id_is_replaced(client: Client, given: str) -> None:
    RAISES["it"] = Conflict("x")
    assert client.get("/page", headers={"x-request-id": given})["X-Request-ID"] != given


def test_refusal_lands_on_the_field_of_the_form(client: Client) -> None:
    response = client.post("/form", {"name": "taken"})
    assert response.status_code == 422
    assert response.context["form"].errors == {"name": ["The name is taken."]}


def test_refused_person_is_not_a_matter_of_the_form(client: Client) -> None:
    assert client.post("/form", {"name": "forbidden"}).status_code == 403


def test_form_that_ran_says_so_and_goes_on(client: Client) -> None:
    response = client.post("/form", {"name": "new"})
    assert (response.status_code, response["Location"]) == (302, "/done")
    assert told(response) == ["Made new"]


def _refuse(refusal: ActionError) -> None:
    raise refusal


def test_refusal_of_an_unknown_field_is_the_forms() -> None:
    form = NameForm({"name": "x"})
    assert form.is_valid()
    with refusals_on(form):
        _refuse(Invalid("Something else.", field="other"))
    assert form.non_field_errors() == ["Something else."]


@override_settings(ALLOWED_HOSTS=["mci.example.com"])
def test_unknown_host_is_a_bad_request(client: Client) -> None:
    assert client.get("/page").status_code == 400


def test_missing_csrf_token_is_explained() -> None:
    response = Client(enforce_csrf_checks=True).post("/form", {"name": "x"})
    assert response.status_code == 403
    assert b"reload the page" in response.content


def test_problem_never_repeats_what_was_sent(rf: RequestFactory) -> None:
    error = ActionError("Refused.")
    response = exception_handler(error, {"request": rf.post("/x", {"secret": "value"})})
    assert response is not None
    assert "value" not in json.dumps(response.data)
