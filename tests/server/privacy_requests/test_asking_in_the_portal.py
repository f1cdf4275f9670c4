"""What an employee can ask for in the browser, and what comes back when something is missing."""

from __future__ import annotations

import pytest
from django.urls import reverse

from privacy_requests.models import PrivacyRequest
from tests.server.cast import Cast
from tests.server.recordings import available

pytestmark = pytest.mark.django_db
FORM = {"kind": "delete", "message": "please"}


def test_deletion_of_everything_is_asked_for(cast: Cast) -> None:
    answer = cast.client("employee").post(
        reverse("privacy_requests_me:request_new"), {**FORM, "scope": "all"}
    )
    assert answer.status_code == 302
    request = PrivacyRequest.objects.get()
    assert (request.kind, request.scope, request.sessions) == ("delete", "all", [])


def test_deletion_of_some_sessions_names_them(cast: Cast) -> None:
    session = available(cast)
    address = reverse("privacy_requests_me:request_new")
    answer = cast.client("employee").post(
        address, {**FORM, "scope": "sessions", "sessions": [str(session.pk)]}
    )
    assert answer.status_code == 302
    assert PrivacyRequest.objects.get().sessions == [str(session.pk)]


def test_some_sessions_without_any_is_refused_beside_the_field(cast: Cast) -> None:
    address = reverse("privacy_requests_me:request_new")
    answer = cast.client("employee").post(address, {**FORM, "scope": "sessions"})
    assert answer.status_code == 422
    assert b"please" in answer.content
    assert not PrivacyRequest.objects.exists()
