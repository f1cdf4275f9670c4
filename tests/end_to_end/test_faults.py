"""Faults in the middle of the work: a killed worker, restarted servers, a server that is gone."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.company import Company

#: Generous: the waits inside end as soon as what they wait for is there.
pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with Company(tmp_path_factory.mktemp("co")) as made:
        yield made


@pytest.fixture(scope="module")
def homes(company: Company) -> list[Path]:
    return [company.enrol(number) for number in range(2)]


def _manifests(company: Company) -> Counter[str]:
    return Counter(session["manifest"] for session in company.act("sessions"))


def test_a_worker_killed_in_the_middle_of_a_rollout_changes_nothing(
    company: Company, homes: list[Path]
) -> None:
    for home in homes:
        company.start_agent(home, company.recordings("idle", minutes="0.5"), "--speed", "0")
    company.act("many_devices", "2500")
    release = company.act("new_release", "crm")
    company.act("roll_out", str(release["number"]))

    def some_assigned() -> bool:
        state: dict[str, int] = company.act("rollout_state")["deliveries"]
        return sum(state.values()) > state.get("pending", 0)

    company.until(some_assigned, what="the first chunk")
    company.kill("worker")
    company.until(lambda: company.act("rollout_state")["state"] == "done", what="the rollout")
    devices = company.act("devices")
    assert {device["desired_release"] for device in devices} == {release["number"]}
    company.until(
        lambda: (
            sum(device["applied_release"] == release["number"] for device in company.act("devices"))
            == len(homes)
        ),
        what="both agents apply it",
    )


def test_a_restart_of_valkey_loses_no_session(company: Company, homes: list[Path]) -> None:
    assert company.stack.pair is not None
    before = len(company.act("sessions"))
    company.stack.supervisor.stop(homes[0].name)
    company.start_agent(homes[0], company.recordings("valkey", 3, minutes="0.5"), "--speed", "0")
    time.sleep(1.5)
    company.stack.pair.restart_valkey(signal.SIGKILL)
    settled = company.settled_sessions(before + 3)
    assert len({session["id"] for session in settled}) == len(settled)
    assert max(_manifests(company).values()) == 1


def test_a_crash_of_postgresql_during_uploads_stores_every_session_once(
    company: Company, homes: list[Path]
) -> None:
    assert company.stack.pair is not None
    before = len(company.act("sessions"))
    company.stack.supervisor.stop(homes[1].name)
    company.start_agent(homes[1], company.recordings("postgres", 3, minutes="0.5"), "--speed", "0")
    company.until(lambda: len(company.act("sessions")) > before, what="the first upload")
    company.stack.pair.restart_postgres(signal.SIGQUIT)
    settled = company.settled_sessions(before + 3)
    assert max(_manifests(company).values()) == 1
    assert all(session["blobs"] > 0 for session in settled)


def test_without_a_server_nothing_is_captured_after_the_lease(tmp_path: Path) -> None:
    with Company(tmp_path, environment={"LEASE_SECONDS": "6"}) as short:
        home = short.enrol(0)
        short.start_agent(home, short.recordings("dead", minutes="10"), "--speed", "1")
        short.until(lambda: short.status(home).get("capture") == "on", what="capture starts")
        for name in ("web", "stream"):
            short.stack.supervisor.stop(name)
        gone = time.monotonic()
        short.until(lambda: short.status(home)["capture"] == "stopped", what="capture stops")
        # 6 s and what a busy machine adds; without its lease it would never end.
        assert time.monotonic() - gone <= 40
        assert short.status(home)["reason"] == "lease_expired"
        # What was captured before the end is packed, and nothing comes after it.
        spooled = short.until(lambda: short.status(home)["waiting_sessions"], what="the last session waits")
        time.sleep(8)
        assert short.status(home)["waiting_sessions"] == spooled
        assert short.status(home)["capture"] == "stopped"
