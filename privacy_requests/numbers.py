"""The number of a request, by which people name theirs."""

from __future__ import annotations

from django.db import connection


def next_number() -> int:
    """Requests are counted; no number is given twice, also after a restore."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('privacy_requests_number')")
        return int(cursor.fetchone()[0])
