"""``python manage.py services``: run the embedded PostgreSQL and Valkey in the foreground.

``--detach`` starts them in the background, ``--status`` asks, ``--stop`` ends them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mci_admin import env
from mci_admin.processes.wish import WishToEnd
from mci_admin.services.embedded import Embedded, keeper_of, stop_keeper
from mci_admin.services.places import ServiceError


class Command(BaseCommand):
    help = "Run the embedded PostgreSQL and Valkey of this checkout."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--detach", action="store_true", help="start in the background and return")
        choice.add_argument("--stop", action="store_true", help="stop the running pair")
        choice.add_argument("--status", action="store_true", help="say whether the pair runs")

    def handle(self, *args: Any, **options: Any) -> None:
        if env.is_production():
            raise CommandError("The embedded servers are for demo and test. Set DATABASE_URL and REDIS_URL.")
        try:
            if options["stop"]:
                self.stdout.write("stopped" if stop_keeper(env.var_dir()) else "was not running")
            elif options["status"]:
                keeper = keeper_of(env.var_dir())
                self.stdout.write(f"running, keeper {keeper}" if keeper else "not running")
            elif options["detach"]:
                self._detach()
            else:
                self._foreground()
        except ServiceError as fault:
            raise CommandError(str(fault)) from None

    def _foreground(self) -> None:
        ended = WishToEnd().listen()
        with Embedded(env.var_dir()) as pair:
            self.stdout.write(f"PostgreSQL and Valkey run, addresses in {pair.places.record}")
            self.stdout.flush()
            while not ended():
                time.sleep(0.3)
                failed = pair.failed()
                if failed:
                    raise CommandError(f"{failed} ended. See {pair.places.log_dir}.")

    def _detach(self) -> None:
        if keeper_of(env.var_dir()):
            self.stdout.write("running already")
            return
        log = env.var_dir() / "log" / "services.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            child = subprocess.Popen(  # noqa: S603  # ourselves
                [sys.executable, str(env.BASE_DIR / "manage.py"), "services"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        deadline = time.monotonic() + 90
        while keeper_of(env.var_dir()) != child.pid:
            if child.poll() is not None:
                raise CommandError(f"The servers did not start: {log.read_text(errors='replace')[-500:]}")
            if time.monotonic() > deadline:
                raise CommandError("The servers did not start in time.")
            time.sleep(0.1)
        self.stdout.write("started")
