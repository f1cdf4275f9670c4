"""Who may read the log: roles that answer for it see all of it, an employee sees what is about that
employee.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from audits.models import AuditEntryQuerySet

READERS = frozenset({"admin", "privacy_officer", "auditor"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "audits.view": READERS,
    # Reasons and before/after: not for the auditor, who sees that something happened, not whom it names.
    "audits.view_details": frozenset({"privacy_officer"}),
    "audits.save_search": READERS,
    "audits.forget_search": READERS,
    "audits.request_export": READERS,
    "audits.delete_export": READERS | {"system"},
    "audits.finish_export": frozenset({"system"}),
    "audits.record_event": frozenset({"system", "device", "employee"}),
    "audits.register_witness": frozenset({"admin", "privacy_officer", "system"}),
    "audits.withdraw_witness": frozenset({"admin", "privacy_officer", "system"}),
    # Who they are says the signature, not a login.
    "audits.accept_cosignature": frozenset({"system"}),
    "audits.resume_log": frozenset({"system"}),
    # The key of the log is the operator's: nobody who is signed in to the console changes it.
    "audits.prepare_log_key": frozenset({"system"}),
    "audits.replace_log_key": frozenset({"system"}),
    "audits.end_log_key": frozenset({"system"}),
}

FRESH_MFA = frozenset({"audits.register_witness", "audits.withdraw_witness"})


def visible_entries(entries: AuditEntryQuerySet, user: object) -> AuditEntryQuerySet:
    """Duck-typed on ``roles`` and ``own_subject_id``, because the log is below the accounts in the import
    order.
    """
    if not getattr(user, "is_active", False):
        return entries.none()
    if READERS & getattr(user, "roles", frozenset()):
        return entries
    about = Q(actor=f"user:{getattr(user, 'pk', '')}")
    subject = getattr(user, "own_subject_id", None)
    if subject is not None:
        about |= Q(subject=subject)
    return entries.filter(about)
