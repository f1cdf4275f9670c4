"""The key of each day wraps person keys; those from before stay under the master key until beat comes."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_trips"),
    ]

    operations = [
        migrations.AlterField(
            model_name="personkey",
            name="wrapped",
            field=models.BinaryField(help_text="wrapped by the key epoch; null once destroyed", null=True),
        ),
        migrations.CreateModel(
            name="KeyEpoch",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Wraps new person keys"),
                            ("ending", "Its person keys are wrapped anew"),
                            ("destroyed", "Destroyed"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "emptied_at",
                    models.DateTimeField(help_text="since then no person key is wrapped with it", null=True),
                ),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("number",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")),
                        fields=("state",),
                        name="one_active_key_epoch",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="personkey",
            name="kek",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="person_keys",
                to="accounts.keyepoch",
            ),
        ),
    ]
