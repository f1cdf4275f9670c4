"""Finds what lists and sweeps ask for without reading every session, object and total that was ever stored."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("capture_sessions", "0002_key_number")]
    operations: ClassVar[list[Operation]] = [
        migrations.AddIndex(
            model_name="capturesession",
            index=models.Index(fields=["received_at", "id"], name="session_received"),
        ),
        migrations.AddIndex(
            model_name="sessionblob",
            index=models.Index(
                fields=["erased_at"],
                name="blob_to_remove",
                condition=models.Q(erased_at__isnull=False, file_removed_at__isnull=True),
            ),
        ),
        migrations.AddIndex(
            model_name="sessionblob",
            index=models.Index(fields=["storage_name"], name="blob_storage_name"),
        ),
        migrations.AddIndex(
            model_name="sessiontotal",
            index=models.Index(fields=["day"], name="total_day"),
        ),
    ]
