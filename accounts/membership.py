"""What every account consists of, and what may never be missing: an account, its subject, its key; an admin.

Helpers of ``accounts.actions``; they write rows, so they are called inside an action only.
"""

from __future__ import annotations

import secrets
import zoneinfo

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.keys import person_key
from accounts.models import Department, Subject, User
from audits.locks import lock
from mci_core.errors import Conflict, Invalid

#: Crockford's base 32: no letter that looks like a digit.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_user(*, email: str, display_name: str, department: Department, time_zone: str) -> User:
    """The rows of a new account; called by actions only, which write the entry."""
    email = _checked_email(email)
    if User.objects.filter(email=email).exists():
        raise Conflict(
            "There is an account with this e-mail address already.", code="user_exists", field="email"
        )
    if not display_name.strip():
        raise Invalid("Give the person's name.", field="display_name")
    user = User(email=email, display_name=display_name.strip(), time_zone=checked_zone(time_zone))
    user.set_unusable_password()
    user.save(force_insert=True)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    person_key(_new_subject(user, department))
    return user


def _new_subject(user: User, department: Department) -> Subject:
    """With a pseudonym drawn at random, so that nothing about the person can be computed from it."""
    for _ in range(20):
        pseudonym = "P-" + "".join(secrets.choice(_ALPHABET) for _ in range(6))
        try:
            with transaction.atomic():
                return Subject.objects.create(user=user, pseudonym=pseudonym, department=department)
        except IntegrityError:
            continue
    raise Conflict("No free pseudonym was found. Try again.")


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("This is not an e-mail address.", field="email") from None
    return email


def checked_zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise Invalid("There is no time zone of this name.", field="time_zone")
    return name


def keep_an_admin(*, without: User) -> None:
    """Without an admin nobody could ever be made one again. Two who remove each other wait in line."""
    lock("accounts:last-admin")
    admins = User.objects.holding("admin")
    if admins.filter(pk=without.pk).exists() and not admins.exclude(pk=without.pk).exists():
        raise Conflict("This is the last admin.", code="last_admin")
