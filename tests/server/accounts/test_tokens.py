"""API tokens and the API: scopes narrow, throttles hold, refusals are problem documents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.throttling import ScopedRateThrottle

from accounts import actions
from accounts.models import ApiToken, RoleGrant
from mci_core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.server.cast import REASON, Cast


def _new(cast: Cast, who: str = "ml", **changes: Any) -> tuple[ApiToken, str]:
    given: dict[str, Any] = {"name": "script", "scopes": ["audits:read"], "days": 5}
    return actions.create_api_token(**(given | changes), actor=cast.actor(who))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
    ],
)
def test_a_wrong_field_is_named(cast: Cast, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        _new(cast, **changes)
    assert refused.value.field == field


def test_an_employee_has_no_tokens(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        _new(cast, "employee")


def test_only_the_digest_of_the_secret_is_kept(cast: Cast) -> None:
    token, secret = _new(cast)
    assert secret.startswith("mci_")
    assert secret not in str(ApiToken.objects.filter(pk=token.pk).values())


def test_a_person_has_a_limited_number_of_tokens(cast: Cast) -> None:
    for _ in range(20):
        _new(cast)
    with pytest.raises(Conflict):
        _new(cast)


def test_a_token_is_revoked_by_its_owner_or_an_admin_and_once(cast: Cast) -> None:
    token, _secret = _new(cast)
    with pytest.raises(NotFound):
        actions.revoke_api_token(token=token, actor=cast.actor("officer"))
    actions.revoke_api_token(token=token, actor=cast.actor("ml"))
    with pytest.raises(Conflict):
        actions.revoke_api_token(token=token, actor=cast.actor("admin"))


def test_a_token_cannot_make_tokens(cast: Cast) -> None:
    from dataclasses import replace

    actor = replace(cast.actor("ml"), scopes=frozenset({"accounts:write"}))
    with pytest.raises(Forbidden) as refused:
        actions.create_api_token(name="x", scopes=["audits:read"], days=1, actor=actor)
    assert refused.value.code == "token_scope"


@pytest.mark.parametrize("change", [{"expires_at": timezone.now()}, {"revoked_at": timezone.now()}])
def test_an_ended_token_opens_nothing(cast: Cast, change: dict[str, Any]) -> None:
    api = cast.api("admin")
    ApiToken.objects.update(**change)
    answer = api.get("/api/v1/users/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "token_invalid"
    assert ApiToken.objects.get().state in ("expired", "revoked")


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Basic abc", "Bearer \xff"])
def test_a_malformed_header_is_no_sign_in(cast: Cast, header: str) -> None:
    assert cast.client(None).get("/api/v1/users/", headers={"authorization": header}).status_code == 401


def test_a_scope_narrows_what_the_roles_allow(cast: Cast) -> None:
    api = cast.api("admin", "accounts:read")
    assert api.get("/api/v1/users/").status_code == 200
    assert api.get("/api/v1/audit-entries/").status_code == 403
    assert api.post("/api/v1/departments/", {"name": "Legal"}, format="json").status_code == 403


def test_a_token_never_has_a_second_factor(cast: Cast) -> None:
    given = {"user": str(cast.employee.pk), "role": "ml_staff", "reason": REASON}
    answer = cast.api("admin").post("/api/v1/roles/", given, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")


def test_a_signed_in_person_uses_the_api_with_their_second_factor(cast: Cast) -> None:
    browser = cast.client("admin")
    given: dict[str, Any] = {"user": str(cast.employee.pk), "role": "ml_staff", "reason": REASON}
    made = browser.post("/api/v1/roles/", given, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["state"] == "pending"
    again = cast.client("second_admin").post(f"/api/v1/roles/{made.json()['id']}/approve/")
    assert again.json()["state"] == "active"
    person = {"email": "n@example.com", "display_name": "N", "department": str(cast.department.pk)}
    assert browser.post("/api/v1/users/", person, content_type="application/json").status_code == 201


def test_a_refusal_of_the_action_is_a_problem_document(cast: Cast) -> None:
    grant = RoleGrant.objects.get(user=cast.ml)
    api = cast.api("officer")
    assert api.post(f"/api/v1/roles/{grant.pk}/revoke/", {"reason": "x"}, format="json").status_code == 200
    answer = api.post(f"/api/v1/roles/{grant.pk}/revoke/", {"reason": "x"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "decided")
    missing = api.post(f"/api/v1/roles/{grant.pk}/revoke/", {}, format="json")
    assert (missing.status_code, missing.json()["field"]) == (422, "reason")
    assert api.get("/api/v1/roles/not-an-id/").status_code == 404


def test_reading_and_writing_have_rates_of_their_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"read": "3/min", "write": "1/min"})
    api = cast.api("admin")
    reads = [api.get("/api/v1/departments/").status_code for _ in range(4)]
    writes = [
        api.post("/api/v1/departments/", {"name": f"D{n}"}, format="json").status_code for n in range(2)
    ]
    assert (reads, writes) == ([200, 200, 200, 429], [201, 429])


def test_the_time_of_use_is_written_at_most_once_a_minute(cast: Cast) -> None:
    api = cast.api("admin")
    api.get("/api/v1/users/")
    first = ApiToken.objects.get().last_used_at
    api.get("/api/v1/users/")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    api.get("/api/v1/users/")
    latest = ApiToken.objects.get().last_used_at
    assert first is not None
    assert latest is not None
    assert latest > first


def test_the_document_of_the_api_describes_tokens(cast: Cast) -> None:
    text = cast.api("admin").get("/api/v1/schema/").content.decode()
    assert "scheme: bearer" in text
    assert "/api/v1/audit-entries/" in text
