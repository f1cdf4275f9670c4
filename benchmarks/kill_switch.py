"""How fast N agents are proven stopped after one person's click, and what bounds those that are offline.

    python benchmarks/kill_switch.py --agents 200 --offline 20

A real instance (every process, PostgreSQL, Valkey) and N light agents with the real protocol in this process,
on the same machine. Measured from the time of the stop in the database to the time at which the server had
the signed confirmation; besides, to its answer at the agent. Ends with an error when one of the promises does
not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent))

import _fleet as fleets  # beside this file
from _light_agent import LightAgent, enrol_all, until

MINUTES = 180.0


def _confirmed(agent: LightAgent, since: float) -> float | None:
    """When the server had taken the confirmation of a lease that stops, after the stop."""
    return next((at for state, at in agent.notes.confirmed if at >= since and state == "stopped"), None)


async def _stopped(fleet: fleets.Fleet, there: list[LightAgent]) -> tuple[dict[str, Any], list[float]]:
    """One click, and how long it took until each connected agent was proven."""
    made: dict[str, Any] = await fleet.act("stop")
    at = made["at"]
    await until(lambda: all(_confirmed(agent, at) for agent in there), 60, "the confirmations")
    load = os.getloadavg()[0]
    answered = [(_confirmed(agent, at) or 0) - at for agent in there]
    took: list[float] = await fleet.act("confirmed", str(at))
    print(f"stop to proof on the server: {fleets.seconds(took)}; load of the machine {load:.1f}")
    print(f"stop to its answer at the agent: {fleets.seconds(answered)}")
    return made, took


async def _restarted(fleet: fleets.Fleet, made: dict[str, Any], there: list[LightAgent]) -> str:
    again = await fleet.act("restart", made["stop"])
    await until(lambda: all(agent.capture == "on" for agent in there), 120, "the restart")
    print(f"restart by two to capture everywhere: {fleets.now() - again['at']:.2f} s")
    return str(again["refused"])


async def _run(fleet: fleets.Fleet, given: argparse.Namespace) -> None:
    agents = await enrol_all(fleet.folder, fleet.origin, await fleet.act("tokens", str(given.agents)))
    for agent in agents:
        agent.start()
    await until(lambda: all(agent.capture == "on" for agent in agents), MINUTES, "capture everywhere")
    await until(lambda: all(agent.stream.connected for agent in agents), MINUTES, "streams")
    away, there = agents[: given.offline], agents[given.offline :]
    for agent in away:
        await agent.stop()
    print(f"{len(there)} agents connected, {len(away)} offline with a lease that allows capture")
    made, took = await _stopped(fleet, there)
    at, worst = made["at"], made["worst_case"]
    state = await fleet.act("progress", made["stop"])
    proven = set(await fleet.act("proven", made["stop"]))
    bound = state["last_bound"]
    shown = ", ".join(f"{state[kind]} {kind}" for kind in ("proven", "ended", "told", "pending", "total"))
    print(f"page: {shown}")
    print(f"worst case at the click: {worst - at:.1f} s later; after it: {(bound or at) - at:.1f} s")
    ended = await _wait_for_the_end(fleet, made["stop"], given.lease)
    print(f"after {given.lease} s: {ended['ended']} stopped by their lease")
    refused = await _restarted(fleet, made, there)
    for _ in range(given.rounds - 1):
        made, more = await _stopped(fleet, there)
        took += more
        await _restarted(fleet, made, there)
    promises = {
        f"proven within {given.promised:.0f} s at the median": statistics.median(took) <= given.promised,
        "every connected agent is proven": {agent.device for agent in there} <= proven,
        "no offline agent is proven": not {agent.device for agent in away} & proven,
        "the offline ones are bounded": bound is not None and at < bound <= worst <= at + given.lease + 1,
        "at that time they have stopped": ended["pending"] == 0 and ended["ended"] >= len(away),
        "one person cannot restart": refused == "second_person_needed",
    }
    print(f"all rounds, stop to proof: {fleets.seconds(took)}")
    for words, holds in promises.items():
        print(f"{'holds' if holds else 'BROKEN'}: {words}")
    if not all(promises.values()):
        raise SystemExit(1)


async def _wait_for_the_end(fleet: fleets.Fleet, stop: str, lease: int) -> dict[str, int]:
    for _ in range(lease + 10):
        found: dict[str, int] = await fleet.act("progress", stop)
        if found["pending"] == 0 and found["told"] == 0:
            return found
        await asyncio.sleep(1)
    return found


async def _main(fleet: fleets.Fleet, given: argparse.Namespace) -> None:
    watching = asyncio.create_task(fleet.watch())
    try:
        await _run(fleet, given)
    finally:
        watching.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--offline", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="stops, each with a restart after it")
    parser.add_argument("--lease", type=int, default=90, help="life of a lease in seconds")
    parser.add_argument("--promised", type=float, default=2.0, help="seconds at the median")
    given = parser.parse_args()
    fleets.say_where(agents=given.agents, offline=given.offline, lease=f"{given.lease}s", rounds=given.rounds)
    with fleets.fleet({"LEASE_SECONDS": str(given.lease)}) as fleet:
        uvloop.run(_main(fleet, given))


if __name__ == "__main__":
    main()
