"""The only way into the log. An entry is written in the transaction of the change it tells of.

``append`` is called by actions as their fifth step; ``record_event`` is for a security event that changes
nothing (a refused upload, a replayed token) and therefore has no transaction of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from audits import leaf as leaves
from audits.actor import Actor
from audits.registry import audited, entry_appended
from mci_core import canonical

_INSERT = "SELECT audits_append(%s, %s, %s, %s)"


def append(
    *,
    action: str,
    actor: Actor,
    obj: Model | None,
    subject: UUID | str | None = None,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    details: dict[str, Any] | None = None,
) -> int:
    """Write one entry and return its id; must run inside the transaction of the change.

    ``facts`` are public and never personal (numbers, codes, digests, opaque ids). ``reason`` and ``details``
    (before, after) are sealed, with a key of the person when there is a ``subject``: the opaque id of the
    person concerned.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "an audit entry belongs to the transaction of its change"
        )
    facts = _plain(facts or {})
    leaves.check_facts(facts)
    at = leaves.milliseconds(timezone.now())
    private = leaves.private_bytes(leaves.Details(reason=reason, details=_plain(details or {})))
    salt = leaves.new_salt()
    committed = leaves.commitment(salt, private)
    leaf = canonical.dumps(
        {
            "v": leaves.VERSION,
            "at": at,
            "action": action,
            "actor": actor.named_for(subject),
            "role": actor.role,
            "object": None if obj is None else {"type": obj._meta.label_lower, "id": str(obj.pk)},
            "subject": None if subject is None else str(subject),
            "request": actor.request_id,
            "commitment": committed,
            "facts": facts,
        }
    ).decode()
    when = datetime.fromtimestamp(at // 1000, UTC).replace(microsecond=at % 1000 * 1000)
    about = None if subject is None else UUID(str(subject))
    stored_salt, sealed = leaves.seal_about(about, salt, private, committed)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [when, leaf, stored_salt, sealed])
        row = cursor.fetchone()
    entry_appended()
    return int(row[0])


@audited("audits.record_event")
def record_event(
    *,
    action: str,
    actor: Actor,
    obj: Model | None = None,
    subject: UUID | str | None = None,
    reason: str = "",
    facts: dict[str, Any] | None = None,
) -> int:
    """Log a security event in a transaction of its own, so that it stays although the request is refused."""
    return append(action=action, actor=actor, obj=obj, subject=subject, reason=reason, facts=facts)


def _plain(value: Any) -> Any:
    """JSON values from what actions hand over: times, dates, ids and decimals as text, sets in order."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
