"""Real HTTP: bounded in bytes and time, every failure told as "not reachable"."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from mci_agent import transport
from mci_agent.errors import Unreachable
from mci_agent.stream import Hint, read_hints
from mci_agent.transport import HttpTransport
from tests.pure.agent_support.http import served
from tests.pure.agent_support.server import Server


@pytest.fixture
def origin() -> Iterator[str]:
    with served(Server(time.time)) as found:
        yield found


def test_requests_files_and_streams_pass(origin: str) -> None:
    async def scenario() -> None:
        http = HttpTransport(origin)
        answer = await http.request("GET", "/agent/v1/tuf/timestamp.json")
        assert answer.status == 200
        again = await http.request(
            "GET", "/agent/v1/tuf/timestamp.json", headers={"if-none-match": answer.headers["etag"]}
        )
        assert again.status == 304
        read = list(http.fetch("/agent/v1/tuf/timestamp.json"))
        assert b"".join(data for _, data in read) == answer.body
        assert next(status for status, _ in http.fetch("/agent/v1/tuf/9.root.json")) == 404
        async with http.open_stream(f"{origin}/stream/", {"authorization": "MCI-Ticket good"}) as stream:
            assert stream.status == 200
            assert [hint async for hint in read_hints(stream.lines())] == [Hint("stop")]
        await http.close()

    asyncio.run(scenario())


def test_an_answer_without_end_is_cut(origin: str) -> None:
    async def scenario() -> None:
        http = HttpTransport(origin)
        with pytest.raises(Unreachable) as refused:
            await http.request("GET", "/endless")
        assert refused.value.code == "answer_too_large"
        with pytest.raises(Unreachable, match="without end"):  # noqa: PT012 - raised inside the stream
            async with http.open_stream(f"{origin}/stream/long", {"authorization": "x"}) as stream:
                assert stream.status == 403
                async for _ in stream.lines():
                    pass
        await http.close()

    asyncio.run(scenario())


def test_a_file_that_comes_too_slowly_is_cut(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FETCH_SECONDS", -1.0)
    http = HttpTransport(origin)
    with pytest.raises(Unreachable) as refused:
        list(http.fetch("/agent/v1/tuf/timestamp.json"))
    assert refused.value.code == "too_slow"
    asyncio.run(http.close())


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with served(Server(time.time)) as gone:
        pass

    async def scenario() -> None:
        http = HttpTransport(gone)
        with pytest.raises(Unreachable):
            await http.request("GET", "/")
        with pytest.raises(Unreachable):
            list(http.fetch("/"))
        with pytest.raises(Unreachable):
            async with http.open_stream(f"{gone}/stream/", {}):
                pass
        await http.close()

    asyncio.run(scenario())
