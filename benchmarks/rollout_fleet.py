"""A rollout to N agents of which 5 % report errors: does it halt in the first wave, is the wave taken back,
and does nobody else ever see the version? A worker is killed in the middle.

    python benchmarks/rollout_fleet.py --agents 200 --wave 20

A real instance (every process, PostgreSQL, Valkey) and N light agents with the real protocol in this process,
on the same machine. Ends with an error when one of the promises does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent))

import _fleet as fleets  # beside this file
from _light_agent import LightAgent, enrol_all, until

EVERY = 20
MINUTES = 180.0


class Faults:
    """Exactly every 20th device in the order of the rollout reports an error."""

    def __init__(self, devices: list[str], release: int) -> None:
        self.devices, self.release = devices, release
        self.chosen: set[str] = set()
        self.known = asyncio.Event()

    def choose(self, rollout: str) -> None:
        order = sorted(self.devices, key=lambda pk: hashlib.sha256(f"{rollout}:{pk}".encode()).digest())
        self.chosen = set(order[EVERY // 2 :: EVERY])
        self.known.set()

    async def refuses(self, device: str, number: int) -> bool:
        if number != self.release:
            return False
        await self.known.wait()
        return device in self.chosen


async def _settle(agents: list[LightAgent], number: int) -> None:
    await until(lambda: all(agent.leasing.applied.number == number for agent in agents), MINUTES, "the start")


async def _run(fleet: fleets.Fleet, count: int, percent: int) -> None:
    tokens = await fleet.act("tokens", str(count))
    agents = await enrol_all(fleet.folder, fleet.origin, tokens)
    before = await fleet.act("live")
    for agent in agents:
        agent.start()
    await _settle(agents, before["number"])
    print(f"{len(agents)} agents hold release {before['number']}")
    release = await fleet.act("new_release", "crm", module="tests.end_to_end.acts")
    number = int(release["number"])
    faults = Faults([agent.device for agent in agents], number)
    for agent in agents:
        agent.refuses = faults.refuses
    started = await fleet.act("start", str(number), str(percent))
    faults.choose(started["rollout"])
    fleet.company.kill("worker")
    print(
        f"release {number} starts with {percent} %; {len(faults.chosen)} agents will report an error;"
        " the worker is killed"
    )
    halted = await _halted(fleet, number)
    await _judge(fleet, agents, before, halted, started)


async def _halted(fleet: fleets.Fleet, number: int) -> dict[str, Any]:
    for _ in range(60):
        rows = await fleet.act("rollouts")
        found: dict[str, Any] = next(row for row in rows if row["release"] == number)
        back = next((row for row in rows if row["only"] == number), None)
        if found["state"] == "halted" and back is not None and back["state"] == "done":
            return {**found, "back": back}
        await asyncio.sleep(0.5)
    raise SystemExit(f"not halted and taken back: {rows}")


async def _judge(
    fleet: fleets.Fleet,
    agents: list[LightAgent],
    before: dict[str, Any],
    halted: dict[str, Any],
    started: dict[str, Any],
) -> None:
    number, back = halted["release"], halted["back"]
    wave = set(halted["members"])
    saw = {agent.device for agent in agents if number in agent.notes.releases}
    named = set(await fleet.act("named", str(number)))
    reached = [agent for agent in agents if agent.device in wave]
    await until(
        lambda: all(agent.leasing.applied.number == back["release"] for agent in reached), 60, "the way back"
    )
    returned = [
        at - halted["ended"]
        for agent in reached
        for release, digest, at in agent.notes.applied
        if release == back["release"] and digest == before["digest"]
    ]
    got = [at - started["at"] for agent in reached for n, _digest, at in agent.notes.applied if n == number]
    print(f"halted: {halted['why']}")
    print(f"waves opened: {halted['opened']}; deliveries: {_nonzero(halted['deliveries'])}")
    print(f"wave 1: {len(wave)} agents; applied it after the start: {fleets.seconds(got)}")
    print(f"halted {halted['ended'] - started['at']:.2f} s after the start, with a worker killed in between")
    print(f"old content back (release {back['release']}) after the halt: {fleets.seconds(returned)}")
    print(f"agents that ever saw release {number}: {len(saw)}; leases on it were signed for {len(named)}")
    promises = {
        "halted in wave 1": halted["opened"] == [1],
        "wave 1 has the old content back": len(returned) == len(reached)
        and back["digest"] == before["digest"],
        "the others never saw it": saw <= wave and named <= wave,
        "the others stay where they were": all(
            agent.leasing.applied.policy.digest == before["digest"]
            for agent in agents
            if agent.device not in wave
        ),
    }
    for words, holds in promises.items():
        print(f"{'holds' if holds else 'BROKEN'}: {words}")
    if not all(promises.values()):
        raise SystemExit(1)


def _nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {state: number for state, number in counts.items() if number}


async def _main(fleet: fleets.Fleet, count: int, percent: int) -> None:
    watching = asyncio.create_task(fleet.watch())
    try:
        await _run(fleet, count, percent)
    finally:
        watching.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--wave", type=int, default=20, help="percent in the first wave")
    given = parser.parse_args()
    fleets.say_where(agents=given.agents, first_wave=f"{given.wave}%", faulty="5%")
    with fleets.fleet({}) as fleet:
        uvloop.run(_main(fleet, given.agents, given.wave))


if __name__ == "__main__":
    main()
