"""`mci-policy`: a capture policy as a file that people review like code.

export     write the live policy (or a release) as YAML
validate   check a file, without a server
plan       say what a file changes of the live policy, and who must approve it
apply      make a draft of a file; people approve it as every other draft
schema     write the JSON Schema for editors

Exit codes: 0 done, or nothing changes - 1 an error - of `plan`: 2 something changes, nothing gets wider -
3 something gets wider.

The API token is read from the environment variable MCI_TOKEN.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from mci_agent import __version__
from mci_agent.config import server_origin
from mci_agent.errors import AgentError
from mci_agent.policy_client import Invalid, LivePolicy, OpenTransport, PolicyClient
from mci_agent.transport import HttpTransport
from mci_core import policy, policy_code
from mci_core.errors import ActionError
from mci_core.policy_code import Plan, PolicyFile, editor_schema_text

NO_CHANGES, ERROR, CHANGES, WIDER = range(4)
TOKEN, SERVER = "MCI_TOKEN", "MCI_SERVER"
STDIN = "-"


def main(argv: Sequence[str] | None = None, *, open_transport: OpenTransport = HttpTransport) -> int:
    """Run one command; the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments, open_transport)
    except (AgentError, ActionError) as error:
        _say(error.message, error=True)
        return ERROR
    except OSError as error:
        _say(f"{error.filename}: {error.strerror}", error=True)
        return ERROR
    return code


class _Parser(argparse.ArgumentParser):
    """Wrong usage is an error like others: 2 and 3 are answers of `plan`."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ERROR, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    top = _Parser(
        prog="mci-policy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"mci-policy {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND", parser_class=_Parser)

    def verb(
        name: str, run: Callable[..., int], words: str, *, file: bool = True, server: bool = True
    ) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = verbs.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        if file:
            made.add_argument("file", metavar="FILE", help="the policy file; - is standard input")
        if server:
            made.add_argument(
                "--server", default=os.environ.get(SERVER), metavar="URL", help=f"default: ${SERVER}"
            )
        return made

    exporting = verb("export", _export, "Write the live policy as YAML.", file=False)
    exporting.add_argument("--release", type=int, metavar="N", help="this release instead of the live one")
    exporting.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    verb("validate", _validate, "Check a file, without a server.", server=False)
    verb("plan", _plan, "Say what a file changes of the live policy.").add_argument(
        "--json", action="store_true", help="for other programs"
    )
    applying = verb("apply", _apply, "Make a draft of a file. Nothing changes before others approve it.")
    applying.add_argument("--reason", default="", metavar="TEXT", help="why; those who approve read it")
    applying.add_argument("--submit", action="store_true", help="submit the draft for approval as well")
    verb("schema", _schema, "Write the JSON Schema for editors.", file=False, server=False)
    return top


def _export(arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    client = _client(arguments, open_transport)
    found = client.live() if arguments.release is None else client.release(arguments.release)
    if found is None:
        raise AgentError("nothing_live", "No policy is live yet. Begin with a draft in the console.")
    header = policy_code.Header(found.digest, client.origin, found.release, found.version)
    text = policy_code.written(found.document, header)
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        arguments.output.write_text(text, "utf-8")
    return NO_CHANGES


def _validate(arguments: argparse.Namespace, _open: OpenTransport) -> int:
    file = _read(arguments.file)
    found = policy_code.problems(file)
    for fault in found:
        waits = " (before approval)" if fault.blocks == "approval" else ""
        _say(f"{arguments.file}:{fault.line}: {fault.path}: {fault.message}{waits}")
    if found:
        return ERROR
    _say(f"Valid. Digest {policy.policy_digest(file.document)}")
    return NO_CHANGES


def _plan(arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    file = _valid(arguments.file)
    client = _client(arguments, open_transport)
    live = client.live()
    plan = policy_code.compare(live.document if live else None, file.document)
    if arguments.json:
        release = live and {"number": live.release, "version": live.version}
        _say(json.dumps({"server": client.origin, "release": release, **plan.as_dict()}, indent=2))
    else:
        _show(plan, live, client.origin)
    return _code(plan)


def _apply(arguments: argparse.Namespace, open_transport: OpenTransport) -> int:
    file = _valid(arguments.file)
    client = _client(arguments, open_transport)
    live = client.live()
    plan = policy_code.compare(live.document if live else None, file.document)
    if plan.direction is None:
        _say("No changes: the live policy is this one. No draft was made.")
        return NO_CHANGES
    _show(plan, live, client.origin)
    try:
        draft = client.make_draft(file.document, base=plan.old_digest, justification=arguments.reason)
    except Invalid as error:
        line = file.line_of(error.path)
        raise AgentError(error.code, f"{arguments.file}:{line}: {error.path}: {error.message}") from error
    if policy.policy_digest(draft["document"]) != plan.digest:
        raise AgentError("digest_differs", "The server made another document of it. Do not submit the draft.")
    _say(f"\nDraft: {client.origin}/policies/drafts/{draft['id']}/")
    if arguments.submit:
        version = client.submit(str(draft["id"]))
        _say(f"Submitted as version {version['number']}, digest {version['digest']}.")
        _say(f"It waits for {plan.approval}: {client.origin}/policies/versions/{version['id']}/")
    return NO_CHANGES


def _schema(_arguments: argparse.Namespace, _open: OpenTransport) -> int:
    sys.stdout.write(editor_schema_text())
    return NO_CHANGES


def _read(name: str) -> PolicyFile:
    data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    try:
        return policy_code.read(data)
    except policy_code.Unreadable as error:
        raise AgentError(error.code, f"{name}:{error.line}: {error.message}") from error


def _valid(name: str) -> PolicyFile:
    """A file that a draft may hold; what is missing for approval is said, but does not stop it."""
    file = _read(name)
    found = policy_code.problems(file)
    for fault in found:
        _say(f"{name}:{fault.line}: {fault.path}: {fault.message}", error=True)
    if any(fault.blocks == "draft" for fault in found):
        raise AgentError("policy_invalid", "This file is no policy.")
    return file


def _client(arguments: argparse.Namespace, open_transport: OpenTransport) -> PolicyClient:
    if not arguments.server:
        raise AgentError("server_missing", f"Name the server: --server https://mci.example.com or ${SERVER}.")
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise AgentError("token_missing", f"Put an API token into the environment variable {TOKEN}.")
    return PolicyClient(server_origin(arguments.server), token, open_transport)


def _code(plan: Plan) -> int:
    if plan.direction is None:
        return NO_CHANGES
    return WIDER if plan.direction == "wider" else CHANGES


def _show(plan: Plan, live: LivePolicy | None, origin: str) -> None:
    where = (
        f"release {live.release} (version {live.version}, digest {live.digest[:12]}) of {origin}"
        if live
        else f"{origin}, where no policy is live yet"
    )
    if plan.direction is None:
        _say(f"No changes against {where}.")
        return
    _say(f"Changes against {where}:\n")
    width = max(len(change.path) for change in plan.changes)
    for change in plan.changes:
        words = " ".join(change.words.split())
        _say(f"  {change.direction:<8}  {change.path:<{width}}  {words}")
    for kind, gone in (("entries", plan.removed_entries), ("rules", plan.removed_rules)):
        if gone:
            _say(f"\nRemoved {kind}: {', '.join(gone)}")
    counts = ", ".join(f"{plan.count(way)} {way}" for way in ("wider", "narrower", "neutral"))
    _say(f"\n{counts}. The whole is {plan.direction}.")
    _say(f"To approve: {plan.approval}.\n")
    for line in plan.lines:
        _say(line)


def _say(text: str, *, error: bool = False) -> None:
    """Nothing that a policy holds may move the cursor, hide a line or turn its direction."""
    shown = "".join(char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text)
    (sys.stderr if error else sys.stdout).write(shown + "\n")
