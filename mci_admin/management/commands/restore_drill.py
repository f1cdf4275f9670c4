"""``manage.py restore_drill [--dump FILE]``: shows that an old dump opens nobody who was erased.

``--phase`` is what the drill calls itself with, inside the copy.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from accounts.actions import adopt_keyring
from audits import sequence, verification
from audits.actor import Actor
from mci_admin import database, drill
from mci_admin.services.places import ServiceError
from privacy_requests import drill as inside
from privacy_requests.after_restore import bring_up_to_date
from privacy_requests.ledger import LedgerBroken

FAULTS = (drill.DrillFailed, ServiceError, LedgerBroken, ImproperlyConfigured)


class Command(BaseCommand):
    help = "Restore a dump into a second server, show that nobody erased can be read, and replay the ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dump", type=Path, help="a pg_dump in the custom format; without it, one is made"
        )
        parser.add_argument("--json", action="store_true", help="print what was found as JSON at the end")
        parser.add_argument("--phase", choices=("look", "replay"), help="used by the drill itself")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["phase"]:
            found = {"look": _look, "replay": _replay}[options["phase"]]()
            self.stdout.write(json.dumps(found))
            return
        try:
            found = drill.run(options["dump"], self._tell)
        except FAULTS as fault:
            raise CommandError(str(fault)) from None
        self._say(found)
        if options["json"]:
            self.stdout.write(json.dumps(found))
        wrong = drill.faults(found)
        if wrong:
            raise CommandError("The drill failed: " + "; ".join(wrong) + ".")
        self.stdout.write(self.style.SUCCESS("The drill passed."))

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _say(self, found: dict[str, Any]) -> None:
        before, after = found["before"], found["after"]
        for title, look in (("As restored", before["look"]), ("Brought up to date", after["look"])):
            self.stdout.write(
                f"{title}: {look['people']} erased people; of their sessions {look['sessions']} are there,"
                f" with {look['objects_with_keys']} wrapped keys; opened: {look['objects_opened']} objects,"
                f" {look['keys_opened']} person keys, {look['details_opened']} details of the log."
            )
        for until in before["look"]["opens_until"]:
            self.stdout.write(f"This dump is young: it opens an erased person until {until}.")
        if not before["look"]["people"]:
            self.stdout.write("Nobody has been erased yet: this shows only that the dump can be restored.")
        control = before["control"]
        self.stdout.write(
            f"Of others: {control['readable']} of {control['tried']} sessions that were tried are read."
        )
        self.stdout.write(f"The log of {before['entries']} entries: {before['log'] or 'whole'}.")
        self.stdout.write(
            f"Erasures: {after['carried_out']} carried out again, {after['known']} were known,"
            f" {after['unknown']} of people whom the dump never knew, {after['waiting']} wait."
        )


def _look() -> dict[str, Any]:
    default = settings.DATABASES["default"]
    database.set_up(app_role=default["USER"], app_password=default["PASSWORD"], verbosity=0)
    entries, log = _log()
    look = inside.look()
    adopt_keyring(actor=Actor.system("restore"))
    return {"look": asdict(look), "control": asdict(inside.control()), "entries": entries, "log": log}


def _replay() -> dict[str, Any]:
    return {**asdict(bring_up_to_date()), "look": asdict(inside.look())}


def _log() -> tuple[int, str]:
    """How many entries a checkpoint covers, and what is wrong with them."""
    checkpoint = sequence.latest()
    if checkpoint is None:
        return 0, ""
    try:
        verification.verify(checkpoint)
    except sequence.Broken as fault:
        return checkpoint.size, str(fault)
    return checkpoint.size, ""
