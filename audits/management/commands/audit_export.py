"""``python manage.py audit_export DIR``: the log as files, for `mci-verify` and for whoever keeps a copy."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits import checkpoints, folder


class Command(BaseCommand):
    help = "Write the log up to its newest signed checkpoint into a folder; goes on where it stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        signed = checkpoints.newest()
        if signed is None:
            raise CommandError("Nothing is signed yet: start the sequencer.")
        said = time.monotonic()

        def progress(done: int, size: int) -> None:
            nonlocal said
            if time.monotonic() - said > 2:
                said = time.monotonic()
                self.stderr.write(f"{done} of {size} entries")

        size = folder.export(options["folder"], signed, progress=progress)
        self.stdout.write(f"{size} entries, root {signed.root}, origin {signed.origin}")
