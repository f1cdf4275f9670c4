"""``python manage.py audit_witness``: register a witness, withdraw one, or say what each of them has seen."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits.actions.witnesses import register_witness, withdraw_witness
from audits.actor import Actor
from audits.models import Cosignature, Witness
from mci_core.errors import ActionError


class Command(BaseCommand):
    help = "Witnesses of the log: list them, or register or withdraw one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--register", metavar="VKEY", help="verifier key that mci-witness printed")
        parser.add_argument("--label", default="", help="who it is")
        parser.add_argument("--withdraw", metavar="NAME", help="key name of the witness")
        parser.add_argument("--reason", default="", help="written to the log")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.system("operator")
        try:
            if options["register"]:
                register_witness(
                    label=options["label"], vkey=options["register"], actor=actor, reason=options["reason"]
                )
            if options["withdraw"]:
                witness = Witness.objects.active().filter(name=options["withdraw"]).first()
                if witness is None:
                    raise CommandError("No such witness.")
                withdraw_witness(witness=witness, actor=actor, reason=options["reason"])
        except ActionError as fault:
            raise CommandError(fault.message) from None
        self._list()

    def _list(self) -> None:
        seen = {found.witness_id: found for found in Cosignature.objects.newest_of_each()}
        for witness in Witness.objects.all():
            last = seen.get(witness.pk)
            what = (
                f"saw {last.checkpoint.size} entries at {last.stated_at:%Y-%m-%d %H:%M}"
                if last
                else "saw nothing"
            )
            state = "withdrawn" if witness.withdrawn_at else "active"
            self.stdout.write(f"{witness.label}\t{witness.name}\t{state}\t{what}")
