"""``python manage.py demo``: everything on this machine, with an invented organisation; Ctrl-C ends it."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mci_admin import env
from mci_admin.processes.demo import Demo, code_now, forget, given_sessions, sign_ins
from mci_admin.processes.stack import EndedError, Stack, StackError
from mci_admin.processes.supervisor import GaveUpError
from mci_admin.processes.wish import WishToEnd
from mci_admin.services.places import ServiceError


class Command(BaseCommand):
    help = "Run the whole product with an invented organisation. Ctrl-C ends everything in order."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="forget all data and end")
        parser.add_argument("--codes", action="store_true", help="tell each person's second-factor code")
        parser.add_argument("--no-seed", action="store_true", help="do not make the organisation")
        parser.add_argument("--agents", type=int, default=5, help="how many agents to run (default 5)")
        parser.add_argument("--speed", type=int, default=30, help="how many times faster recordings run")

    def handle(self, *args: Any, **options: Any) -> None:
        if env.is_production():
            raise CommandError("The demo never runs with the settings of a production.")
        if options["reset"]:
            if not forget(env.var_dir()):
                raise CommandError("The demo runs. End it first.")
            self.stdout.write("forgotten")
            return
        if options["codes"]:
            for person in sign_ins(env.var_dir()):
                code = code_now(person["totp"], time.time()) if person.get("totp") else "not needed"
                self.stdout.write(f"{code:<12}{person['email']} ({person['label']})")
            return
        try:
            self._run(WishToEnd().listen(), options)
        except EndedError:
            self.stdout.write("ended")
        except (StackError, ServiceError, GaveUpError) as fault:
            raise CommandError(str(fault)) from None

    def _run(self, ended: WishToEnd, options: dict[str, Any]) -> None:
        began = time.monotonic()
        self._say("starting; the first time takes up to 3 minutes")
        with Stack(env.var_dir(), say=self._say, ended=ended) as stack:
            demo = Demo(
                stack,
                agents=options["agents"],
                seed=not options["no_seed"],
                sessions=given_sessions(),
                speed=options["speed"],
            )
            demo.bring_up()
            self._say(f"ready after {time.monotonic() - began:.0f} s; logs in {stack.var / 'log'}")
            self._say(demo.line())
            while not ended():
                time.sleep(0.3)
                stack.watch()
            self._say("ending")
        self._say("ended")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
