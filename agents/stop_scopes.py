"""What a stop or a drill can be about, and whether a given scope exists."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from accounts.models import Department, Subject
from agents.models import Device
from audits.locks import lock
from mci_core.errors import Invalid

SCOPES = ("programme", "place", "department", "device", "person", "entry")
_ENTRY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,5})?")


def check_scope(scope: str, value: str) -> str:
    """The value as it is kept; raises Invalid when there is no such thing. A person is named by pseudonym
    and kept as an opaque id.
    """
    value = value.strip()
    if scope not in SCOPES:
        raise Invalid("There is no such scope.", field="scope")
    if (scope == "programme") != (not value):
        raise Invalid("Name what is stopped; nothing for the whole programme.", field="value")
    found = None if len(value) > 40 else _known(scope, value)
    if found is None:
        raise Invalid("That does not exist.", field="value")
    return found


def _known(scope: str, value: str) -> str | None:
    if scope == "person":
        found = Subject.objects.filter(pseudonym=value.upper()).values_list("pk", flat=True).first()
        return None if found is None else str(found)
    if scope in ("place", "entry"):
        form = _PLACE if scope == "place" else _ENTRY
        return value if form.fullmatch(value) else None
    try:
        known = scope == "programme" or _exists(scope, value)
    except ValidationError:
        known = False
    return value if known else None


def _exists(scope: str, value: str) -> bool:
    model: type[Department | Device] = Department if scope == "department" else Device
    return model._default_manager.filter(pk=value).exists()


def one_at_a_time() -> None:
    """A stop that is not there yet cannot be locked; those who open one wait for each other."""
    lock("agents:stops")
