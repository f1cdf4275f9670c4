"""Exports of the log: written by a worker in one piece, fetched by whom they belong to, deleted."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audits import export_run, tasks
from audits.actions import append
from audits.actions.exports import finish_export, request_export
from audits.models import AuditEntry, LogExport
from tests.server.audits.support import BEAT
from tests.server.cast import Cast


@pytest.fixture
def entries(cast: Cast) -> list[int]:
    return [append(action="audits.one", actor=BEAT, obj=None, facts={"n": n}) for n in range(5)]


def _asked(
    cast: Cast, format: str = "jsonl", query: str = "actor=system:beat&q=audits.record_event"
) -> LogExport:
    return request_export(query=query, format=format, actor=cast.actor("auditor"))


def _file(cast: Cast, row: LogExport) -> str:
    answer = cast.client("auditor").get(f"/audit/exports/{row.pk}/file/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def _written(cast: Cast, format: str, query: str) -> LogExport:
    row = _asked(cast, format, query)
    tasks.write_export(str(row.pk))
    row.refresh_from_db()
    return row


def test_json_lines_hold_the_leaves_as_they_are_hashed(
    cast: Cast, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_run, "BATCH", 2)
    row = _written(cast, "jsonl", "actor=system:beat")
    assert (row.state, row.done, row.total) == ("done", 5, 5)
    lines = _file(cast, row).splitlines()
    assert [json.loads(line)["number"] for line in lines] == entries
    leaf = AuditEntry.objects.get(pk=entries[3]).leaf
    assert lines[3] == f'{{"number":{entries[3]},"entry":{leaf}}}'
    assert AuditEntry.objects.filter(action="audits.download_export", object_id=str(row.pk)).exists()


def test_csv_has_a_heading_and_runs_no_formula(cast: Cast, entries: list[int]) -> None:
    append(action="audits.one", actor=BEAT, obj=None, facts={"n": -1})
    row = _written(cast, "csv", "actor=system:beat")
    rows = list(csv.DictReader(io.StringIO(_file(cast, row))))
    assert [int(one["number"]) for one in rows][:5] == entries
    assert json.loads(rows[2]["facts"]) == {"n": 2}
    assert export_run._plain("=1+1") == "'=1+1"


def test_only_the_owner_fetches_it_and_only_when_it_is_ready(cast: Cast, entries: list[int]) -> None:
    row = _asked(cast)
    assert cast.client("auditor").get(f"/audit/exports/{row.pk}/file/").status_code == 409
    assert cast.client("officer").get(f"/audit/exports/{row.pk}/file/").status_code == 404
    assert "Waiting" in cast.client("auditor").get("/audit/exports/").content.decode()
    assert "No exports" in cast.client("officer").get("/audit/exports/").content.decode()


def test_an_export_that_is_too_large_fails_and_says_why(
    cast: Cast, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_run, "LIMIT", 3)
    row = _written(cast, "csv", "actor=system:beat")
    assert (row.state, row.error) == ("failed", "too_many")
    assert "Narrow the search" in cast.client("auditor").get("/audit/exports/").content.decode()


def test_a_lost_worker_is_followed_by_one_that_begins_anew(
    cast: Cast, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_run, "BATCH", 2)
    row = _asked(cast, "jsonl", "actor=system:beat")
    kept = export_run._lines

    def die(batch: list[AuditEntry]) -> str:
        if batch[0].pk == entries[2]:
            raise SystemExit
        return kept(batch)

    monkeypatch.setattr(export_run, "_lines", die)
    with pytest.raises(SystemExit):
        export_run.run(row.pk, cast.system())
    monkeypatch.setattr(export_run, "_lines", kept)
    assert not export_run.run(row.pk, cast.system())
    LogExport.objects.filter(pk=row.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    tasks.resume_exports()
    assert [json.loads(line)["number"] for line in _file(cast, row).splitlines()] == entries


def test_a_worker_that_lost_its_claim_stops(
    cast: Cast, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = _asked(cast, "jsonl", "actor=system:beat")
    kept = export_run._lines

    def taken(batch: list[AuditEntry]) -> str:
        LogExport.objects.filter(pk=row.pk).update(claimed_until=timezone.now())
        return kept(batch)

    monkeypatch.setattr(export_run, "_lines", taken)
    assert not export_run.run(row.pk, cast.system())
    assert LogExport.objects.get(pk=row.pk).state == "running"


def test_files_are_deleted_by_hand_and_after_some_days(cast: Cast, entries: list[int]) -> None:
    one, two = _asked(cast), _asked(cast)
    assert cast.client("auditor").post(f"/audit/exports/{one.pk}/delete/").status_code == 302
    LogExport.objects.filter(pk=two.pk).update(created_at=timezone.now() - timedelta(days=8))
    tasks.drop_exports()
    assert not LogExport.objects.exists()


def test_the_page_asks_for_the_search_that_is_shown(cast: Cast, entries: list[int], queued: Any) -> None:
    browser = cast.client("auditor")
    answer = browser.post("/audit/exports/new/?actor=system:beat&before=9", {"format": "csv"})
    assert answer["Location"] == "/audit/exports/"
    assert LogExport.objects.get().query == "actor=system%3Abeat"
    browser.post("/audit/exports/new/", {"format": "exe"})
    assert LogExport.objects.count() == 1
    for _ in range(4):
        browser.post("/audit/exports/new/", {"format": "csv"})
    browser.post("/audit/exports/new/", {"format": "csv"})
    assert LogExport.objects.count() == 5


def test_an_export_is_finished_once(cast: Cast) -> None:
    row = _asked(cast)
    finish_export(export=row, error="too_many", actor=cast.system())
    assert finish_export(export=row, actor=cast.system()).state == "failed"


def test_somebody_who_may_not_read_the_log_any_more_gets_an_empty_file(
    cast: Cast, entries: list[int]
) -> None:
    row = _asked(cast, "csv", "actor=system:beat")
    LogExport.objects.filter(pk=row.pk).update(owner=cast.user("employee").pk)
    tasks.write_export(str(row.pk))
    assert LogExport.objects.get(pk=row.pk).done == 0
