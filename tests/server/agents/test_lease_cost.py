"""Every device renews its lease every few minutes: what does not change is not read again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import actions
from capture_policies import queries
from tests.server.agents.support import Agent, notice_for
from tests.server.cast import Cast
from tests.server.jurisdictions.policies import SITE, live_policy


def asked_for(agent: Agent) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert agent.renew()["state"] == "on"
    return [query["sql"] for query in asked.captured_queries]


@pytest.fixture
def rolled_out(cast: Cast, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> Agent:
    monkeypatch.setattr(queries, "_released", {})
    release = live_policy(cast, SITE, lease_seconds=60)
    actions.assign_release(
        device_ids=[agent.device.pk], number=release.number, digest=release.digest, actor=cast.system()
    )
    return agent


def test_a_renewal_reads_the_policy_once_in_a_process(rolled_out: Agent) -> None:
    first, again = asked_for(rolled_out), asked_for(rolled_out)
    assert any("policyversion" in one for one in first)
    assert not any("policyversion" in one for one in again)
    lease = rolled_out.lease()
    assert lease.expires_at - lease.issued_at == 60


def test_a_renewal_asks_nothing_twice(
    rolled_out: Agent, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    rolled_out.lease()
    # Of which release the notice tells that was written before the first one.
    asked = asked_for(rolled_out)
    assert sum("capture_policies" in one for one in asked) == 1
    assert [one for one in asked if asked.count(one) > 1] == []
    notice_for(cast, "employee")
    rolled_out.lease()
    with django_assert_max_num_queries(19):
        asked = asked_for(rolled_out)
    assert not any("capture_policies" in one for one in asked)
