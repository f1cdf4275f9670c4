"""Finds the newest findings, and the open ones of a class, without reading all of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("reviews", "0001_initial")]
    operations: ClassVar[list[Operation]] = [
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["opened_at", "id"], name="finding_opened"),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["label"], name="finding_open", condition=models.Q(state="open")),
        ),
    ]
