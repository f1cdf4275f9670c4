"""`mci-agent`: what a person (or a service manager) can tell the agent.

Exit codes: 0 done · 1 unexpected failure · 2 wrong usage · 3 finished, but some recordings were refused ·
4 not enrolled, or enrolment refused · 5 this device was revoked · 6 the state folder is broken ·
7 another agent runs with this state folder · 8 the server cannot be reached.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import platform
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mci_agent import __version__, api, files, local, sources, status
from mci_agent.clock import Clock
from mci_agent.config import Identity, State, default_folder, server_origin
from mci_agent.errors import AgentError, NotEnrolled, Refused, StateBroken, Unreachable
from mci_agent.logs import Log
from mci_agent.runner import Agent
from mci_agent.spool import Spool
from mci_agent.transport import HttpTransport, Transport
from mci_core.redaction.frames_engines import CHOICES, MODES, EngineMissing, FrameSettings, open_reader

DONE, FAILED, USAGE, SOME_REFUSED, NOT_ENROLLED, REVOKED, BROKEN, BUSY, UNREACHABLE = range(9)
OBEY_SECONDS = 5.0
SYSTEMS = {"Windows": "windows", "Darwin": "macos", "Linux": "linux"}
OpenTransport = Callable[[str], Transport]


class Busy(AgentError):
    """Another agent uses this state folder."""


def main(argv: Sequence[str] | None = None, *, open_transport: OpenTransport = HttpTransport) -> int:
    """Run one command; the exit code."""
    arguments = parser().parse_args(argv)
    try:
        state = State.open(arguments.state or default_folder())
        code: int = arguments.run(state, arguments, open_transport)
    except AgentError as error:
        print(error.message, file=sys.stderr)
        return exit_code(error)
    except KeyboardInterrupt:
        return DONE
    return code


def exit_code(error: AgentError) -> int:
    """The exit code that stands for an error."""
    kinds: tuple[tuple[type[AgentError], int], ...] = (
        (NotEnrolled, NOT_ENROLLED),
        (Refused, NOT_ENROLLED),
        (StateBroken, BROKEN),
        (Busy, BUSY),
        (Unreachable, UNREACHABLE),
    )
    return next((code for kind, code in kinds if isinstance(error, kind)), USAGE)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="mci-agent", description="Captures only what you and your organisation agreed to."
    )
    top.add_argument("--version", action="version", version=f"mci-agent {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def verb(name: str, run: Callable[..., int], words: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=words, description=words)
        made.add_argument("--state", type=Path, metavar="DIR", help="state folder (default: one per user)")
        made.set_defaults(run=run)
        return made

    enrolling = verb("enroll", enroll, "Enrol this computer with a one-time token.")
    enrolling.add_argument("--server", required=True, metavar="URL")
    enrolling.add_argument("--token", required=True, metavar="T")
    enrolling.add_argument(
        "--name", default="computer", metavar="NAME", help="how the device is called in lists"
    )
    running = verb("run", run, "Run the agent.")
    running.add_argument(
        "--source", required=True, metavar="replay:PATH", help="a recording or a folder of them"
    )
    running.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N", help="times faster; 0: as fast as possible"
    )
    running.add_argument("--loop", action="store_true", help="begin again after the last recording")
    running.add_argument("--once", action="store_true", help="exit when everything is played and sent")
    running.add_argument(
        "--ocr", choices=CHOICES, default="off", help="what reads the text of frames (default: off)"
    )
    running.add_argument(
        "--frame-text", choices=MODES, default="hits", help="paint over hits, all text, or everything"
    )
    running.add_argument(
        "--frame-seconds",
        type=_seconds,
        default=10.0,
        metavar="N",
        help="a frame that takes longer is dropped",
    )
    verb("status", show_status, "Say whether capture is on, and why.")
    verb("pause", pause, "Stop capture for some minutes.").add_argument(
        "minutes", type=_minutes(local.MAX_PAUSE_MINUTES), metavar="MINUTES"
    )
    verb("resume", resume, "End your pause.")
    verb("forget", forget, "Delete what was captured in the last minutes and is not sent yet.").add_argument(
        "minutes", type=_minutes(local.MAX_FORGET_MINUTES), metavar="MINUTES"
    )
    verb("purge", purge, "Delete everything that is not sent yet.")
    excluding = verb("exclude", exclude, "Never capture in one entry of the policy on this computer.")
    excluding.add_argument("entry", metavar="ENTRY")
    excluding.add_argument("--undo", action="store_true", help="take the exclusion back")
    including = verb("include", exclude, "Take back an exclusion that you made on this computer.")
    including.add_argument("entry", metavar="ENTRY")
    including.set_defaults(undo=True)
    return top


def enroll(state: State, arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    """Enrol, or say that this was done before."""
    origin = server_origin(arguments.server)
    with files.locked(state.lock, wait=False) as held:
        if not held:
            raise Busy("busy", "The agent is running with this state folder.")
        known = state.identity_if_any()
        if known is None:
            return asyncio.run(_enroll(state, origin, arguments, open_transport))
    if known.server != origin:
        raise AgentError(
            "enrolled_elsewhere", f"This state folder belongs to {known.server}; use another --state."
        )
    print(f"Already enrolled as device {known.device}.")
    return DONE


async def _enroll(
    state: State, origin: str, arguments: argparse.Namespace, open_transport: OpenTransport
) -> int:
    facts = {
        "name": arguments.name,
        "platform": {"os": SYSTEMS.get(platform.system(), "linux"), "version": platform.release()[:40]},
        "agent_version": __version__,
    }
    transport = open_transport(origin)
    try:
        answer = await api.enrol(transport, arguments.token, state.device_key(), facts)
    finally:
        await transport.close()
    try:
        identity = Identity(
            device=str(answer["device"]),
            server=origin,
            server_id=str(answer["server_id"]),
            name=arguments.name,
        )
        root = base64.b64decode(answer["tuf_root"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise Unreachable("answer_broken", "The server's answer is not understood.") from error
    state.save_identity(identity, root)
    print(f"Enrolled as device {identity.device}.")
    return DONE


def run(state: State, arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    """Run until stopped."""
    identity = state.identity()
    paths = sources.recordings(sources.replay_path(arguments.source))
    arguments.frames = _frames(arguments)
    with files.locked(state.lock, wait=False) as held:
        if not held:
            raise Busy("busy", "Another agent is running with this state folder.")
        return asyncio.run(_run(state, paths, arguments, open_transport(identity.server)))


async def _run(state: State, paths: list[Path], arguments: argparse.Namespace, transport: Transport) -> int:
    agent = Agent(state, transport, Clock(state.memory.clock_floor), Log(), arguments.frames)
    work = asyncio.create_task(
        agent.run(paths, speed=arguments.speed, loop=arguments.loop, once=arguments.once)
    )
    for name in (signal.SIGINT, signal.SIGTERM):
        _on_signal(name, work.cancel)
    try:
        replay = await work
    except asyncio.CancelledError:
        return DONE
    finally:
        await transport.close()
    if agent.leasing.revoked:
        print("This device was revoked. Nothing is captured.", file=sys.stderr)
        return REVOKED
    return SOME_REFUSED if replay.refused else DONE


def _on_signal(number: signal.Signals, do: Callable[[], Any]) -> None:
    if (
        sys.platform == "win32"
    ):  # pragma: no cover - other platform; Ctrl-C still arrives as KeyboardInterrupt
        return
    asyncio.get_running_loop().add_signal_handler(number, do)


def show_status(state: State, arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    """Print the visible status."""
    state.identity()
    print(status.as_text(status.read(state.folder, running=_is_running(state))), end="")
    return DONE


def pause(state: State, arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    clock = Clock(state.memory.clock_floor)
    local.pause(state, arguments.minutes, clock.now())
    print(f"Capture is paused for {arguments.minutes} minutes.")
    return DONE


def resume(state: State, arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    local.resume(state)
    print("Your pause is over. Capture goes on only where policy, law and lease allow it.")
    return DONE


def exclude(state: State, arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    change = local.include if arguments.undo else local.exclude
    choices = change(state, arguments.entry)
    print("You excluded: " + (", ".join(choices.exclusions) or "nothing"))
    return DONE


def forget(state: State, arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    """Delete the last minutes; what was sent already can be deleted in the portal."""
    now = Clock(state.memory.clock_floor).now()
    _delete(
        state, "forget", arguments.minutes, lambda spool: spool.forget_since(now - arguments.minutes * 60)
    )
    print(
        f"The last {arguments.minutes} minutes are deleted. Sessions sent before: delete them in the portal."
    )
    return DONE


def purge(state: State, arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    """Delete everything that waits here."""
    _delete(state, "purge", 0, lambda spool: spool.purge())
    print("Everything that was not sent is deleted. Sessions sent before: delete them in the portal.")
    return DONE


def _delete(state: State, kind: str, minutes: int, directly: Callable[[Spool], int]) -> None:
    """Let the running agent delete, or do it here when none runs."""
    with files.locked(state.lock, wait=False) as held:
        if held:
            directly(Spool(state))
            return
    if not local.wait_until_gone(local.give_order(state, kind, minutes), OBEY_SECONDS):
        raise AgentError("no_answer", "The running agent did not answer. Stop it and repeat the command.")


def _is_running(state: State) -> bool:
    with files.locked(state.lock, wait=False) as held:
        return not held


def _minutes(most: int) -> Callable[[str], int]:
    def minutes(text: str) -> int:
        number = int(text)
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(f"must be 1 to {most}")
        return number

    return minutes


def _frames(arguments: argparse.Namespace) -> FrameSettings:
    """How frames are treated on this computer: narrower than the policy's rules, never wider."""
    try:
        reader = open_reader(arguments.ocr)
    except EngineMissing as error:
        raise AgentError("ocr_missing", str(error)) from error
    return FrameSettings(mode=arguments.frame_text, reader=reader, seconds=arguments.frame_seconds)


def _seconds(text: str) -> float:
    number = float(text)
    if not 0.1 <= number <= 600:
        raise argparse.ArgumentTypeError("must be 0.1 to 600")
    return number


def _speed(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100_000:
        raise argparse.ArgumentTypeError("must be 0 to 100000")
    return number
