"""``manage.py after_restore``: once, after an older database was restored and before any process starts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy_requests.after_restore import bring_up_to_date
from privacy_requests.ledger import LedgerBroken


class Command(BaseCommand):
    help = "Take the living person keys from their ring and carry out every erasure of the ledger again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = bring_up_to_date(self.stdout.write)
        except LedgerBroken as fault:
            raise CommandError(f"The ledger of erasures is broken: {fault}.") from None
        self.stdout.write(
            f"Erasures: {done.carried_out} carried out again, {done.known} were known,"
            f" {done.unknown} of people whom this database never knew, {done.waiting} wait."
        )
