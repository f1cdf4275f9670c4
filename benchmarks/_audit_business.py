"""The business transaction that every way of keeping an audit trail is measured around, in plain Django.

One order is read and locked, changed and saved, and a line is added: a small verb of any application.
The module runs in the project's environment and in the one of the others, so it imports Django alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection, models, transaction


class Order(models.Model):  # noqa: DJ008  # never shown
    state = models.CharField(max_length=20, default="new")
    total = models.IntegerField(default=0)
    customer = models.CharField(max_length=80, default="")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "bench"


class Line(models.Model):  # noqa: DJ008  # never shown
    order_id = models.BigIntegerField(db_index=True)
    amount = models.IntegerField()
    text = models.CharField(max_length=80)

    class Meta:
        app_label = "bench"


Log = Callable[[Any, dict[str, Any], dict[str, Any]], None]
PER_WRITER = 200


def make_tables(*tables: type[models.Model], writers: int = 16) -> None:
    with connection.schema_editor() as editor:
        for table in tables:
            editor.create_model(table)
    orders = next(table for table in tables if "total" in {field.name for field in table._meta.fields})
    orders._base_manager.bulk_create(
        orders(pk=key + 1, customer=f"customer {key}") for key in range(writers * PER_WRITER)
    )


def change(orders: Any, lines: Any, writer: int, turn: int, log: Log | None, work: float) -> None:
    """One business transaction; ``work`` are seconds of other work before it commits."""
    with transaction.atomic():
        order = orders.objects.select_for_update().get(pk=writer * PER_WRITER + turn % PER_WRITER + 1)
        before = {"state": order.state, "total": order.total}
        order.state, order.total = f"state {turn % 7}", order.total + turn % 13
        order.save()
        lines.objects.create(order_id=order.pk, amount=turn % 13, text=f"line {turn}")
        if log is not None:
            log(order, before, {"state": order.state, "total": order.total})
        if work:
            time.sleep(work)
