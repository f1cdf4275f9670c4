"""What an audit entry is: one immutable row per state change or look at personal data.

The table is created with raw SQL in the migrations (partitions, ``xid8``, generated columns, triggers), so
the model is unmanaged. ``leaf`` is the only thing that is written; every column to filter by is generated
from it by PostgreSQL, so what a page shows cannot differ from what is hashed.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from audits.models_console import LogExport, LogExportPart, SavedSearch
from audits.models_tree import Cosignature, LogReading, SignedCheckpoint, SubjectEntry, Tile, Witness

__all__ = [
    "APPEND_ONLY_TABLES",
    "AuditDetail",
    "AuditEntry",
    "Checkpoint",
    "Cosignature",
    "LogExport",
    "LogExportPart",
    "LogReading",
    "SavedSearch",
    "SignedCheckpoint",
    "SubjectEntry",
    "Tile",
    "Witness",
]

#: Tables on which the application role has INSERT and SELECT only.
APPEND_ONLY_TABLES = (
    "audits_auditentry",
    "audits_auditdetail",
    "audits_checkpoint",
    "audits_tile",
    "audits_subjectentry",
    "audits_signedcheckpoint",
    "audits_cosignature",
)


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Reads of the log."""

    def visible_to(self, user: object) -> AuditEntryQuerySet:
        """Staff roles that read the log see all of it; an employee sees what is about them."""
        from audits.permissions import visible_entries

        return visible_entries(self, user)


class AuditEntry(models.Model):
    """One leaf of the log. ``leaf`` is RFC 8785 JSON; see docs/audit-log.md."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    leaf = models.TextField()
    action = models.TextField()
    actor = models.TextField(help_text="kind:opaque id, for example user:UUID, device:UUID, system:beat")
    actor_role = models.TextField(null=True)
    object_type = models.TextField(null=True)
    object_id = models.TextField(null=True)
    subject = models.UUIDField(null=True, help_text="opaque id of the person concerned")
    request_id = models.TextField(null=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "audits_auditentry"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.action} #{self.pk}"


class AuditDetail(models.Model):
    """Reason and before/after of one entry, sealed; the leaf holds only a salted commitment to it."""

    entry_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    salt = models.BinaryField()
    sealed = models.BinaryField()

    class Meta:
        managed = False
        db_table = "audits_auditdetail"

    def __str__(self) -> str:
        return f"detail of #{self.pk}"


class Checkpoint(models.Model):
    """What the sequencer has seen: the first ``size`` entries in (txid, id) order have this Merkle root.

    ``frontier`` are the roots of the perfect subtrees from the left, one per bit of ``size``. ``in_tiles``
    says that the tree up to here is kept in tiles; checkpoints from before there were tiles do not have it.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    last_txid = models.BigIntegerField()
    last_id = models.BigIntegerField()
    frontier = models.JSONField()
    in_tiles = models.BooleanField(null=True)

    class Meta:
        db_table = "audits_checkpoint"
        ordering = ("-size",)

    def __str__(self) -> str:
        return f"checkpoint of {self.size}"
