"""The spool: encrypted, bounded, whole after a kill at any moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from mci_agent.config import State
from mci_agent.errors import SpoolFull, StateBroken
from mci_agent.spool import Spool
from mci_core import envelope

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path)


def fill(spool: Spool, session: str = ONE, to: int = 100, size: int = 100) -> None:
    spool.add(session, {"captured_to": to}, "signature", [b"planted" * (size // 7), b"frame"])


def test_sessions_survive_a_restart_and_are_unreadable_on_disk(state: State) -> None:
    spool = Spool(state)
    fill(spool)
    again = Spool(state)
    assert again.sessions == spool.sessions
    assert again.used == spool.used > 0
    assert again.part(ONE, 0) == b"planted" * 14
    assert b"planted" not in b"".join(path.read_bytes() for path in state.folder.rglob("*") if path.is_file())


def test_what_does_not_fit_is_refused_and_closes_the_spool_until_there_is_room(state: State) -> None:
    spool = Spool(state, limit=1000)
    fill(spool)
    assert not spool.full()
    assert spool.full(coming=900)
    with pytest.raises(SpoolFull):
        fill(spool, TWO, size=1000)
    assert spool.full()
    assert spool.remove(ONE) > 0
    assert not spool.full()
    assert spool.remove(ONE) == 0


def test_a_kill_while_writing_or_deleting_leaves_nothing_half(state: State) -> None:
    spool = Spool(state)
    fill(spool)
    (state.spool / f"making-{TWO}").mkdir()
    (state.spool / f"making-{TWO}" / "part-0").write_bytes(b"x")
    (state.spool / f"leaving-{TWO}").mkdir()
    (state.spool / TWO).mkdir()
    again = Spool(state)
    assert list(again.sessions) == [ONE]
    assert [path.name for path in state.spool.iterdir()] == [ONE]


def test_forgetting_deletes_what_reaches_into_the_time(state: State) -> None:
    spool = Spool(state)
    fill(spool, ONE, to=100)
    fill(spool, TWO, to=200)
    assert spool.forget_since(150) == 1
    assert list(Spool(state).sessions) == [ONE]


def test_purging_destroys_the_key_too(state: State) -> None:
    spool = Spool(state)
    fill(spool)
    sealed = (state.spool / ONE / "part-0").read_bytes()
    assert spool.purge() == 1
    assert not list(state.spool.iterdir())
    with pytest.raises(envelope.CannotOpen):
        envelope.open_(state.spool_key.read_bytes(), sealed, f"mci-spool\n{ONE}\npart-0".encode())
    fill(spool, TWO)
    assert list(Spool(state).sessions) == [TWO]


def test_a_changed_or_moved_file_does_not_open(state: State) -> None:
    spool = Spool(state)
    fill(spool)
    (state.spool / ONE / "part-0").write_bytes((state.spool / ONE / "part-1").read_bytes())
    with pytest.raises(StateBroken):
        spool.part(ONE, 0)
    with pytest.raises(StateBroken):
        spool.part(ONE, 9)


def test_a_broken_key_stops_the_agent(state: State) -> None:
    Spool(state)
    state.spool_key.write_bytes(b"short")
    with pytest.raises(StateBroken):
        Spool(state)
