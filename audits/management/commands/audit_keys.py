"""``python manage.py audit_keys``: the keys of the log, and how it changes from one to the next."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits import checkpoints, log_keys
from audits.actions.keys import end_log_key, prepare_log_key, replace_log_key
from audits.actor import Actor
from mci_core.errors import ActionError

ACTOR = Actor.system("operator")


class Command(BaseCommand):
    help = "Keys of the log: show them, or change from one to the next. See docs/operations.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "verb",
            choices=("show", "prepare", "change", "end"),
            nargs="?",
            default="show",
            help="show; prepare: make and announce the next key; change: from now on it signs, for a while"
            " together with the old one; end: the old one ends now",
        )
        parser.add_argument("--reason", default="", help="written to the log; change and end need one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._do(options["verb"], options["reason"])
        except ActionError as fault:
            raise CommandError(fault.message) from None

    def _do(self, verb: str, reason: str) -> None:
        if verb == "prepare":
            vkey = prepare_log_key(actor=ACTOR, reason=reason)
            self.stdout.write(f"The next key of the log is\n{vkey.text()}\nHand it to whoever verifies.")
        elif verb == "change":
            vkey = replace_log_key(actor=ACTOR, reason=reason)
            self.stdout.write(f"From the next checkpoint on the log is signed with\n{vkey.text()}")
        elif verb == "end":
            vkey = end_log_key(actor=ACTOR, reason=reason)
            self.stdout.write(f"From the next checkpoint on this key signs nothing:\n{vkey.text()}")
        else:
            self._show()

    def _show(self) -> None:
        signed = checkpoints.newest()
        if signed is None:
            self.stdout.write("Nothing is signed yet.")
            return
        for key in log_keys.shown(signed.origin):
            size = "-" if key.first is None else str(key.first.size)
            since = "-" if key.since is None else f"{key.since:%Y-%m-%d %H:%M}"
            until = "-" if key.until is None else f"{key.until:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{key.state}\tfrom size {size}\tsince {since}\tuntil {until}\t{key.vkey}")
