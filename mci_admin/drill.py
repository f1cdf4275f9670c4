"""A restore drill: yesterday's dump in a second, embedded server, looked at, brought up to date, and again.

Nothing of the running installation is changed: the second server has a folder of its own, the keys of the
days and the ledger are used as copies, and where erasures are carried out again the store is an empty folder.
Whatever happens, what was started is stopped and the folder is removed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings

from mci_admin import database
from mci_admin.services import servers
from mci_admin.services.embedded import Embedded

Tell = Callable[[str], None]
#: One of our own processes, or a dump of a large database.
PHASE_SECONDS, DUMP_SECONDS = 900, 6 * 3600


class DrillFailed(Exception):
    """A step did not work; the message says which and why."""


@contextmanager
def drill_folder() -> Iterator[Path]:
    """Private, and gone afterwards, also when somebody asks us to end."""
    before = signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix="mci-drill-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        signal.signal(signal.SIGTERM, before)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def run(dump: Path | None, tell: Tell) -> dict[str, Any]:
    """The whole drill; returns what both looks found."""
    with drill_folder() as folder:
        if dump is None:
            tell("1/5 Dumping the database")
            dump = folder / "fresh.dump"
            _dump(dump)
        else:
            tell(f"1/5 Using the dump {dump.name}")
        with Embedded(folder / "var", durable=False) as embedded:
            tell("2/5 Restoring it into a second server")
            _restore(dump, embedded)
            environment = _environment(folder, embedded)
            tell("3/5 Looking at it as it is, with every key there is")
            before = _phase("look", environment)
            tell("4/5 Bringing it up to date: ring of keys, ledger of erasures")
            empty = {**environment, "BLOBS_DIR": str(folder / "blobs")}
            after = _phase("replay", empty)
            tell("5/5 Stopping the server and removing the copy")
    return {"before": before, "after": after}


def faults(found: Mapping[str, Any]) -> list[str]:
    """Why the drill has failed; empty when it has passed."""
    before, after = found["before"], found["after"]
    wrong = [f"the log: {before['log']}"] if before["log"] else []
    broken = {*before["look"]["broken_promises"], *before["with_ring"]["broken_promises"]}
    wrong += [f"what was erased can be read: {one}" for one in sorted(broken)]
    wrong += [f"session {one} can be read long after its retention" for one in found["live"]["overdue"]]
    lost, tried = len(found["live"]["lost"]), before["control"]["tried"]
    if lost:
        wrong.append(f"{lost} of {tried} sessions that were not erased cannot be read")
    left = after["look"]
    opened = left["objects_opened"] + left["keys_opened"] + left["details_opened"]
    if opened or left["sessions"] or left["objects_with_keys"] or after["expired"]["sessions"]:
        wrong.append("after the erasures were carried out again, something of the erased is left")
    if after["waiting"]:
        wrong.append(f"{after['waiting']} erasures could not be carried out again")
    return wrong


# --- the two servers


def _dump(target: Path) -> None:
    given = database.owner().settings_dict
    command = [_program("pg_dump"), "--format=custom", f"--file={target}", "--no-password"]
    for option, name in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER")):
        if given[name]:
            command.append(f"{option}={given[name]}")
    more = {"PGPASSWORD": given["PASSWORD"]} if given["PASSWORD"] else {}
    _call([*command, given["NAME"]], "The dump", environment={**_plain(), **more})


def _restore(dump: Path, embedded: Embedded) -> None:
    url = servers.postgres_url(embedded.places, servers.OWNER_ROLE)
    command = [_program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={url}"]
    _call([*command, str(dump)], "The restore", environment=_plain())


def _program(name: str) -> str:
    return str(servers.binary(name))


def _plain() -> dict[str, str]:
    """These programs need none of our secrets."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


# --- our own processes inside the copy


def _environment(folder: Path, embedded: Embedded) -> dict[str, str]:
    for name, given in (("epochs", settings.EPOCHS_DIR), ("ledger", settings.LEDGER_DIR)):
        shutil.copytree(given, folder / name) if given.exists() else (folder / name).mkdir()
    return {
        **os.environ,
        "DATABASE_URL": servers.postgres_url(embedded.places, servers.APP_ROLE),
        "DATABASE_OWNER_URL": servers.postgres_url(embedded.places, servers.OWNER_ROLE),
        "REDIS_URL": servers.valkey_url(embedded.places),
        "KEYS_DIR": str(settings.KEYS_DIR),
        "BLOBS_DIR": str(settings.BLOBS_DIR),
        "EPOCHS_DIR": str(folder / "epochs"),
        "LEDGER_DIR": str(folder / "ledger"),
        # The log of the copy is read, never signed, and nobody is told of it.
        "AUDIT_STATE_DIR": str(folder / "audit"),
        "AUDIT_EXPORT_DIR": "",
        "AUDIT_CHECKPOINT_DIR": "",
        "AUDIT_CHECKPOINT_MAIL": "",
    }


def _phase(name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "restore_drill", "--phase", name]
    said = _call(command, f"The phase {name}", environment=environment, seconds=PHASE_SECONDS)
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def _call(
    command: list[str], what: str, *, environment: Mapping[str, str], seconds: int = DUMP_SECONDS
) -> str:
    """Run to the end; a failure, a time-out or our own end takes the process with it."""
    process = subprocess.Popen(  # noqa: S603  # fixed programs, paths of our own
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        said, complained = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise DrillFailed(f"{what} took longer than {seconds} s.") from None
    finally:
        if process.poll() is None:
            process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
    if process.returncode != 0:
        raise DrillFailed(f"{what} failed: {complained.strip()[-800:]}")
    return said
