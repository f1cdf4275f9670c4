"""``python manage.py load_law_packs``: brings the law packs of this version into the database. Safe to
repeat.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audits.actor import Actor
from jurisdictions.actions import load_packs


class Command(BaseCommand):
    help = "Load the law packs of this version."

    def handle(self, *args: Any, **options: Any) -> None:
        count = load_packs(actor=Actor.system("load_law_packs"))
        self.stdout.write(
            f"{count} law packs are new or changed." if count else "The law packs are up to date."
        )
