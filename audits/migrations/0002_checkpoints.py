"""Adds the sequencer's checkpoints, append-only as the log is."""

from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models

TRIGGERS = """
CREATE TRIGGER audits_keep_rows BEFORE UPDATE OR DELETE ON audits_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audits_refuse();
CREATE TRIGGER audits_keep_all BEFORE TRUNCATE ON audits_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audits_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_log")]
    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_txid", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("frontier", models.JSONField()),
            ],
            options={"db_table": "audits_checkpoint", "ordering": ("-size",)},
        ),
        migrations.RunSQL(
            TRIGGERS,
            "DROP TRIGGER audits_keep_rows ON audits_checkpoint; DROP TRIGGER audits_keep_all ON audits_checkpoint;",
        ),
    ]
