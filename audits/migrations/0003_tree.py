"""Adds the tree in tiles, the entries about each person in their order, signed checkpoints and witnesses."""

from __future__ import annotations

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

TABLES = ("audits_tile", "audits_subjectentry", "audits_signedcheckpoint", "audits_cosignature")
KEEP = "".join(
    f"""
CREATE TRIGGER audits_keep_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audits_refuse();
CREATE TRIGGER audits_keep_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audits_refuse();
"""
    for table in TABLES
)
UNDO = "".join(
    f"DROP TRIGGER audits_keep_rows ON {table}; DROP TRIGGER audits_keep_all ON {table};\n"
    for table in TABLES
)
BYTES = """
-- Hashes cannot be compressed; trying costs the sequencer time.
ALTER TABLE audits_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE audits_tile ADD CONSTRAINT audits_tile_bytes
    CHECK (octet_length(hashes) = 8192 AND octet_length(root) = 32);
ALTER TABLE audits_subjectentry ADD CONSTRAINT audits_subject_bytes
    CHECK (octet_length(leaf) = 32 AND (previous IS NULL OR octet_length(previous) = 32));
"""
NO_BYTES = """
ALTER TABLE audits_subjectentry DROP CONSTRAINT audits_subject_bytes;
ALTER TABLE audits_tile DROP CONSTRAINT audits_tile_bytes;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("audits", "0002_checkpoints"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("checkpoint", "in_tiles", models.BooleanField(null=True)),
        migrations.CreateModel(
            name="Witness",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "label",
                    models.CharField(help_text="who it is, for example Works council Berlin", max_length=100),
                ),
                ("name", models.TextField(help_text="key name")),
                ("vkey", models.TextField(unique=True)),
                ("registered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audits_witness",
                "ordering": ("label", "id"),
            },
        ),
        migrations.CreateModel(
            name="SignedCheckpoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("origin", models.TextField()),
                ("size", models.BigIntegerField()),
                ("root", models.CharField(max_length=64)),
                ("note", models.TextField()),
                ("vkey", models.TextField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "audits_signedcheckpoint",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(fields=("origin", "size"), name="audits_signed_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SubjectEntry",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_id", models.BigIntegerField()),
                ("subject", models.UUIDField()),
                ("number", models.BigIntegerField()),
                ("leaf", models.BinaryField(help_text="leaf hash")),
                ("previous", models.BinaryField(help_text="leaf hash of number - 1", null=True)),
            ],
            options={
                "db_table": "audits_subjectentry",
                "constraints": [
                    models.UniqueConstraint(fields=("subject", "number"), name="audits_subject_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number", 1), ("previous__isnull", True)),
                            models.Q(("number__gt", 1), ("previous__isnull", False)),
                            _connector="OR",
                        ),
                        name="audits_subject_chain",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "index", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hashes", models.BinaryField()),
                ("root", models.BinaryField()),
                ("last_txid", models.BigIntegerField(null=True)),
                ("last_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "audits_tile",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("level", 0)),
                        fields=("last_txid", "last_id"),
                        name="audits_tile_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("last_id__isnull", False), ("last_txid__isnull", False), ("level", 0)),
                            models.Q(
                                ("last_id__isnull", True), ("last_txid__isnull", True), ("level__gt", 0)
                            ),
                            _connector="OR",
                        ),
                        name="audits_tile_places_entries",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("line", models.TextField(help_text="signature line of the note")),
                ("stated_at", models.DateTimeField(help_text="the time that the witness signed")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="audits.signedcheckpoint",
                    ),
                ),
                (
                    "witness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="audits.witness",
                    ),
                ),
            ],
            options={
                "db_table": "audits_cosignature",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(fields=("witness", "checkpoint"), name="audits_cosigned_once")
                ],
            },
        ),
        migrations.RunSQL(BYTES + KEEP, UNDO + NO_BYTES),
    ]
