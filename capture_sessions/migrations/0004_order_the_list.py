"""Finds a page of sessions in each order of the list, and the last use of an entry, without reading all."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("capture_sessions", "0003_find_among_all")]
    operations: ClassVar[list[Operation]] = [
        migrations.AddIndex(
            model_name="capturesession",
            index=models.Index(fields=["release_number", "id"], name="session_release"),
        ),
        migrations.AddIndex(
            model_name="capturesession",
            index=models.Index(fields=["event_count", "id"], name="session_events"),
        ),
        migrations.AddIndex(
            model_name="capturesession",
            index=models.Index(fields=["frame_count", "id"], name="session_frames"),
        ),
        migrations.AddIndex(
            model_name="capturesession",
            index=models.Index(fields=["byte_count", "id"], name="session_size"),
        ),
        migrations.AddIndex(
            model_name="capturesession",
            index=models.Index(fields=["os", "received_at", "id"], name="session_os"),
        ),
        migrations.AddIndex(
            model_name="sessiontotal",
            index=models.Index(fields=["entry_id", "day"], name="total_entry_day"),
        ),
    ]
