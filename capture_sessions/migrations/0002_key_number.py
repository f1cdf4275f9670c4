"""Which key of the person's tree wraps the data key of an object."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_key_trees"),
        ("capture_sessions", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="sessionblob",
            name="key_number",
            field=models.PositiveBigIntegerField(
                help_text="of the session in the tree of keys; null from before there were trees", null=True
            ),
        ),
    ]
