"""Tags of devices: plain labels, few, and about no person."""

from __future__ import annotations

from typing import Any

import pytest

from agents.actions import revoke_device, set_tags
from audits.models import AuditEntry
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.agents.support import Agent
from tests.server.cast import REASON, Cast


def test_tags_are_sorted_once_each_and_in_small_letters(cast: Cast) -> None:
    device = set_tags(
        device=cast.device, tags=["Pilot", " berlin-2 ", "pilot", ""], actor=cast.actor("admin")
    )
    assert device.tags == ["berlin-2", "pilot"]
    set_tags(device=cast.device, tags=["pilot", "berlin-2"], actor=cast.actor("admin"))
    assert AuditEntry.objects.filter(action="agents.set_tags").count() == 1


def test_tags_are_facts_of_the_next_lease(agent: Agent, cast: Cast) -> None:
    set_tags(device=agent.device, tags=["pilot"], actor=cast.actor("admin"))
    assert agent.lease().tags == ("pilot",)


@pytest.mark.parametrize(
    "tags",
    [
        ["has space"],
        ["-lead"],
        ["trail-"],
        ["a" * 31],
        ["emil@example"],
        ["P-7K3QF2"],
        [f"t{n}" for n in range(11)],
    ],
)
def test_what_is_no_plain_label_is_refused(cast: Cast, tags: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        set_tags(device=cast.device, tags=tags, actor=cast.actor("admin"))
    assert refused.value.field == "tags"


def test_only_admins_tag_and_only_devices_that_are_not_revoked(cast: Cast) -> None:
    for name in ("officer", "ml", "auditor", "employee"):
        with pytest.raises(Forbidden):
            set_tags(device=cast.device, tags=["pilot"], actor=cast.actor(name))
    revoke_device(device=cast.device, reason=REASON, actor=cast.actor("admin"))
    with pytest.raises(Conflict):
        set_tags(device=cast.device, tags=["pilot"], actor=cast.actor("admin"))


def test_the_page_sets_tags_and_keeps_what_was_typed(cast: Cast) -> None:
    client = cast.client("admin")
    url = f"/devices/{cast.device.pk}/tags/"
    assert "pilot" not in client.get(f"/devices/{cast.device.pk}/").content.decode()
    assert client.post(url, {"tags": "pilot, warehouse"}).status_code == 302
    page = client.get(f"/devices/{cast.device.pk}/").content.decode()
    assert "pilot" in page
    assert "warehouse" in page
    refused = client.post(url, {"tags": "pi lot"})
    assert refused.status_code == 422
    assert "pi lot" in refused.content.decode()
    row = f'href="/devices/{cast.device.pk}/"'
    assert row in client.get("/devices/?tag=Warehouse").content.decode()
    assert row not in client.get("/devices/?tag=other").content.decode()


def test_the_api_sets_tags(cast: Cast) -> None:
    api: Any = cast.api("admin")
    url = f"/api/v1/devices/{cast.device.pk}/tags/"
    answer = api.post(url, {"tags": ["pilot"]}, format="json")
    assert (answer.status_code, answer.json()["tags"]) == (200, ["pilot"])
    assert api.post(url, {"tags": ["no good"]}, format="json").status_code == 422
    listed = api.get("/api/v1/devices/").json()["results"]
    assert ["pilot"] in [row["tags"] for row in listed]
