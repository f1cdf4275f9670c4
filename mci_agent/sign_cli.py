"""`mci-sign`: signing with keys of people, away from the server.

keygen makes a key, root signs a new root offline, release shows what a server wants signed and signs it.
Exit codes: 0 done · 1 unexpected failure · 2 wrong usage or an unusable file · 3 you said no ·
4 refused: what was fetched is not what it should be · 5 nothing waits · 8 the server cannot be reached.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import Metadata, Root

from mci_agent import files, sign_keys, sign_review
from mci_agent.config import server_origin
from mci_agent.errors import AgentError, PolicyRefused, Refused, Unreachable
from mci_agent.sign_desk import Asked, Desk
from mci_agent.transport import HttpTransport, Transport

DONE, FAILED, USAGE, NO, REFUSED, NOTHING = range(6)
UNREACHABLE = 8
MARKS = {"wider": "WIDER   ", "narrower": "narrower", "neutral": "neutral "}


@dataclass(frozen=True)
class Person:
    """How the command talks with whoever signs."""

    passphrase: Callable[[str], str] = getpass.getpass
    answer: Callable[[str], str] = input
    say: Callable[[str], None] = print

    def tell(self, words: str) -> None:
        """One line. What comes from a server or a file must not move the cursor over what was said before."""
        self.say(plain(words))

    def agrees(self, question: str) -> bool:
        """Only the whole word counts: nobody signs by pressing Enter."""
        return self.answer(f"{question} Type yes: ").strip() == "yes"


def main(
    argv: Sequence[str] | None = None,
    *,
    person: Person | None = None,
    open_transport: Callable[[str], Transport] = HttpTransport,
    now: Callable[[], float] = time.time,
) -> int:
    """Run one command; the exit code."""
    arguments = parser().parse_args(argv)
    talk = person or Person()
    try:
        if arguments.verb == "keygen":
            return keygen(arguments, talk)
        if arguments.verb == "root":
            return root(arguments, talk)
        return release(arguments, talk, open_transport, now)
    except AgentError as error:
        print(plain(error.message), file=sys.stderr)
        return exit_code(error)


def plain(words: str) -> str:
    """The words without control characters."""
    return "".join(one if one.isprintable() else "?" for one in words)


def exit_code(error: AgentError) -> int:
    """The exit code that stands for an error."""
    if isinstance(error, Unreachable):
        return UNREACHABLE
    if isinstance(error, Refused) and error.code == "nothing_waits":
        return NOTHING
    return REFUSED if isinstance(error, PolicyRefused | Refused) else USAGE


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="mci-sign", description="Signs with keys that never reach a server.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    making = verbs.add_parser("keygen", help="make a key that is encrypted with a passphrase")
    making.add_argument("name", metavar="NAME", help="for example your own: NAME.key stays with you")
    making.add_argument("--out", type=Path, default=Path(), metavar="DIR")
    signing = verbs.add_parser("root", help="sign a new root, without a network")
    signing.add_argument("file", type=Path, metavar="FILE")
    signing.add_argument("--key", type=Path, required=True, metavar="FILE")
    signing.add_argument("--trusted-root", type=Path, metavar="FILE", help="the root before it, to compare")
    releasing = verbs.add_parser("release", help="look at what waits at a server, and sign it")
    releasing.add_argument("--server", required=True, metavar="URL")
    releasing.add_argument("--key", type=Path, required=True, metavar="FILE")
    releasing.add_argument(
        "--trusted-root", type=Path, metavar="FILE", help="the first root of the ceremony; needed once"
    )
    releasing.add_argument(
        "--state", type=Path, metavar="DIR", help="what this computer has seen (default: ~/.mci-sign)"
    )
    return top


def keygen(arguments: argparse.Namespace, person: Person) -> int:
    """Make a key file and its public half."""
    passphrase = person.passphrase("New passphrase: ")
    if person.passphrase("Once more: ") != passphrase:
        raise AgentError("passphrase_differs", "The two passphrases differ.")
    key_id = sign_keys.make(arguments.out, arguments.name, passphrase)
    person.tell(f"Key {key_id}")
    person.tell(
        f"Keep {arguments.name}.key to yourself; hand {arguments.name}.pub to whoever keeps the keys."
    )
    return DONE


def root(arguments: argparse.Namespace, person: Person) -> int:
    """Show what a new root says, and add a signature to its file."""
    document = sign_review.parsed_root(_read(arguments.file))
    before: Metadata[Root] | None = None
    if arguments.trusted_root is not None:
        before = sign_review.parsed_root(_read(arguments.trusted_root))
    for words in sign_review.root_changes(before.signed if before else None, document.signed):
        person.tell(words)
    signer, _key = sign_keys.load(arguments.key, person.passphrase("Passphrase: "))
    named = {*document.signed.roles["root"].keyids, *(before.signed.roles["root"].keyids if before else ())}
    if before is not None and signer.public_key.keyid not in named:
        raise PolicyRefused("not_root_key", "Neither root names this key for new roots.")
    if not person.agrees("Sign this root?"):
        return NO
    document.sign(signer, append=True)
    files.write_whole(arguments.file, document.to_bytes())
    person.tell(f"{arguments.file} has {len(document.signatures)} signatures now.")
    return DONE


def release(
    arguments: argparse.Namespace,
    person: Person,
    open_transport: Callable[[str], Transport],
    now: Callable[[], float],
) -> int:
    """Fetch, check, show, ask, sign, send."""
    origin = server_origin(arguments.server)
    signer, key = sign_keys.load(arguments.key, person.passphrase("Passphrase: "))
    folder = (arguments.state or Path.home() / ".mci-sign") / origin.partition("://")[2].replace(":", "_")
    with Desk(folder, open_transport(origin), signer, key, now=now) as desk:
        if arguments.trusted_root is not None:
            desk.trust(_read(arguments.trusted_root))
        return _at(desk, person)


def _at(desk: Desk, person: Person) -> int:
    asked = desk.ask()
    show(asked, person.tell)
    if asked.signed_already:
        person.tell("You have signed this already.")
        return DONE
    if not person.agrees("Sign exactly this?"):
        return NO
    waits = desk.sign(asked)
    person.tell(f"Signed; {waits}" if waits else "Signed and published.")
    return DONE


def show(asked: Asked, say: Callable[[str], None]) -> None:
    """Everything that the signature would make true."""
    say(f"Asked because: {asked.reason}")
    for words in (*asked.root_words, *asked.review.notes):
        say(words)
    for change in asked.review.changes:
        say(f"{MARKS[change.direction]} {change.words}")
    say(f"Altogether: {asked.review.direction.upper()}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AgentError("file_missing", f"{path} cannot be read.") from error
