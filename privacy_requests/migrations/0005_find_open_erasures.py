"""Finds erasures that are not finished or have no proof yet, without reading all of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("privacy_requests", "0004_erasure_proof")]
    operations: ClassVar[list[Operation]] = [
        migrations.AddIndex(
            model_name="erasure",
            index=models.Index(fields=["created_at"], name="erasure_open", condition=~models.Q(step="done")),
        ),
        migrations.AddIndex(
            model_name="erasure",
            index=models.Index(
                fields=["finished_at"], name="erasure_unproved", condition=models.Q(step="done", proof="")
            ),
        ),
    ]
