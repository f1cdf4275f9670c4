"""Finds leases to forget and deliveries to repeat without reading all of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("agents", "0005_exclusions_of_a_person")]
    operations: ClassVar[list[Operation]] = [
        migrations.AddIndex(
            model_name="lease",
            index=models.Index(fields=["expires_at"], name="lease_idle", condition=~models.Q(state="on")),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["notified_at"], name="delivery_notified", condition=models.Q(state="notified")
            ),
        ),
    ]
