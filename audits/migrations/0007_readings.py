"""Keeps how far the log was read again, so that a long log is read in portions."""

from __future__ import annotations

import uuid
from typing import ClassVar

import django.utils.timezone
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

STATES = [("queued", "Waiting"), ("running", "Running"), ("done", "Ready"), ("failed", "Failed")]


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("audits", "0006_find_checkpoints")]
    operations: ClassVar[list[Operation]] = [
        migrations.CreateModel(
            name="LogReading",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("state", models.CharField(choices=STATES, default="queued", max_length=8)),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=40)),
                (
                    "claimed_until",
                    models.DateTimeField(help_text="a worker's claim; ends by itself", null=True),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                ("begun_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("stand", models.BinaryField(default=bytes)),
            ],
            options={"db_table": "audits_logreading"},
        ),
    ]
