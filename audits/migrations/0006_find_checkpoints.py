"""Finds a signed checkpoint by its time and by its size: a busy log has one for each second. Lets the function
that writes entries keep its plans, also where a connection makes each plan for the values at hand.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

_APPEND = "ALTER FUNCTION audits_append(timestamptz, text, bytea, bytea)"


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("audits", "0005_append")]
    operations: ClassVar[list[Operation]] = [
        migrations.AddIndex(
            model_name="signedcheckpoint",
            index=models.Index(fields=["at", "id"], name="audits_signed_at"),
        ),
        migrations.AddIndex(
            model_name="signedcheckpoint",
            index=models.Index(fields=["size", "id"], name="audits_signed_size"),
        ),
        # Two inserts, whose plans depend on no value.
        migrations.RunSQL(f"{_APPEND} SET plan_cache_mode = auto;", f"{_APPEND} RESET plan_cache_mode;"),
    ]
