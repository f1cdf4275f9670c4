"""Exports of the log: asked for, written by a worker, fetched, and deleted after some days."""

from __future__ import annotations

from datetime import timedelta

from accounts import permissions
from audits import background
from audits.actions import append
from audits.actor import Actor
from audits.models import LogExport
from audits.models_console import ExportFormat
from audits.models_run import RunState
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from mci_core.errors import Conflict, Invalid

WRITE = "audits.tasks.write_export"
MOST = 5
KEPT = timedelta(days=7)


@audited("audits.request_export")
def request_export(*, query: str, format: str, actor: Actor) -> LogExport:
    """Ask for the entries of a search as a file. The leaves only: nothing that is sealed."""
    permissions.require(actor, "audits.request_export")
    if format not in ExportFormat.values:
        raise Invalid("Choose JSON Lines or CSV.", field="format")
    own = LogExport.objects.visible_to(actor.user).select_for_update()
    if own.exclude(state=RunState.FAILED).count() >= MOST:
        raise Conflict(f"You have {MOST} exports. Delete one first.")
    made = LogExport.objects.create(owner=actor.id, query=query, format=format)
    append(
        action="audits.request_export",
        actor=actor,
        obj=made,
        facts={"format": format},
        details={"query": query},
    )
    enqueue_on_commit(WRITE, str(made.pk))
    return made


@audited("audits.finish_export")
def finish_export(*, export: LogExport, error: str = "", actor: Actor) -> LogExport:
    """The file is whole, or the code says why there is none."""
    permissions.require(actor, "audits.finish_export")
    row = LogExport.objects.select_for_update().get(pk=export.pk)
    if not row.working:
        with nothing_to_do():
            return row
    background.settle(row, error)
    facts = {"state": row.state, "entries": row.done, "error": row.error}
    append(action="audits.finish_export", actor=actor, obj=row, facts=facts)
    return row


@audited("audits.delete_export")
def delete_export(*, export: LogExport, actor: Actor) -> None:
    """The file is gone; the entry that it was made stays."""
    permissions.require(actor, "audits.delete_export")
    append(action="audits.delete_export", actor=actor, obj=export, facts={"entries": export.done})
    export.delete()
