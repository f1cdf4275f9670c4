"""The real gateway process with a real Redis or Valkey: who gets a stream, what it carries, and how it
ends.
"""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import redis

from agents import hints
from agents.relay import LATEST_KEY, channel_of
from tests.server.agents.gateway_process import Running, gateway

SECRET = "a-secret-of-the-gateway-tests-0123456789"
ONE, TWO = str(uuid.uuid4()), str(uuid.uuid4())


@pytest.fixture
def running(settings: Any, django_db_setup: None) -> Iterator[Running]:
    with gateway(settings.REDIS_URL, SECRET, limit=3) as found:
        found.until(lambda health: health["hints_connected"])
        yield found


def _hint(event: tuple[str, str]) -> tuple[str, Any]:
    return event[0], json.loads(event[1])


def test_a_hint_reaches_every_stream(running: Running) -> None:
    with running.stream(ONE) as one, running.stream(TWO) as two:
        running.until(lambda health: health["streams"] == 2)
        assert hints.publish("release", release=7)
        for stream in (one, two):
            assert _hint(stream.next_event()) == ("hint", {"kind": "release", "release": 7})


def test_a_hint_for_one_device_reaches_that_device_only(running: Running) -> None:
    with running.stream(ONE) as one, running.stream(TWO) as two:
        running.until(lambda health: health["streams"] == 2)
        hints.publish("command", devices=[ONE])
        hints.publish("lease")
        assert _hint(one.next_event())[1]["kind"] == "command"
        assert _hint(two.next_event())[1]["kind"] == "lease"


def test_a_new_stream_is_told_the_last_release(running: Running) -> None:
    hints.publish("release", release=4, devices=[TWO])
    running.until(lambda health: health["last_release"] == 4)
    with running.stream(ONE) as stream:
        assert _hint(stream.next_event()) == ("hint", {"kind": "release", "release": 4})


def test_a_restarted_gateway_knows_the_last_release(settings: Any, django_db_setup: None) -> None:
    hints.publish("release", release=9)
    with gateway(settings.REDIS_URL, SECRET) as found:
        assert found.until(lambda health: health["hints_connected"])["last_release"] == 9


@pytest.mark.parametrize(
    ("ticket", "code"),
    [("", "ticket_malformed"), ("ab.cd", "ticket_forged"), ("é" * 700, "ticket_malformed")],
)
def test_a_bad_ticket_opens_no_stream(running: Running, ticket: str, code: str) -> None:
    response = httpx.get(f"{running.url}/stream/", params={"ticket": ticket})
    assert (response.status_code, response.json()["code"]) == (401, code)


def test_a_ticket_of_another_secret_or_from_the_past_opens_no_stream(running: Running) -> None:
    for wanted, code in (({"secret": "x" * 40}, "ticket_forged"), ({"life": -1}, "ticket_expired")):
        with running.stream(ONE, **wanted) as stream:
            stream.response.read()
            assert (stream.response.status_code, stream.response.json()["code"]) == (401, code)


def test_a_ticket_may_come_in_a_header(running: Running) -> None:
    headers = {"authorization": f"MCI-Ticket {running.ticket(ONE)}"}
    with httpx.stream("GET", f"{running.url}/stream/", headers=headers) as response:
        assert response.status_code == 200


def test_only_get_is_possible_and_other_paths_do_not_exist(running: Running) -> None:
    assert httpx.post(f"{running.url}/stream/").status_code == 405
    assert httpx.get(f"{running.url}/elsewhere").status_code == 404


def test_the_newest_stream_of_a_device_replaces_the_older(running: Running) -> None:
    with running.stream(ONE) as old:
        running.until(lambda health: health["streams"] == 1)
        with running.stream(ONE) as new:
            assert old.ended()
            hints.publish("lease")
            assert _hint(new.next_event())[1]["kind"] == "lease"
            assert running.health()["replaced"] == 1


def test_more_streams_than_the_limit_are_told_to_come_back(running: Running) -> None:
    with running.stream(ONE), running.stream(TWO), running.stream(str(uuid.uuid4())):
        running.until(lambda health: health["streams"] == 3)
        with running.stream(str(uuid.uuid4())) as fourth:
            assert fourth.response.status_code == 503
            assert fourth.response.headers["retry-after"] == "30"
        with running.stream(ONE) as again:
            assert again.response.status_code == 200


def test_a_stream_that_ends_makes_room(running: Running) -> None:
    with running.stream(ONE):
        running.until(lambda health: health["streams"] == 1)
    running.until(lambda health: health["streams"] == 0)


def test_an_unreadable_message_is_counted_and_harms_nobody(running: Running, settings: Any) -> None:
    with running.stream(ONE) as stream, redis.Redis.from_url(settings.REDIS_URL) as client:
        running.until(lambda health: health["streams"] == 1)
        client.publish(channel_of(settings.REDIS_URL), b'{"kind": 5')
        hints.publish("lease")
        assert _hint(stream.next_event())[1]["kind"] == "lease"
        assert running.health()["unreadable"] == 1


def test_a_hint_lost_during_a_broken_subscription_is_made_up_for(running: Running, settings: Any) -> None:
    with running.stream(ONE) as stream, redis.Redis.from_url(settings.REDIS_URL) as client:
        running.until(lambda health: health["streams"] == 1)
        # As if somebody had published while the gateway was cut off: kept, but never delivered.
        client.set(LATEST_KEY, b'{"kind":"stop","id":"missed"}')
        client.client_kill_filter(_type="pubsub")
        assert _hint(stream.next_event()) == ("hint", {"kind": "lease", "release": None})
        assert running.until(lambda health: health["hints_connected"])["hints_reconnects"] >= 1


def test_a_slow_reader_is_cut_and_the_others_get_everything(running: Running, settings: Any) -> None:
    parts = urlsplit(running.url)
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect((parts.hostname, parts.port))
    path = f"/stream/?ticket={running.ticket(TWO)}"
    slow.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    client = redis.Redis.from_url(settings.REDIS_URL)
    with client, running.stream(ONE) as quick:
        running.until(lambda health: health["streams"] == 2)
        ends = time.monotonic() + 60
        while running.health()["cut_slow"] == 0:
            assert time.monotonic() < ends
            with client.pipeline(transaction=False) as pipe:
                for _ in range(1000):
                    pipe.publish(channel_of(settings.REDIS_URL), b'{"kind": "lease"}')
                pipe.execute()
            for _ in range(1000):
                assert _hint(quick.next_event())[1]["kind"] == "lease"
        assert running.health()["streams"] == 1
    slow.close()


def test_a_stream_ends_with_its_ticket_and_the_last_release_is_said_again(
    settings: Any, django_db_setup: None
) -> None:
    hints.publish("release", release=3)
    with gateway(settings.REDIS_URL, SECRET, heartbeat=1) as found, found.stream(ONE, life=8) as stream:
        assert _hint(stream.next_event()) == ("hint", {"kind": "release", "release": 3})
        assert _hint(stream.next_event()) == ("last", {"kind": "release", "release": 3})
        while stream.next_event() != ("", ""):
            pass
        assert found.health()["expired"] == 1


def test_a_stopping_gateway_ends_its_streams_at_once(running: Running) -> None:
    with running.stream(ONE) as stream:
        running.until(lambda health: health["streams"] == 1)
        started = time.monotonic()
        running.process.terminate()
        assert stream.ended()
        assert running.process.wait(60) in (0, -15)
        assert time.monotonic() - started < 20  # the ticket lives a minute


def test_without_redis_streams_stay_and_health_says_so(django_db_setup: None) -> None:
    with gateway("redis://127.0.0.1:1/0", SECRET) as found, found.stream(ONE) as stream:
        assert stream.response.status_code == 200
        assert httpx.get(f"{found.url}/stream/healthz").status_code == 503
        assert found.health()["streams"] == 1
