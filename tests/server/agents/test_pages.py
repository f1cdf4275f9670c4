"""The pages and the API about devices: pseudonyms only, secrets once, and a way to revoke."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents import actions
from agents.models import Device, EnrolmentToken
from agents.waiting import waiting
from tests.server.agents.support import Agent
from tests.server.cast import REASON, Cast


def test_the_list_shows_pseudonyms_and_no_names(cast: Cast, as_text: Any) -> None:
    page = as_text(cast.client("admin").get("/devices/"))
    assert cast.subject().pseudonym in page
    assert "Emil" not in page
    assert "Computer" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=other", {"Other computer"}),
        ("state=revoked", set()),
        ("state=offline", {"Computer", "Other computer"}),
        ("os=windows", set()),
        ("sort=-name", {"Computer", "Other computer"}),
        ("release=7", set()),
        ("state=nonsense", set()),
    ],
)
def test_the_list_is_searched_filtered_and_sorted(cast: Cast, query: str, shown: set[str]) -> None:
    rows = cast.client("officer").get(f"/devices/?{query}").context["page_obj"]
    assert {device.name for device in rows} == shown


def test_the_state_filter_tells_capturing_from_not_capturing(agent: Agent, cast: Cast) -> None:
    agent.renew(capture_state="on")
    client = cast.client("officer")
    for state, count in (("capturing", 1), ("not_capturing", 0), ("offline", 1)):
        assert len(client.get(f"/devices/?state={state}").context["page_obj"]) == count


def test_the_detail_shows_how_far_the_release_has_come(agent: Agent, cast: Cast, as_text: Any) -> None:
    url = f"/devices/{cast.device.pk}/"
    client = cast.client("auditor")
    digest = "b" * 64
    actions.create_deliveries(
        rollout_id=uuid.uuid4(),
        wave=1,
        release_number=2,
        digest=digest,
        device_ids=[cast.device.pk],
        actor=cast.system(),
    )
    actions.assign_release(device_ids=[cast.device.pk], number=2, digest=digest, actor=cast.system())
    actions.order_purge(device=cast.device, sessions="all", actor=cast.system())
    agent.renew()
    agent.send("acks", {"items": [{"release": 2, "digest": digest, "state": "applied", "at": 1}]})
    page = as_text(client.get(url))
    for word in ("Desired", "Notified", "Leased", "Applied", "Enforced", "Purge"):
        assert word in page
    assert "Revoke" not in page


def test_a_failed_delivery_says_why(agent: Agent, cast: Cast, as_text: Any) -> None:
    digest = "b" * 64
    actions.create_deliveries(
        rollout_id=uuid.uuid4(),
        wave=1,
        release_number=2,
        digest=digest,
        device_ids=[cast.device.pk],
        actor=cast.system(),
    )
    actions.assign_release(device_ids=[cast.device.pk], number=2, digest=digest, actor=cast.system())
    item = {"release": 2, "digest": digest, "state": "failed", "error": "bad_digest", "at": 1}
    agent.send("acks", {"items": [item]})
    assert "bad_digest" in as_text(cast.client("admin").get(f"/devices/{cast.device.pk}/"))


def test_a_reason_is_told_in_words(cast: Cast, as_text: Any) -> None:
    Device.objects.update(
        lease_state="stopped",
        lease_reason="unknown_place",
        lease_expires_at=timezone.now() + timedelta(minutes=5),
    )
    page = as_text(cast.client("admin").get(f"/devices/{cast.device.pk}/"))
    assert "The place of work is not known" in page


def test_a_device_is_revoked_with_a_reason(cast: Cast, as_text: Any) -> None:
    client, url = cast.client("officer"), f"/devices/{cast.device.pk}/revoke/"
    client.post(url, {"reason": ""})
    assert Device.objects.get(pk=cast.device.pk).revoked_at is None
    client.post(url, {"reason": REASON})
    assert Device.objects.get(pk=cast.device.pk).revoked_at is not None
    assert "Revoked" in as_text(client.get(f"/devices/{cast.device.pk}/"))


def test_revoking_without_a_fresh_factor_asks_for_it(cast: Cast) -> None:
    client = cast.client("officer", fresh=False)
    response = client.post(f"/devices/{cast.device.pk}/revoke/", {"reason": REASON})
    assert response.status_code == 302
    assert Device.objects.get(pk=cast.device.pk).revoked_at is None


def test_a_token_is_made_and_its_secret_is_shown_once(cast: Cast, as_text: Any) -> None:
    client = cast.client("admin")
    assert "Emil Elm" in as_text(client.get("/devices/tokens/new/"))
    form = {"user": str(cast.employee.pk), "label": "Laptop 7", "quota": 1, "days": 7}
    response = client.post("/devices/tokens/new/", form)
    assert response["Cache-Control"] == "no-store"
    secret = response.context["secret"]
    assert secret in as_text(response)
    listed = as_text(client.get("/devices/tokens/"))
    assert "Laptop 7" in listed
    assert secret not in listed
    assert cast.subject().pseudonym not in listed
    assert "Emil" not in listed


def test_a_token_with_a_fault_comes_back_with_the_field(cast: Cast) -> None:
    form = {"user": str(cast.employee.pk), "label": "x", "quota": 0, "days": 7}
    response = cast.client("admin").post("/devices/tokens/new/", form)
    assert response.status_code == 422
    assert "quota" in response.context["form"].errors


def test_a_token_is_revoked(cast: Cast, as_text: Any) -> None:
    actions.create_enrolment_token(subject=cast.subject(), label="Lost", actor=cast.actor("admin"))
    token, client = EnrolmentToken.objects.get(label="Lost"), cast.client("admin")
    for _ in range(2):
        client.post(f"/devices/tokens/{token.pk}/revoke/")
    assert "revoked" in as_text(client.get("/devices/tokens/?q=lost")).lower()


def test_the_api_shows_devices_without_pauses_or_names(agent: Agent, cast: Cast) -> None:
    agent.renew(capture_state="paused")
    api = cast.api("auditor")
    answer = api.get(f"/api/v1/devices/{cast.device.pk}/").json()
    assert (answer["person"], answer["situation"]) == (cast.subject().pseudonym, "not_capturing")
    assert answer["reason"] == ""
    assert "paused" not in str(answer)
    assert api.get(f"/api/v1/devices/{cast.device.pk}/deliveries/").json() == []
    assert api.get("/api/v1/stops/").json()["results"] == []


def test_the_api_revokes_tokens_but_makes_none_without_a_factor(cast: Cast) -> None:
    api = cast.api("admin")
    made = api.post("/api/v1/enrolment-tokens/", {"user": str(cast.employee.pk), "label": "x"})
    assert (made.status_code, made.json()["code"]) == (403, "second_factor_needed")
    url = f"/api/v1/enrolment-tokens/{cast.device.token_id}/revoke/"
    assert api.post(url, {"reason": REASON}).json()["state"] == "revoked"


def test_a_restart_waits_for_the_second_person_only(cast: Cast) -> None:
    stop = actions.open_stop(scope="programme", reason=REASON, actor=cast.actor("officer"))
    assert waiting(cast.admin) == []
    actions.request_restart(stop=stop, reason=REASON, actor=cast.actor("officer"))
    assert waiting(cast.officer) == []
    (item,) = waiting(cast.admin)
    assert item.sentence == "1 restart waits for a second person"
