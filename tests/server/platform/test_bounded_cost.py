"""What is asked for again and again is found by an index, however much has gathered in two years."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone
from psycopg import sql

from agents import stops, tasks
from agents.actions import leases
from agents.models import CaptureStop, Delivery, Lease
from capture_sessions.models import CaptureSession, SessionBlob, SessionState, SessionTotal
from privacy_requests.models import Erasure
from reviews import querysets
from reviews.models import Finding
from tests.server.cast import Cast
from tests.server.support import databases

pytestmark = pytest.mark.django_db


def _arrived() -> QuerySet[Any]:
    return CaptureSession.objects.exclude(state=SessionState.UPLOADING).order_by("-received_at", "-pk")[:25]


def _sorted(field: str) -> QuerySet[Any]:
    return CaptureSession.objects.exclude(state=SessionState.UPLOADING).order_by(f"-{field}", "-pk")[:25]


def _to_remove() -> QuerySet[Any]:
    left = SessionBlob.objects.filter(erased_at__isnull=False, file_removed_at__isnull=True)
    return left.order_by("erased_at")[:1000]


def _stored() -> QuerySet[Any]:
    return SessionBlob.objects.filter(storage_name__in=["00/a", "00/b"]).values_list("storage_name")


def _idle() -> QuerySet[Any]:
    return Lease.objects.exclude(state="on").filter(expires_at__lt=timezone.now()).order_by("expires_at")[:10]


def _unheard() -> QuerySet[Any]:
    now = timezone.now()
    return Delivery.objects.unheard(now).filter(notified_at__gt=now - timedelta(hours=1))


def _week() -> QuerySet[Any]:
    return SessionTotal.objects.filter(day=timezone.now().date())


FOUND_BY: dict[str, Callable[[], QuerySet[Any]]] = {
    "session_received": _arrived,
    "blob_to_remove": _to_remove,
    "blob_storage_name": _stored,
    "total_day": _week,
    "total_entry_day": lambda: SessionTotal.objects.filter(entry_id="excel", day__gt="2026-01-01"),
    "session_release": lambda: _sorted("release_number"),
    "session_events": lambda: _sorted("event_count"),
    "session_frames": lambda: _sorted("frame_count"),
    "session_size": lambda: _sorted("byte_count"),
    "session_os": lambda: CaptureSession.objects.filter(os="linux").order_by("-received_at", "-pk")[:25],
    "lease_idle": _idle,
    "lease_expires": lambda: Lease.objects.filter(expires_at__gt=timezone.now()),
    "delivery_notified": _unheard,
    "finding_opened": lambda: Finding.objects.order_by("-opened_at", "-pk")[:25],
    "finding_open": lambda: Finding.objects.filter(label="EMAIL", state="open"),
    "erasure_open": lambda: Erasure.objects.exclude(step="done").order_by("created_at")[:100],
    "erasure_unproved": lambda: Erasure.objects.filter(
        step="done", proof="", entry_id__isnull=False
    ).order_by("finished_at")[:100],
}


@pytest.mark.parametrize("index", FOUND_BY)
def test_it_is_found_by_its_index(index: str) -> None:
    assert index in _plan_without_others(index, FOUND_BY[index]())


def _plan_without_others(index: str, rows: QuerySet[Any]) -> str:
    """Tables of a test are nearly empty, and any index is as good as another: so it is the only one here."""
    query, values = rows.query.sql_with_params()
    with databases.owner_connection() as owner, owner.transaction(force_rollback=True):
        found = owner.execute("SELECT tablename FROM pg_indexes WHERE indexname = %s", [index]).fetchall()
        table = found[0][0]
        keys = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = ANY ('{p,u,x}')"
        for (name,) in owner.execute(keys, [table]).fetchall():
            owner.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {} CASCADE").format(*_names(table, name)))
        others = "SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexname <> %s"
        for (name,) in owner.execute(others, [table, index]).fetchall():
            owner.execute(sql.SQL("DROP INDEX {}").format(*_names(name)))
        owner.execute("SET LOCAL enable_seqscan = off")
        owner.execute("SET LOCAL enable_sort = off")
        return "\n".join(row[0] for row in owner.execute(f"EXPLAIN {query}", values).fetchall())


def _names(*names: str) -> list[sql.Identifier]:
    return [sql.Identifier(name) for name in names]


def test_a_page_of_findings_and_a_page_of_samples_join_no_other_table(cast: Cast) -> None:
    for rows in (querysets.findings_visible_to(cast.admin), querysets.samples_visible_to(cast.officer)):
        assert "JOIN" not in str(rows.query)


@pytest.mark.parametrize(("scope", "value"), [("programme", ""), ("entry", "excel")])
def test_the_devices_of_a_stop_are_judged_by_single_leases(cast: Cast, scope: str, value: str) -> None:
    stop = CaptureStop(scope=scope, scope_value=value, stopped_at=timezone.now())
    plan = stops.devices(stop, timezone.now()).explain()
    assert "agents_lease" in plan
    assert "hashed SubPlan" not in plan
    # What allows nothing is more and more after a stop: it is no place to look for one lease.
    assert "lease_idle" not in plan


def test_idle_leases_are_forgotten_in_batches(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "FORGET_AT_ONCE", 2)
    monkeypatch.setattr(tasks, "FORGET_AT_ONCE", 2)
    old = timezone.now() - timedelta(days=30)
    for number in range(5):
        Lease.objects.create(
            device=cast.device, state="stopped", issued_at=old, expires_at=old + timedelta(hours=number)
        )
    kept = Lease.objects.create(device=cast.device, state="on", issued_at=old, expires_at=old)
    assert leases.forget_leases(actor=cast.system()) == 2
    assert Lease.objects.exclude(state="on").order_by("expires_at")[0].expires_at == old + timedelta(hours=2)
    tasks.forget_leases.run()
    assert list(Lease.objects.all()) == [kept]


def test_a_report_counts_in_the_database(cast: Cast, django_assert_num_queries: Any) -> None:
    from reviews.reports import leak_rates

    with django_assert_num_queries(1):
        assert leak_rates() == []
