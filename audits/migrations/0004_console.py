"""What people keep at the console of the log: searches and exports."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0003_tree"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogExport",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("owner", models.UUIDField()),
                ("query", models.CharField(blank=True, max_length=500)),
                ("format", models.CharField(choices=[("jsonl", "JSON Lines"), ("csv", "CSV")], max_length=5)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("bytes", models.BigIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=40)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "claimed_until",
                    models.DateTimeField(help_text="a worker's claim; ends by itself", null=True),
                ),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audits_logexport",
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("owner", models.UUIDField()),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(help_text="query string of the list", max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "audits_savedsearch",
                "ordering": ("name",),
                "constraints": [models.UniqueConstraint(fields=("owner", "name"), name="audits_search_name")],
            },
        ),
        migrations.CreateModel(
            name="LogExportPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.IntegerField()),
                ("data", models.BinaryField()),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="audits.logexport",
                    ),
                ),
            ],
            options={
                "db_table": "audits_logexportpart",
                "ordering": ("number",),
                "constraints": [
                    models.UniqueConstraint(fields=("export", "number"), name="audits_export_part")
                ],
            },
        ),
    ]
