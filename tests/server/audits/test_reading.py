"""What is said when the sealed part of an entry is gone or does not fit, and who may read at all."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from audits import reading
from audits.actions import append
from audits.actor import Actor
from audits.models import AuditDetail, AuditEntry, Checkpoint
from audits.registry import actions, audited
from audits.templatetags import audit_names
from tests.server.cast import Cast
from tests.server.support import databases


def _entry(reason: str = "") -> AuditEntry:
    with transaction.atomic():
        pk = append(action="audits.x", actor=Actor.system("s"), obj=None, reason=reason)
    return AuditEntry.objects.get(pk=pk)


def _as_owner(statement: str) -> None:
    with databases.owner_connection() as owner:
        owner.execute("ALTER TABLE audits_auditdetail DISABLE TRIGGER USER")
        owner.execute(statement)
        owner.execute("ALTER TABLE audits_auditdetail ENABLE TRIGGER USER")


def test_erased_details_are_said_to_be_erased(transactional_db: None) -> None:
    entry = _entry(reason="r")
    _as_owner("DELETE FROM audits_auditdetail")
    assert "erased" in reading.opened(entry).problem


def test_details_of_another_entry_do_not_open(transactional_db: None) -> None:
    entry, other = _entry(reason="r"), _entry(reason="s")
    taken = f"(SELECT sealed FROM audits_auditdetail WHERE entry_id = {other.pk})"
    _as_owner(f"UPDATE audits_auditdetail SET sealed = {taken} WHERE entry_id = {entry.pk}")
    assert "do not open" in reading.opened(entry).problem


def test_a_changed_salt_is_noticed(transactional_db: None) -> None:
    entry = _entry(reason="r")
    _as_owner("UPDATE audits_auditdetail SET salt = decode(repeat('00', 32), 'hex')")
    assert "not those" in reading.opened(entry).problem


def test_an_outsider_reads_nothing(cast: Cast) -> None:
    _entry()
    assert not AuditEntry.objects.visible_to(AnonymousUser()).exists()


def test_rows_name_themselves_without_content(cast: Cast) -> None:
    entry = _entry()
    assert str(entry) == f"audits.x #{entry.pk}"
    assert str(AuditDetail.objects.get(pk=entry.pk)) == f"detail of #{entry.pk}"
    assert str(Checkpoint(size=3)) == "checkpoint of 3"


def test_an_actor_is_written_by_its_kind() -> None:
    def shown(actor: str, role: str | None = None) -> str:
        return audit_names.actor(AuditEntry(actor=actor, actor_role=role), {"user:1": "Ada"})

    assert shown("user:1", "admin+ml_staff") == 'Ada <span class="muted">admin, ml staff</span>'
    assert "the person" in shown("subject:2")
    assert "beat" in shown("system:beat")
    assert "device" in shown("device:12345678-9")
    assert audit_names.object_kind("accounts.rolegrant") == "role grant"
    assert audit_names.object_kind("gone.model") == "gone.model"
    assert audit_names.named({}, "x") == "erased"


def test_two_actions_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="two actions"):

        @audited("audits.record_event")
        def other() -> None:
            """Never runs."""

    assert "audits.record_event" in actions()


def test_facts_become_plain_json(cast: Cast) -> None:
    with transaction.atomic():
        pk = append(
            action="audits.x",
            actor=cast.system(),
            obj=None,
            facts={"set": {"b", "a"}, "id": cast.department.pk, "none": None, "list": (1, 2.5, True)},
        )
    assert reading.leaf_of(AuditEntry.objects.get(pk=pk))["facts"] == {
        "set": ["a", "b"],
        "id": str(cast.department.pk),
        "none": None,
        "list": [1, 2.5, True],
    }
