"""``python manage.py bootstrap_admins ONE@… TWO@…``: the first admins, each granted by the next.

Prints a link per person where the password is set (valid as long as a password reset); with a company sign-in
(OpenID Connect) nobody needs it.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts.actions import bootstrap_admins
from audits.actor import Actor
from mci_core.errors import ActionError


class Command(BaseCommand):
    help = "Make the first two (or more) admins of a new installation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("emails", nargs="+", metavar="EMAIL", help="at least two people")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            users = bootstrap_admins(emails=options["emails"], actor=Actor.system("command-line"))
        except ActionError as fault:
            raise CommandError(fault.message) from None
        for user in users:
            key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
            uid, _, token = key.partition("-")
            path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
            self.stdout.write(f"{user.email} sets a password at {settings.PUBLIC_URL}{path}")
