"""``manage.py restore_drill [--dump FILE]``: shows that an old dump opens nothing that was erased.

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
from accounts.tasks import destroy_object_keys
from audits import sequence, verification
from audits.actor import Actor
from capture_sessions.actions import expire_sessions
from mci_admin import database, drill
from mci_admin.services.places import ServiceError
from privacy_requests import drill as inside
from privacy_requests.after_restore import bring_up_to_date
from privacy_requests.ledger import LedgerBroken

FAULTS = (drill.DrillFailed, ServiceError, LedgerBroken, ImproperlyConfigured)


class Command(BaseCommand):
    help = "Restore a dump into a second server, show that nothing erased can be read, and replay the ledger."

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
        opened = found["before"]["expired"]["opened"]
        found["live"] = inside.compare(opened, found["before"]["control"]["unreadable"])
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
        looks = (before["look"], before["with_ring"], after["look"])
        titles = ("As restored", "With the ring of living keys", "Brought up to date")
        for title, look in zip(titles, looks, strict=True):
            self.stdout.write(
                f"{title}: {look['people']} erased people; of erased sessions {look['sessions']} are there,"
                f" with {look['objects_with_keys']} wrapped keys; opened: {look['objects_opened']} objects,"
                f" {look['keys_opened']} person keys, {look['details_opened']} details of the log."
            )
        for until in before["look"]["opens_until"]:
            self.stdout.write(f"This dump is young: it opens something that was erased until {until}.")
        past = before["expired"]
        self.stdout.write(
            f"Past their retention: {past['sessions']} sessions; the copy opens {len(past['opened'])},"
            f" {len(found['live']['overdue'])} too late."
        )
        if not before["look"]["people"] and not before["look"]["sessions"]:
            self.stdout.write("Nobody has been erased yet: this shows only that the dump can be restored.")
        control = before["control"]
        self.stdout.write(
            f"Of all others: {control['readable']} of {control['tried']} sessions that were tried are read."
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
    look, expired = inside.look(), inside.expired()
    adopt_keyring(actor=Actor.system("restore"))
    expired.opened = sorted({*expired.opened, *inside.expired().opened})
    return {
        "look": asdict(look),
        "with_ring": asdict(inside.look()),
        "expired": asdict(expired),
        "control": asdict(inside.control()),
        "entries": entries,
        "log": log,
    }


def _replay() -> dict[str, Any]:
    outcome = bring_up_to_date()
    # What beat does in a restored database as soon as it is started.
    while expire_sessions(actor=Actor.system("retention")):
        pass
    destroy_object_keys()
    return {**asdict(outcome), "look": asdict(inside.look()), "expired": asdict(inside.expired())}


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
