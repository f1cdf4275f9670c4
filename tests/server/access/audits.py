"""Routes of the log."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audits.actions import append
from tests.server.access.matrix import Row
from tests.server.cast import Cast

READERS = {"admin", "privacy_officer", "auditor"}


def _entry(cast: Cast) -> dict[str, Any]:
    with transaction.atomic():
        return {"pk": append(action="audits.example", actor=cast.system(), obj=None)}


ROWS = [
    Row("audits:entry_list", "GET", READERS),
    Row("audits:entry_detail", "GET", READERS, kwargs=_entry),
    Row("audits_api:entry-list", "GET", READERS),
    Row("audits_api:entry-detail", "GET", READERS, kwargs=_entry),
    Row("audits_api:checkpoint-list", "GET", READERS),
]
