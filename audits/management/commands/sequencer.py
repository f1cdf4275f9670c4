"""``python manage.py sequencer``: take audit entries into the Merkle tree and sign it, until stopped.

Any number may run: one leads, the others wait to take over. One that finds that the log contradicts what was
signed halts all of them: nothing more is signed until an operator has looked and has said so
(``manage.py audit_resume``). It then ends with exit code 3.
"""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection

from audits import checkpoints, folder, health, log_keys, outside, sequence, verification
from audits.actions import keys, record_event
from audits.actor import Actor
from audits.models import SignedCheckpoint
from mci_core.errors import ActionError

log = structlog.get_logger(__name__)

HALTED = 3
#: With nothing new, an entry says so once an hour, and the checkpoint over it is signed.
QUIET_SECONDS = 3600


class Command(BaseCommand):
    help = "Put audit entries into their final order and sign the Merkle root (runs until stopped)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="take in what is there, sign it and end")
        parser.add_argument("--verify", action="store_true", help="only compare log and checkpoints")
        parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="from step to step")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verify"]:
                self._verify()
            elif options["once"]:
                self._once()
            else:
                self._forever(options["every"])
        except sequence.Broken as fault:
            if not options["verify"]:
                _halt(str(fault))
            log.critical("audit_log_broken", fault=str(fault), place=fault.index)
            code = 1 if options["verify"] else HALTED
            raise CommandError(f"The audit log is broken: {fault}.", returncode=code) from None

    def _verify(self) -> None:
        checkpoint = sequence.latest()
        if checkpoint is None:
            self.stdout.write("There is no checkpoint yet.")
            return
        verification.verify(checkpoint)
        self.stdout.write(f"{checkpoint.size} entries, root {checkpoint.root}")

    def _once(self) -> None:
        if not sequence.lead():
            raise CommandError("Another sequencer leads.")
        try:
            _refuse_halted()
            checkpoints.check()
            while sequence.advance():
                pass
            checkpoints.sign()
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
            began = time.monotonic()
            try:
                leads = leads or _take_over()
                if leads:
                    _step()
            except (OperationalError, InterfaceError) as fault:
                # The lock went with the connection; another process may lead by now.
                log.warning("sequencer_lost_database", fault=type(fault).__name__)
                leads = False
                connection.close()
            asked.wait(max(0.0, every - (time.monotonic() - began)))


def _take_over() -> bool:
    if not sequence.lead():
        return False
    _refuse_halted()
    checkpoints.check()
    verification.verify_end()
    checkpoint = sequence.latest()
    if checkpoint is not None and not checkpoint.in_tiles:
        # From before there were tiles: they are made with the next entry, and this is one.
        record_event(action="audits.log_quiet", actor=Actor.system("sequencer"))
    log.info("sequencer_leads", size=checkpoint.size if checkpoint else 0)
    return True


def _refuse_halted() -> None:
    reason = outside.halted()
    if reason is not None:
        raise sequence.Broken(reason)


def _step() -> None:
    """Take in everything that is there, sign it, hand it out; say how far behind we are.

    What is written meanwhile waits for the next step: there is always something, and the signature with it.
    """
    while sequence.advance() >= sequence.BATCH:
        pass
    signed = checkpoints.sign()
    if signed is not None:
        _after(signed)
    newest = signed or checkpoints.newest()
    state = health.of_sequencer(newest)
    outside.write_figures(state.figures())
    if state.late and int(state.lag) % 10 == 0:
        log.error("audit_log_late", **state.why_late())
    if newest is not None and state.quiet_seconds > QUIET_SECONDS and not state.waiting:
        record_event(action="audits.log_quiet", actor=Actor.system("sequencer"))


def _after(signed: SignedCheckpoint) -> None:
    if settings.AUDIT_EXPORT_DIR:
        _export(Path(settings.AUDIT_EXPORT_DIR), signed)
    if log_keys.end_is_due(signed.origin):
        try:
            keys.end_log_key(actor=Actor.system("sequencer"), reason="The time with two keys is over.")
        except ActionError as refused:  # an operator did it in this moment
            log.warning("audit_key_not_ended", code=refused.code)


def _export(target: Path, signed: SignedCheckpoint) -> None:
    """A folder that cannot be written must not stop the log; what is missing follows later."""
    try:
        folder.export(target, signed)
    except OSError as fault:
        log.error("audit_export_failed", fault=type(fault).__name__)


def _halt(reason: str) -> None:
    if outside.halted() is None:
        outside.halt(reason)
        # For the console. Nobody should rely on it: it stands in the log that cannot be trusted now.
        record_event(
            action="audits.log_halted", actor=Actor.system("sequencer"), facts={"fault": reason[:120]}
        )
    outside.write_figures(health.halted_figures())
