"""`mci-witness`: cosigns the states of an audit log, so that nobody can be shown another history.

init makes a key and remembers the log, once looks and cosigns, watch does so again and again, trust adds a
key of the log, show says what was seen. Exit codes: 0 done · 1 unexpected failure · 2 wrong usage or an
unusable file · 4 alarm: the log forked, shrank or does not show that it has only grown · 5 refused by the
server · 8 the server cannot be reached.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mci_agent import files, sign_keys, witness, witness_keys
from mci_agent.config import server_origin
from mci_agent.errors import AgentError, Refused, Unreachable
from mci_agent.sign_cli import plain
from mci_agent.transport import Answer, HttpTransport, Transport
from mci_core import notes

DONE, FAILED, USAGE, ALARM, REFUSED, UNREACHABLE = 0, 1, 2, 4, 5, 8
KEY = "witness"
PATH = "/audit/witness"
CHECKPOINT = "/audit/checkpoint"
KEYS = "/audit/keys"
LARGEST = 1 << 20
TEXT = {"accept": "text/plain", "content-type": "text/plain; charset=utf-8"}


@dataclass(frozen=True)
class World:
    """What surrounds the command: somebody with a passphrase, a network and a clock."""

    passphrase: Callable[[str], str] = getpass.getpass
    open_transport: Callable[[str], Transport] = HttpTransport
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def ask(self, origin: str, method: str, path: str, body: bytes = b"") -> Answer:
        """One request with a connection of its own."""
        return asyncio.run(self._ask(origin, method, path, body))

    async def _ask(self, origin: str, method: str, path: str, body: bytes) -> Answer:
        transport = self.open_transport(origin)
        try:
            return await transport.request(method, path, headers=TEXT, body=body)
        finally:
            await transport.close()


def main(argv: Sequence[str] | None = None, *, world: World | None = None) -> int:
    """Run one command; the exit code."""
    arguments = parser().parse_args(argv)
    around = world or World()
    verbs: dict[str, Callable[[argparse.Namespace, World], int]] = {
        "init": init,
        "once": once,
        "watch": watch,
        "trust": trust,
        "show": show,
    }
    try:
        return verbs[arguments.verb](arguments, around)
    except AgentError as error:
        print(plain(error.message), file=sys.stderr)
        return exit_code(error)


def exit_code(error: AgentError) -> int:
    """The exit code that stands for an error."""
    if isinstance(error, witness.Alarm):
        return ALARM
    if isinstance(error, Unreachable):
        return UNREACHABLE
    return REFUSED if isinstance(error, Refused) else USAGE


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="mci-witness", description="Cosigns the states of an audit log.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--folder",
        type=Path,
        default=Path.home() / ".mci-witness",
        metavar="DIR",
        help="default: ~/.mci-witness",
    )
    opening = argparse.ArgumentParser(add_help=False)
    opening.add_argument("--passphrase-file", type=Path, metavar="FILE", help="instead of asking for it")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    making = verbs.add_parser("init", parents=[shared, opening], help="make a key and remember a log")
    making.add_argument("name", metavar="NAME", help="for example council.example.com/w1")
    making.add_argument("--server", required=True, metavar="URL")
    making.add_argument(
        "--vkey", action="append", required=True, metavar="KEY", help="key of the log, or file"
    )
    verbs.add_parser("once", parents=[shared, opening], help="look once and cosign")
    watching = verbs.add_parser(
        "watch", parents=[shared, opening], help="look again and again, until an alarm"
    )
    watching.add_argument("--every", type=float, default=60.0, metavar="SECONDS")
    watching.add_argument("--times", type=int, default=0, metavar="N", help="end after N looks")
    trusting = verbs.add_parser("trust", parents=[shared], help="trust a further key of the log")
    trusting.add_argument(
        "--vkey",
        metavar="KEY",
        help="the new key, or a file; without it those to which the entries of the log lead",
    )
    verbs.add_parser("show", parents=[shared], help="the key of this witness and what it has seen")
    return top


def init(arguments: argparse.Namespace, world: World) -> int:
    """Make the key; remember nothing yet."""
    origin = server_origin(arguments.server)
    texts = tuple(_vkey_text(value) for value in arguments.vkey)
    config = witness.Config(arguments.name, origin, texts)
    config.keys()
    try:
        notes.check_name(arguments.name)
    except notes.BadNote as error:
        raise AgentError("name", "The name of a witness has no spaces and no plus sign.") from error
    passphrase = _passphrase(arguments, world, "New passphrase: ")
    if arguments.passphrase_file is None and world.passphrase("Once more: ") != passphrase:
        raise AgentError("passphrase_differs", "The two passphrases differ.")
    folder = files.make_folder(arguments.folder)
    sign_keys.make(folder, KEY, passphrase)
    witness.save_seen(folder, witness.Seen())
    witness.save_config(folder, config)
    _signer, key = sign_keys.load(folder / f"{KEY}.key", passphrase)
    own = notes.Vkey.of(config.name, key, notes.COSIGNATURE).text()
    files.write_new(folder / f"{KEY}.vkey", own.encode() + b"\n")
    print(f"Hand this key to the people of the server: {own}")
    return DONE


def once(arguments: argparse.Namespace, world: World) -> int:
    """Look once."""
    print(_look(arguments.folder, *_opened(arguments, world), world))
    return DONE


def watch(arguments: argparse.Namespace, world: World) -> int:
    """Look until an alarm. A server that is away or refuses is told and asked again."""
    config, own = _opened(arguments, world)
    looks = 0
    while True:
        try:
            print(_look(arguments.folder, config, own, world), flush=True)
        except (Unreachable, Refused) as error:
            print(plain(error.message), file=sys.stderr, flush=True)
        looks += 1
        if looks == arguments.times:
            return DONE
        world.sleep(arguments.every)


def trust(arguments: argparse.Namespace, world: World) -> int:
    """A log that changes its key says so in entries, which the old key has signed, and the new one."""
    config = witness.load_config(arguments.folder)
    if arguments.vkey is None:
        answer = world.ask(config.server, "GET", KEYS)
        texts = tuple(key.text() for key in witness_keys.followed(_text(answer), config.keys()))
    else:
        texts = (*config.vkeys, _vkey_text(arguments.vkey))
    changed = replace(config, vkeys=tuple(dict.fromkeys(texts)))
    changed.keys()
    witness.save_config(arguments.folder, changed)
    for text in changed.vkeys:
        if text not in config.vkeys:
            print(plain(f"Trusted from now on: {text}"))
    for text in config.vkeys:
        if text not in changed.vkeys:
            print(plain(f"It has ended and is trusted no more: {text}"))
    print(f"{len(changed.vkeys)} keys of the log are trusted.")
    return DONE


def show(arguments: argparse.Namespace, _world: World) -> int:
    """What is known without the key."""
    config, seen = witness.load_config(arguments.folder), witness.load_seen(arguments.folder)
    try:
        own = (arguments.folder / f"{KEY}.vkey").read_text("utf-8").strip()
    except OSError as error:
        raise AgentError("vkey_missing", "The public key of this witness cannot be read.") from error
    for line in (f"Witness {config.name} of {config.keys()[0].name} at {config.server}", f"Key {own}"):
        print(plain(line))
    if not seen.size:
        print("It has cosigned nothing yet.")
        return DONE
    moment = datetime.fromtimestamp(seen.time, UTC)
    print(f"It cosigned {seen.size} entries at {moment:%Y-%m-%d %H:%M:%S} UTC, root {seen.root.hex()}")
    return DONE


def _look(folder: Path, config: witness.Config, own: witness.Witness, world: World) -> str:
    """Ask, judge, remember, cosign, hand over; what happened, in words."""
    with files.locked(folder / witness.LOCK, wait=False) as held:
        if not held:
            raise AgentError("locked", "Another mci-witness uses this folder.")
        seen = witness.load_seen(folder)
        answer = world.ask(config.server, "GET", f"{PATH}?old={seen.size}")
        try:
            found = _judged(config, own, world, seen, answer)
        except witness.Alarm as alarm:
            path = witness.keep_evidence(folder, int(world.now()), seen, answer.body)
            raise witness.Alarm(alarm.code, f"ALARM. {alarm.message} Kept in {path}.") from alarm
        if found is None:
            return "The log has no checkpoint yet."
        note, checkpoint = found
        moment = max(int(world.now()), seen.time)
        # Remembered before anybody can see the cosignature: after a crash it would be forgotten otherwise.
        fresh = witness.Seen(checkpoint.size, checkpoint.root, moment, note.dumps())
        witness.save_seen(folder, fresh)
        _hand_over(config, world, own.cosigned(note, moment))
    return "\n".join([f"Cosigned {checkpoint.size} entries.", *map(plain, own.untrusted(note))])


def _judged(
    config: witness.Config, own: witness.Witness, world: World, seen: witness.Seen, answer: Answer
) -> tuple[notes.Note, notes.Checkpoint] | None:
    if answer.status == 409:
        raise witness.Alarm("shrunk", witness.shrunk(_signed_size(config, own, world), seen))
    if answer.status == 404 and seen.size:
        raise witness.Alarm("gone", f"The log had {seen.size} entries and has no checkpoint now.")
    if answer.status == 404:
        return None
    return own.judged(_text(answer), seen)


def _signed_size(config: witness.Config, own: witness.Witness, world: World) -> int:
    """How many entries the log itself signs for now."""
    answer = world.ask(config.server, "GET", CHECKPOINT)
    try:
        return own.opened(notes.Note.parse(_text(answer))).size
    except notes.BadNote as error:
        raise witness.Alarm(
            "not_signed", f"The log shows no checkpoint that can be read: {error}."
        ) from error


def _hand_over(config: witness.Config, world: World, note: notes.Note) -> None:
    answer = world.ask(config.server, "POST", PATH, note.dumps().encode())
    if answer.status == 403:
        raise Refused(403, "witness_unknown", "The server does not know the key of this witness.")
    _text(answer)


def _text(answer: Answer) -> str:
    if answer.status == 429 or answer.status >= 500:
        raise Unreachable("unreachable", f"The server is busy or broken (HTTP {answer.status}).")
    if answer.status != 200:
        raise Refused(answer.status, "refused", f"The server refused this (HTTP {answer.status}).")
    if len(answer.body) > LARGEST:
        raise Unreachable("answer_too_large", "The server sends more than expected.")
    return answer.body.decode("utf-8", "replace")


def _opened(arguments: argparse.Namespace, world: World) -> tuple[witness.Config, witness.Witness]:
    config = witness.load_config(arguments.folder)
    log = tuple(config.keys())
    passphrase = _passphrase(arguments, world, "Passphrase: ")
    _signer, key = sign_keys.load(arguments.folder / f"{KEY}.key", passphrase)
    return config, witness.Witness(config.name, key, log)


def _passphrase(arguments: argparse.Namespace, world: World, question: str) -> str:
    if arguments.passphrase_file is None:
        return world.passphrase(question)
    return _read(arguments.passphrase_file).rstrip("\r\n")


def _vkey_text(value: str) -> str:
    text = value if "+" in value and not Path(value).is_file() else _read(Path(value))
    return witness.read_vkey(text, notes.ED25519).text()


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AgentError("file_missing", f"{path} cannot be read.") from error
