"""What an erasure did beyond its objects, and what proves it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy_requests", "0003_outcome"),
    ]

    operations = [
        migrations.AddField(
            model_name="erasure",
            name="backups_unreadable_from",
            field=models.DateTimeField(
                help_text="when the last of these epochs is destroyed at the latest", null=True
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="certificate",
            field=models.JSONField(help_text="what the entry in the log commits to", null=True),
        ),
        migrations.AddField(
            model_name="erasure",
            name="derived",
            field=models.JSONField(
                default=dict, help_text="{what: how many rows} that were made from the data"
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="devices",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="erasure",
            name="entry_id",
            field=models.BigIntegerField(help_text="the entry in the log", null=True),
        ),
        migrations.AddField(
            model_name="erasure",
            name="frozen_at",
            field=models.DateTimeField(help_text="what was captured until then goes", null=True),
        ),
        migrations.AddField(
            model_name="erasure",
            name="key_epochs",
            field=models.JSONField(
                default=list,
                help_text="epochs whose key could open a copy of the person keys when they were destroyed",
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="proof",
            field=models.TextField(
                blank=True, help_text="C2SP tlog-proof of the entry, once a checkpoint covers it"
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="uncovered_before",
            field=models.DateTimeField(
                help_text="copies from before then hold keys that no epoch wraps", null=True
            ),
        ),
    ]
