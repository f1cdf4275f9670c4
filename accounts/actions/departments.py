"""Departments: the groups that policies and aggregates are scoped by."""

from __future__ import annotations

from accounts import permissions
from accounts.models import Department, Subject, User
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from mci_core.errors import Conflict, Invalid


@audited("accounts.create_department")
def create_department(*, name: str, actor: Actor) -> Department:
    permissions.require(actor, "accounts.create_department")
    name = name.strip()
    if not name:
        raise Invalid("Give the department a name.", field="name")
    if Department.objects.filter(name__iexact=name).exists():
        raise Conflict("There is a department of this name already.", code="department_exists", field="name")
    department = Department.objects.create(name=name)
    append(action="accounts.create_department", actor=actor, obj=department, details={"name": name})
    return department


@audited("accounts.move_to_department")
def move_to_department(*, user: User, department: Department, actor: Actor) -> Subject:
    """The entry names the account, not the subject: the log must not tell whose pseudonym it is."""
    permissions.require(actor, "accounts.move_to_department")
    subject = Subject.objects.select_for_update().get(user=user)
    if subject.department_id == department.pk:
        with nothing_to_do():
            return subject
    before = subject.department_id
    subject.department = department
    subject.save(update_fields=["department"])
    append(
        action="accounts.move_to_department",
        actor=actor,
        obj=user,
        details={"before": before, "after": department.pk},
    )
    return subject
