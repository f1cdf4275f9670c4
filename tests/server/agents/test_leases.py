"""A device always gets a lease; it allows capture only if the law, the notice, the release and no stop say
so.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.actions import deactivate_user, set_work_location
from accounts.models import WorkLocation
from agents import actions, lease_keys, tickets, trust
from agents.actions import forget_leases
from agents.models import Device, Lease
from audits.models import AuditEntry
from jurisdictions.actions import load_packs, publish_notice
from jurisdictions.models import Notice
from tests.server.agents.support import (
    DIGEST,
    NOTICE,
    Agent,
    agent_of,
    notice_for,
    place,
    read_lease,
)
from tests.server.cast import REASON, Cast


def test_with_everything_in_order_the_lease_allows_capture(agent: Agent) -> None:
    lease = agent.lease()
    assert (lease.state, lease.jurisdiction_reason, lease.place) == ("on", "allowed", "US-NY")
    assert (lease.release_number, lease.policy_digest) == (1, DIGEST)
    assert lease.notice == Notice.objects.get().text_sha256
    assert lease.issuer == lease_keys.server_id()


def test_a_lease_is_kept_as_it_was_signed(agent: Agent) -> None:
    lease = agent.lease()
    row = Lease.objects.get(pk=lease.jti)
    assert (row.state, row.place, row.notice, row.release_number) == ("on", "US-NY", lease.notice, 1)
    assert int(row.expires_at.timestamp()) == lease.expires_at


@pytest.mark.parametrize(("wanted", "seconds"), [(60, 60), (None, 900), (7200, 900)])
def test_the_policy_may_shorten_a_lease_and_never_lengthen_it(
    agent: Agent, settings: Any, monkeypatch: pytest.MonkeyPatch, wanted: int | None, seconds: int
) -> None:
    settings.LEASE_SECONDS = 900
    monkeypatch.setattr(trust, "_lease_life", [lambda digest: wanted])
    answer = agent.renew()
    lease = read_lease(answer["lease"], agent.device)
    assert lease.expires_at - lease.issued_at == seconds
    assert answer["renew_after"] == seconds // 2


def test_a_device_of_which_nothing_is_known_may_capture_nothing(cast: Cast) -> None:
    load_packs(actor=cast.system())
    lease = agent_of(cast).lease()
    assert (lease.state, lease.jurisdiction_reason, lease.place) == ("stopped", "unknown_place", None)
    assert lease.release_number is None


def test_without_law_packs_every_place_is_unknown(cast: Cast) -> None:
    place(cast, "US-NY")
    assert agent_of(cast).renew()["reason"] == "unknown_place"


def test_without_an_acknowledged_notice_nothing_is_captured(cast: Cast) -> None:
    load_packs(actor=cast.system())
    place(cast, "US-NY")
    notice_for(cast, "colleague")
    assert agent_of(cast).renew()["reason"] == "notice_missing"


def test_a_new_notice_has_to_be_acknowledged_again(agent: Agent, cast: Cast) -> None:
    assert agent.lease().state == "on"
    publish_notice(title="New", text=NOTICE + " And scrolling.", actor=cast.actor("officer"))
    assert agent.renew()["reason"] == "notice_missing"


def test_without_a_release_nothing_is_captured(cast: Cast) -> None:
    load_packs(actor=cast.system())
    place(cast, "US-NY")
    notice_for(cast, "employee")
    answer = agent_of(cast).renew()
    assert (answer["reason"], answer["release"]) == ("no_release", None)


def test_moving_to_a_place_without_agreement_stops_capture(agent: Agent, cast: Cast) -> None:
    assert agent.lease().state == "on"
    WorkLocation.objects.update(place="IT")
    assert agent.lease().jurisdiction_reason == "agreement_missing"


def test_no_lease_reaches_past_the_begin_of_a_trip(agent: Agent, cast: Cast) -> None:
    start = timezone.now() + timedelta(seconds=120)
    set_work_location(
        subject=cast.subject(),
        place="DE",
        start=start,
        end=start + timedelta(days=2),
        source="trip",
        actor=cast.system(),
    )
    answer = agent.renew()
    lease = read_lease(answer["lease"], agent.device)
    assert (lease.state, lease.place, lease.expires_at) == ("on", "US-NY", int(start.timestamp()))
    assert answer["renew_after"] <= 60


def test_germany_takes_keys_text_and_screenshots_away_from_every_lease(cast: Cast, agent: Agent) -> None:
    WorkLocation.objects.update(place="DE")
    lease = agent.lease()
    assert lease.state == "stopped"
    assert {"keystroke", "text", "screenshot"} <= set(lease.denied_signals)


def test_a_personal_device_in_maine_captures_nothing(agent: Agent) -> None:
    WorkLocation.objects.update(place="US-ME")
    assert agent.lease().state == "on"
    Device.objects.update(personal_device=True)
    assert agent.renew()["reason"] == "personal_device"


def test_a_paused_agent_gets_a_lease_that_allows_nothing(agent: Agent) -> None:
    answer = agent.renew(capture_state="paused")
    assert (answer["state"], answer["reason"]) == ("paused", "paused_by_person")


def test_the_account_of_somebody_who_left_ends_capture(agent: Agent, cast: Cast) -> None:
    deactivate_user(user=cast.employee, reason=REASON, actor=cast.actor("admin"))
    assert agent.renew()["reason"] == "account_closed"


def test_exclusions_of_the_employee_stand_in_the_lease(agent: Agent) -> None:
    assert agent.lease(exclusions=["mail", "jira", "mail"]).excluded_entries == ("jira", "mail")


def test_an_equal_renewal_is_not_logged_again_and_a_change_is(agent: Agent, cast: Cast) -> None:
    def entries() -> int:
        return AuditEntry.objects.filter(action="agents.renew_lease").count()

    agent.renew()
    agent.renew()
    assert entries() == 1
    deactivate_user(user=cast.employee, reason=REASON, actor=cast.actor("admin"))
    agent.renew()
    assert entries() == 2


def test_a_pause_leaves_no_trace_in_the_log(agent: Agent) -> None:
    agent.renew()
    before = AuditEntry.objects.count()
    agent.renew(capture_state="paused")
    agent.renew(capture_state="on")
    agent.send("heartbeat", {"capture_state": "paused"})
    assert AuditEntry.objects.count() == before


def test_staff_cannot_tell_a_pause_from_another_reason(agent: Agent) -> None:
    agent.renew(capture_state="on")
    assert Device.objects.get(pk=agent.device.pk).situation == "capturing"
    agent.renew(capture_state="paused")
    device = Device.objects.get(pk=agent.device.pk)
    assert (device.situation, device.shown_reason) == ("not_capturing", "")


def test_the_log_names_no_place_in_a_leaf(agent: Agent) -> None:
    agent.renew()
    leaf = AuditEntry.objects.get(action="agents.renew_lease").leaf
    assert "US-NY" not in leaf


def test_the_answer_carries_a_ticket_for_the_stream(agent: Agent, settings: Any) -> None:
    stream = agent.renew()["stream"]
    ticket = tickets.check(stream["ticket"], [settings.SECRET_KEY], now=int(timezone.now().timestamp()))
    assert ticket.device == str(agent.device.pk)
    assert stream["url"] == f"{settings.STREAM_URL}/stream/"


def test_the_device_row_says_until_when_capture_is_possible(agent: Agent, settings: Any) -> None:
    agent.renew()
    device = Device.objects.get(pk=agent.device.pk)
    assert device.capture_until == device.lease_expires_at
    bound = device.capture_until
    agent.renew(capture_state="paused")
    device.refresh_from_db()
    assert (device.capture_until, device.lease_state) == (bound, "paused")


def test_a_key_survives_a_restart_and_is_read_by_its_owner_only(db: None, keys_dir: Any) -> None:
    first = lease_keys.lease_public_keys()
    lease_keys._opened.cache_clear()
    assert lease_keys.lease_public_keys() == first
    assert lease_keys.signing_key()[0] in first
    path = keys_dir / "lease" / "current.key"
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert b"PRIVATE" not in path.read_bytes()


def test_old_leases_that_allowed_nothing_are_forgotten(agent: Agent, cast: Cast) -> None:
    kept = agent.lease().jti
    agent.renew(capture_state="paused")
    Lease.objects.update(expires_at=F("expires_at") - timedelta(days=8))
    assert forget_leases(actor=cast.system()) == 1
    assert str(Lease.objects.get().pk) == kept
    assert forget_leases(actor=cast.system()) == 0


@pytest.mark.parametrize("field", ["clock", "capture_state"])
def test_a_report_with_a_gap_is_refused(agent: Agent, field: str) -> None:
    said = {"capture_state": "on", "clock": 1}
    del said[field]
    response = agent.send("lease", said)
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_a_heartbeat_keeps_state_and_health_and_forgets_what_was_dropped(agent: Agent) -> None:
    beat = {"capture_state": "on", "spool_bytes": 5, "dropped": {"no_entry": 7}, "errors": {"upload": 1}}
    assert agent.send("heartbeat", beat).status_code == 204
    device = Device.objects.get(pk=agent.device.pk)
    assert device.capture_state == "on"
    assert device.health == {"spool_bytes": 5, "errors": {"upload": 1}}


def test_a_purge_waits_for_the_next_renewal_and_is_confirmed_once(agent: Agent, cast: Cast) -> None:
    command = actions.order_purge(device=agent.device, sessions="all", actor=cast.system())
    again = actions.order_purge(device=agent.device, sessions="all", actor=cast.system())
    assert again == command
    (told,) = agent.renew()["commands"]
    assert told == {"id": str(command.pk), "kind": "purge", "payload": {"sessions": "all"}}
    for _ in range(2):
        response = agent.send(f"commands/{command.pk}/done", {"result": "done", "counts": {"sessions": 2}})
        assert response.status_code == 204
    command.refresh_from_db()
    assert (command.result, command.counts) == ("done", {"sessions": 2})
    assert agent.renew()["commands"] == []
    assert AuditEntry.objects.filter(action="agents.finish_command").count() == 1


def test_a_failed_purge_is_told_again_until_it_is_done(agent: Agent, cast: Cast) -> None:
    command = actions.order_purge(device=agent.device, sessions=["a"], actor=cast.system())
    agent.send(f"commands/{command.pk}/done", {"result": "failed", "detail_code": "disk"})
    assert len(agent.renew()["commands"]) == 1
    agent.send(f"commands/{command.pk}/done", {"result": "done"})
    assert agent.renew()["commands"] == []


def test_a_device_cannot_finish_the_command_of_another(agent: Agent, cast: Cast) -> None:
    command = actions.order_purge(device=cast.other_device, sessions="all", actor=cast.system())
    response = agent.send(f"commands/{command.pk}/done", {"result": "done"})
    assert (response.status_code, response.json()["code"]) == (404, "command_unknown")
