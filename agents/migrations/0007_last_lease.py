"""Finds the end of the last lease, which a change of the key asks for, without reading every lease."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("agents", "0006_find_leases_and_deliveries")]
    operations: ClassVar[list[Operation]] = [
        migrations.AddIndex(
            model_name="lease",
            index=models.Index(fields=["expires_at"], name="lease_expires"),
        ),
    ]
