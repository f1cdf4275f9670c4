"""Writes an export in the background: the entries of the search in order, kept in compressed parts.

A worker that is lost leaves parts behind; who comes after it deletes them and begins anew, so that a file is
always of one piece. What the owner may not see any more is not in it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from uuid import UUID

import zstandard
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import User
from audits import background, search
from audits.actions import exports
from audits.actor import Actor
from audits.models import AuditEntry, LogExport, LogExportPart
from audits.models_console import ExportFormat
from mci_core.errors import TooLarge

BATCH = 5_000
LIMIT = 1_000_000
COLUMNS = (
    "number",
    "at",
    "action",
    "actor",
    "role",
    "object_type",
    "object_id",
    "subject",
    "request",
    "facts",
)
#: What a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def run(export_id: UUID | str, actor: Actor) -> bool:
    """Write one that waits; False when there is none, or another worker has it."""
    return background.run(
        LogExport.objects.all(),
        export_id,
        _write,
        lambda row, _, error: exports.finish_export(export=row, error=error, actor=actor),
    )


def _write(row: LogExport) -> None:
    owner = User.objects.filter(pk=row.owner).first()
    visible = AuditEntry.objects.visible_to(owner)
    rows = search.found(visible, QueryDict(row.query))
    row.parts.all().delete()
    done, total, size = 0, rows.order_by()[: LIMIT + 1].count(), 0
    if total > LIMIT:
        raise TooLarge("An export has a million entries at most.", code="too_many")
    background.mark(row, done, total, bytes=size)
    for number, batch in enumerate(_batches(rows)):
        text = _csv(batch, heading=number == 0) if row.format == ExportFormat.CSV else _lines(batch)
        LogExportPart.objects.create(export=row, number=number, data=zstandard.compress(text.encode()))
        done += len(batch)
        size += len(text.encode())
        background.mark(row, done, total, bytes=size)


def _batches(rows: QuerySet[AuditEntry]) -> Iterator[list[AuditEntry]]:
    """Oldest first, up to what was the newest when it began."""
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    after = 0
    while batch := list(rows.filter(pk__gt=after, pk__lte=newest).order_by("pk")[:BATCH]):
        yield batch
        after = batch[-1].pk


def _lines(batch: list[AuditEntry]) -> str:
    """The leaf as it is hashed, under its number."""
    return "".join(f'{{"number":{entry.pk},"entry":{entry.leaf}}}\n' for entry in batch)


def _csv(batch: list[AuditEntry], *, heading: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if heading:
        writer.writerow(COLUMNS)
    for entry in batch:
        facts = json.loads(entry.leaf)["facts"]
        values = (
            entry.pk,
            entry.at.isoformat(),
            entry.action,
            entry.actor,
            entry.actor_role,
            entry.object_type,
            entry.object_id,
            entry.subject,
            entry.request_id,
            json.dumps(facts, ensure_ascii=False, sort_keys=True),
        )
        writer.writerow([_plain(value) for value in values])
    return text.getvalue()


def _plain(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def read(row: LogExport) -> Iterator[bytes]:
    """The file, part by part."""
    for part in row.parts.order_by("number").iterator(chunk_size=1):
        yield zstandard.decompress(bytes(part.data))
