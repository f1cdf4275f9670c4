"""``python manage.py sequencer``: take audit entries into the Merkle tree until stopped.

Any number may run: one leads, the others wait to take over. Before it leads, it reads the whole log
against the last checkpoint and refuses to go on from a log that does not match.
"""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection

from audits import sequence

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Put audit entries into their final order and state the Merkle root (runs until stopped)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="take in what is there and end")
        parser.add_argument("--verify", action="store_true", help="only compare log and checkpoint")
        parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="pause when idle")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verify"]:
                self._verify()
            elif options["once"]:
                self._once()
            else:
                self._forever(options["every"])
        except sequence.Broken as fault:
            log.critical("audit_log_broken", fault=str(fault))
            raise CommandError(f"The audit log is broken: {fault}.") from None

    def _verify(self) -> None:
        checkpoint = sequence.latest()
        if checkpoint is None:
            self.stdout.write("There is no checkpoint yet.")
            return
        sequence.verify(checkpoint)
        self.stdout.write(f"{checkpoint.size} entries, root {checkpoint.root}")

    def _once(self) -> None:
        if not sequence.lead():
            raise CommandError("Another sequencer leads.")
        try:
            while sequence.advance():
                pass
        finally:
            sequence.step_down()
        self._verify()

    def _forever(self, every: float) -> None:
        asked = threading.Event()

        def end(_number: int, _frame: FrameType | None) -> None:
            asked.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        leads = False
        while not asked.is_set():
            try:
                leads = leads or self._take_over()
                if not leads or not sequence.advance():
                    asked.wait(every)
            except (OperationalError, InterfaceError) as fault:
                # The lock went with the connection; another process may lead by now.
                log.warning("sequencer_lost_database", fault=type(fault).__name__)
                leads = False
                connection.close()
                asked.wait(every)

    def _take_over(self) -> bool:
        if not sequence.lead():
            return False
        checkpoint = sequence.latest()
        if checkpoint is not None:
            sequence.verify(checkpoint)
        log.info("sequencer_leads", size=checkpoint.size if checkpoint else 0)
        return True
