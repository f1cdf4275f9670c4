"""How far a run is becomes a wide number, as every run in the background has it. Nothing that is kept changes."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("capture_policies", "0012_signing_request_rules"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ruleeffect",
            name="done",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="ruleeffect",
            name="state",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="ruleeffect",
            name="total",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="simulation",
            name="done",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="simulation",
            name="state",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="simulation",
            name="total",
            field=models.BigIntegerField(default=0),
        ),
    ]
