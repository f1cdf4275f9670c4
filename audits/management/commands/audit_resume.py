"""``python manage.py audit_resume``: let a halted sequencer go on, after somebody has looked."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits import outside
from audits.actions.witnesses import resume_log
from audits.actor import Actor
from mci_core.errors import ActionError


class Command(BaseCommand):
    help = "Let a halted sequencer go on. See docs/operations.md, The audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="why the log may go on; it is written to the log")
        parser.add_argument(
            "--new-log",
            action="store_true",
            help="give up what was signed before and sign what is there under a new origin",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Halted because: {outside.halted() or 'it is not halted'}")
        try:
            signed = resume_log(
                actor=Actor.system("operator"), reason=options["reason"], new_log=options["new_log"]
            )
        except ActionError as fault:
            raise CommandError(fault.message) from None
        if signed is not None:
            self.stdout.write(
                f"A new log begins: {signed.origin}, {signed.size} entries. Tell the witnesses."
            )
        self.stdout.write("The sequencer may go on.")
