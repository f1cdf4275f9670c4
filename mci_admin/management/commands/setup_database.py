"""``python manage.py setup_database``: as the owner, create the application role, migrate, grant."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from mci_admin import database


class Command(BaseCommand):
    help = "As the owner: create the application role if needed, migrate, grant. May be run again."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        default = settings.DATABASES["default"]
        try:
            database.set_up(
                app_role=default["USER"], app_password=default["PASSWORD"], verbosity=options["verbosity"]
            )
        except ImproperlyConfigured as fault:
            raise CommandError(str(fault)) from None
        if options["verbosity"]:
            self.stdout.write(f"The database is ready for {default['USER']}.")
