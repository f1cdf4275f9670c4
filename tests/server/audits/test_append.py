"""What the log refuses and what it keeps, on the real database as the application role."""

from __future__ import annotations

import json

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audits import leaf as leaves
from audits.actions import append, record_event
from audits.actor import Actor
from audits.models import AuditDetail, AuditEntry
from audits.registry import Unlogged, audited, nothing_to_do
from mci_core import canonical

pytestmark = pytest.mark.django_db
BEAT = Actor.system("beat", request_id="request-1")


def _entry() -> AuditEntry:
    entry_id = append(
        action="audits.example",
        actor=BEAT,
        obj=None,
        reason="because",
        facts={"n": 1},
        details={"before": "x"},
    )
    return AuditEntry.objects.get(pk=entry_id)


def test_an_entry_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        append(action="audits.example", actor=BEAT, obj=None)


def test_every_column_is_computed_from_the_leaf() -> None:
    entry = _entry()
    leaf = json.loads(entry.leaf)
    assert canonical.dumps(leaf).decode() == entry.leaf
    assert (entry.action, entry.actor, entry.actor_role) == ("audits.example", "system:beat", "system")
    assert entry.request_id == leaf["request"] == "request-1"
    assert leaves.milliseconds(entry.at) == leaf["at"]


def test_the_leaf_holds_a_commitment_and_neither_reason_nor_details() -> None:
    entry = _entry()
    detail = AuditDetail.objects.get(pk=entry.pk)
    committed = json.loads(entry.leaf)["commitment"]
    private = leaves.unseal(bytes(detail.sealed), committed)
    assert json.loads(private) == {"reason": "because", "details": {"before": "x"}}
    assert leaves.commitment(bytes(detail.salt), private) == committed
    assert "because" not in entry.leaf


@pytest.mark.parametrize("table", ["audits_auditentry", "audits_auditdetail"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_role_cannot_change_the_log(table: str, statement: str) -> None:
    _entry()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_the_application_role_cannot_reach_a_partition_directly() -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied for schema"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM audits_partitions.audits_auditentry_default")


@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}"])
def test_even_the_owner_is_refused_by_triggers(statement: str, owner_cursor: object) -> None:
    with transaction.atomic():
        _entry()
    for table in ("audits_auditentry", "audits_auditdetail"):
        with pytest.raises((DatabaseError, psycopg.Error), match="append-only"):
            owner_cursor.execute(statement.format(table))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("at, leaf, id", "now(), '{}', 1"),
        ("at, leaf", "now(), 'no json'"),
        ("at, leaf", """now(), '{"v":1,"at":0,"action":"a","actor":"b"}'"""),
        ("at, leaf", """to_timestamp(0), '{"v":2,"at":0,"action":"a","actor":"b"}'"""),
        ("at, leaf", """to_timestamp(0), '{"v":1,"at":0,"actor":"b"}'"""),
        ("at, leaf, action", """to_timestamp(0), '{"v":1,"at":0,"action":"a","actor":"b"}', 'other'"""),
    ],
)
def test_a_malformed_row_is_refused(columns: str, values: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audits_auditentry ({columns}) VALUES ({values})")


def test_the_writer_cannot_choose_its_place_in_the_order() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audits_auditentry (at, leaf, txid) VALUES (to_timestamp(0), "
            """'{"v":1,"at":0,"action":"a","actor":"b"}', '1') RETURNING txid = pg_current_xact_id()"""
        )
        assert cursor.fetchone() == (True,)


def test_partitions_are_made_ahead_by_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audits_ensure_partitions(6)")
        assert cursor.fetchone()[0] >= 0
        cursor.execute("SELECT audits_ensure_partitions(6)")
        assert cursor.fetchone() == (0,)


def test_an_entry_of_this_month_is_not_in_the_default_partition() -> None:
    entry = _entry()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audits_auditentry WHERE id = %s", [entry.pk])
        assert f"{entry.at:%Y_%m}" in cursor.fetchone()[0]


@pytest.mark.parametrize("facts", [{"who": "a@example.com"}, {"text": "x" * 200}, {"deep": [{"k": "a@b"}]}])
def test_a_fact_that_could_be_personal_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="nothing about a person"):
        append(action="audits.example", actor=BEAT, obj=None, facts=facts)


def test_a_security_event_is_kept_although_the_request_is_refused() -> None:
    entry = AuditEntry.objects.get(pk=record_event(action="agents.replayed_token", actor=Actor.device("d-1")))
    assert entry.actor == "device:d-1"


def test_an_action_that_logs_nothing_is_rolled_back() -> None:
    @audited("audits.test_forgetful")
    def forgetful() -> None:
        pass

    with pytest.raises(Unlogged):
        forgetful()


def test_a_repeated_action_may_say_that_there_was_nothing_to_do() -> None:
    @audited("audits.test_idle")
    def idle() -> int:
        with nothing_to_do():
            return 3

    assert idle() == 3
