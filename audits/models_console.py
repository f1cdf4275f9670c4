"""What people keep at the console of the log: searches with a name, and exports that a worker writes.

Neither belongs to the log: both may be deleted. The owner is an id, because accounts lie above the log.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from audits.models_run import Run, RunQuerySet


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, user: Any) -> SavedSearchQuerySet:
        """Everybody sees their own."""
        return self.filter(owner=user.pk) if getattr(user, "is_active", False) else self.none()


class SavedSearch(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.UUIDField()
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500, help_text="query string of the list")
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        db_table = "audits_savedsearch"
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="audits_search_name"),)

    def __str__(self) -> str:
        return self.name


class ExportFormat(models.TextChoices):
    JSONL = "jsonl", "JSON Lines"
    CSV = "csv", "CSV"


class LogExportQuerySet(RunQuerySet["LogExport"]):
    def visible_to(self, user: Any) -> LogExportQuerySet:
        """Everybody sees their own."""
        return self.filter(owner=user.pk) if getattr(user, "is_active", False) else self.none()


class LogExport(Run):
    """The entries of a search as a file, for some days. ``done`` and ``total`` count entries."""

    owner = models.UUIDField()
    query = models.CharField(max_length=500, blank=True)
    format = models.CharField(max_length=5, choices=ExportFormat.choices)
    bytes = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LogExportQuerySet.as_manager()

    class Meta:
        db_table = "audits_logexport"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"export of the log as {self.format}"


class LogExportPart(models.Model):
    """Some thousand entries of an export, compressed by themselves (zstd)."""

    export = models.ForeignKey(LogExport, models.CASCADE, related_name="parts")
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "audits_logexportpart"
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("export", "number"), name="audits_export_part"),)

    def __str__(self) -> str:
        return f"part {self.number}"
