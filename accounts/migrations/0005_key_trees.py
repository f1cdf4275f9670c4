"""Trees of keys: those from before serve both purposes until beat has moved what they wrap."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_key_epochs"),
    ]

    operations = [
        migrations.AddField(
            model_name="personkey",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("details", "Seals details of the log"),
                    ("objects", "Tree of keys that wrap data keys"),
                    ("both", "Both, from before there were trees"),
                ],
                default="both",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="personkey",
            name="numbers",
            field=models.PositiveBigIntegerField(
                default=0, help_text="of a tree: how many numbers were given out, one for each session"
            ),
        ),
        migrations.RemoveConstraint(
            model_name="personkey",
            name="one_person_key_per_epoch",
        ),
        migrations.AddConstraint(
            model_name="personkey",
            constraint=models.UniqueConstraint(
                fields=("subject", "epoch", "purpose"), name="one_person_key_per_purpose"
            ),
        ),
        migrations.CreateModel(
            name="SpentNumber",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveBigIntegerField()),
                ("spent_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="spent",
                        to="accounts.personkey",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("key", "number"), name="spent_once")],
            },
        ),
    ]
