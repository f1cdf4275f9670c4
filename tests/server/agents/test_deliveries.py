"""A release goes to a device step by step, and what was confirmed is never undone by what comes late."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents import actions, hints, repeats
from agents.models import Delivery, Device
from mci_core.errors import Invalid
from tests.server.agents.support import DIGEST, Agent
from tests.server.cast import REASON, Cast

NEXT = "e" * 64
ROLLOUT = uuid.uuid4()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    seen: list[Any] = []

    def note(kind: str, *, release: int | None = None, devices: Any = None) -> bool:
        seen.append((kind, release, devices))
        return True

    monkeypatch.setattr(hints, "publish", note)
    return seen


def roll_out(cast: Cast, number: int = 2, digest: str = NEXT, rollout: uuid.UUID = ROLLOUT) -> Delivery:
    actions.create_deliveries(
        rollout_id=rollout,
        wave=1,
        release_number=number,
        digest=digest,
        device_ids=[cast.device.pk],
        actor=cast.system(),
    )
    actions.assign_release(device_ids=[cast.device.pk], number=number, digest=digest, actor=cast.system())
    return Delivery.objects.get(device=cast.device, release_number=number, rollout=rollout)


def ack(agent: Agent, state: str, *, release: int = 2, digest: str = NEXT, **more: Any) -> int:
    item = {"release": release, "digest": digest, "state": state, "at": int(time.time()), **more}
    response = agent.send("acks", {"items": [item]})
    assert response.status_code == 200, response.content
    accepted: int = response.json()["accepted"]
    return accepted


def _state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def test_a_delivery_goes_from_pending_to_applied(agent: Agent, cast: Cast) -> None:
    delivery = roll_out(cast)
    assert delivery.state == "notified"
    assert agent.lease().release_number == 2
    assert _state(delivery) == "leased"
    assert ack(agent, "fetched") == 1
    assert _state(delivery) == "leased"
    assert ack(agent, "applied") == 1
    assert _state(delivery) == "applied"
    assert delivery.leased_at is not None
    assert delivery.applied_at is not None
    assert delivery.leased_at <= delivery.applied_at
    device = Device.objects.get(pk=cast.device.pk)
    assert device.applied_release == 2


def test_the_hint_goes_out_after_the_commit_to_the_devices_concerned(
    agent: Agent, cast: Cast, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        roll_out(cast)
        assert sent == []
    assert sent == [("release", 2, [cast.device.pk])]


def test_what_comes_late_undoes_nothing(agent: Agent, cast: Cast) -> None:
    delivery = roll_out(cast)
    agent.renew()
    ack(agent, "applied")
    for late in ("fetched", "failed", "applied"):
        ack(agent, late)
        assert _state(delivery) == "applied"


def test_a_failure_is_kept_with_its_code_and_may_still_become_applied(agent: Agent, cast: Cast) -> None:
    delivery = roll_out(cast)
    agent.renew()
    ack(agent, "failed", error="bad_digest")
    assert (_state(delivery), delivery.error) == ("failed", "bad_digest")
    ack(agent, "applied")
    assert (_state(delivery), delivery.error) == ("applied", "")


def test_an_older_release_never_becomes_the_applied_one(agent: Agent, cast: Cast) -> None:
    roll_out(cast)
    agent.renew()
    ack(agent, "applied")
    ack(agent, "applied", release=1, digest=DIGEST)
    assert Device.objects.get(pk=cast.device.pk).applied_release == 2


def test_a_release_that_was_never_given_is_not_believed(agent: Agent, cast: Cast) -> None:
    roll_out(cast)
    assert ack(agent, "applied", release=99) == 0
    assert ack(agent, "applied", digest="f" * 64) == 0
    assert Device.objects.get(pk=cast.device.pk).applied_release is None


def test_several_words_on_one_release_count_as_the_strongest(agent: Agent, cast: Cast) -> None:
    delivery = roll_out(cast)
    now = int(time.time())
    items = [{"release": 2, "digest": NEXT, "state": state, "at": now} for state in ("applied", "fetched")]
    assert agent.send("acks", {"items": items}).json() == {"accepted": 2}
    assert _state(delivery) == "applied"


def test_a_time_from_the_future_is_cut_to_now(agent: Agent, cast: Cast) -> None:
    delivery = roll_out(cast)
    item = {"release": 2, "digest": NEXT, "state": "applied", "at": int(time.time()) + 86_400}
    agent.send("acks", {"items": [item]})
    delivery.refresh_from_db()
    assert delivery.applied_at is not None
    assert delivery.applied_at <= timezone.now()


@pytest.mark.parametrize("count", [0, 101])
def test_too_few_or_too_many_items_are_refused(agent: Agent, count: int) -> None:
    item = {"release": 1, "digest": DIGEST, "state": "fetched", "at": 1}
    response = agent.send("acks", {"items": [item] * count})
    assert (response.status_code, response.json()["field"]) == (422, "items")


def test_the_next_release_supersedes_what_is_still_on_its_way(agent: Agent, cast: Cast) -> None:
    old = roll_out(cast)
    new = roll_out(cast, number=3, digest="a" * 64, rollout=uuid.uuid4())
    assert (_state(old), _state(new)) == ("superseded", "notified")


def test_creating_and_assigning_again_changes_nothing(agent: Agent, cast: Cast) -> None:
    roll_out(cast)
    again = actions.create_deliveries(
        rollout_id=ROLLOUT,
        wave=1,
        release_number=2,
        digest=NEXT,
        device_ids=[cast.device.pk],
        actor=cast.system(),
    )
    assigned = actions.assign_release(device_ids=[cast.device.pk], number=2, digest=NEXT, actor=cast.system())
    assert (again, assigned) == (0, 0)


def test_a_worker_that_comes_late_with_an_older_release_takes_nothing_back(agent: Agent, cast: Cast) -> None:
    """Devices without a release are given the live one by a sweep, while a wave brings the next one."""
    actions.create_deliveries(
        rollout_id=ROLLOUT,
        wave=1,
        release_number=3,
        digest=NEXT,
        device_ids=[cast.device.pk],
        actor=cast.system(),
    )
    actions.assign_release(device_ids=[cast.device.pk], number=2, digest=DIGEST, actor=cast.system())
    delivery = Delivery.objects.get(release_number=3)
    assert _state(delivery) == "pending"
    actions.assign_release(device_ids=[cast.device.pk], number=3, digest=NEXT, actor=cast.system())
    assert (
        actions.assign_release(device_ids=[cast.device.pk], number=2, digest=DIGEST, actor=cast.system()) == 0
    )
    assert Device.objects.get(pk=cast.device.pk).desired_release == 3
    assert _state(delivery) == "notified"


def test_a_revoked_device_gets_no_delivery(agent: Agent, cast: Cast) -> None:
    actions.revoke_device(device=cast.device, reason=REASON, actor=cast.actor("admin"))
    created = actions.create_deliveries(
        rollout_id=ROLLOUT,
        wave=1,
        release_number=2,
        digest=NEXT,
        device_ids=[cast.device.pk],
        actor=cast.system(),
    )
    assert created == 0


def test_more_than_500_devices_at_a_time_are_refused(cast: Cast) -> None:
    many = [uuid.uuid4() for _ in range(501)]
    with pytest.raises(Invalid):
        actions.assign_release(device_ids=many, number=2, digest=NEXT, actor=cast.system())


def test_the_funnel_counts_every_state(agent: Agent, cast: Cast) -> None:
    roll_out(cast)
    funnel = Delivery.objects.of_rollout(ROLLOUT, 1).funnel()
    assert funnel == {"pending": 0, "notified": 1, "leased": 0, "applied": 0, "failed": 0, "superseded": 0}


def test_a_lost_hint_is_repeated_until_the_device_asks(agent: Agent, cast: Cast, sent: list[Any]) -> None:
    agent.renew()
    delivery = roll_out(cast)
    assert repeats.repeat_hints(timezone.now()) == 0
    Delivery.objects.update(notified_at=timezone.now() - timedelta(seconds=20))
    assert repeats.repeat_hints(timezone.now()) == 1
    assert sent[-1] == ("release", 2, [cast.device.pk])
    agent.renew()
    assert _state(delivery) == "leased"
    assert repeats.repeat_hints(timezone.now()) == 0


def test_without_redis_publishing_fails_quietly(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert hints.publish("lease") is False
    assert hints.publish("lease", devices=[]) is True
