"""Takes the keys of erased sessions out of the trees of their people.

The transaction that erases writes down which numbers are spent; this follows within minutes, in batches. A
crash loses nothing: the rows are there until the tree without their keys is committed. A tree is read and
written under the lock of its row, so uploads, wrappings with a new epoch and the erasure of a whole person
may run at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import structlog
from django.db import connection

from accounts import epochs, keys, permissions
from accounts.models import PersonKey, SpentNumber, Subject
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from mci_core.errors import ActionError

log = structlog.get_logger(__name__)
TREES, NUMBERS = 200, 20_000
_WAITING = """
SELECT DISTINCT spent.key_id FROM accounts_spentnumber spent
JOIN accounts_personkey key ON key.id = spent.key_id
WHERE %s::uuid IS NULL OR key.subject_id = %s ORDER BY spent.key_id LIMIT %s
"""


@audited("accounts.destroy_object_keys")
def destroy_object_keys(*, actor: Actor, subject: Subject | None = None, limit: int = TREES) -> int:
    """Destroy the keys of spent numbers, of one person or of the next trees. Returns how many numbers; 0: all
    that can be are gone.
    """
    permissions.require(actor, "accounts.destroy_object_keys")
    rows = PersonKey.objects.select_for_update(no_key=True).filter(pk__in=_waiting(subject, limit))
    trees = {row.pk: row for row in rows.order_by("pk")}
    spent: dict[UUID, dict[int, int]] = defaultdict(dict)
    waiting = SpentNumber.objects.filter(key__in=trees).values_list("pk", "key", "number")
    for pk, key, number in waiting[:NUMBERS]:
        spent[key][number] = pk
    epoch = epochs.current() if spent else 0
    done = [key for key, numbers in spent.items() if _take_out(trees[key], set(numbers), epoch)]
    if not done:
        with nothing_to_do():
            return 0
    changed = [trees[key] for key in done if trees[key].destroyed_at is None]
    PersonKey.objects.bulk_update(changed, ["wrapped", "kek"])
    SpentNumber.objects.filter(pk__in=[pk for key in done for pk in spent[key].values()]).delete()
    count = sum(len(spent[key]) for key in done)
    # Names neither a person nor a tree: with them, readers of the log could follow who had worked when.
    append(
        action="accounts.destroy_object_keys",
        actor=actor,
        obj=None,
        facts={"keys": count, "trees": len(done)},
    )
    return count


def _waiting(subject: Subject | None, limit: int) -> list[UUID]:
    whose = None if subject is None else subject.pk
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [whose, whose, limit])
        return [row[0] for row in cursor.fetchall()]


def _take_out(row: PersonKey, numbers: set[int], epoch: int) -> bool:
    if row.destroyed_at is not None:
        # The whole tree went with its person.
        return True
    try:
        tree = keys.tree_of(row)
    except ActionError as fault:
        log.error("key_tree_unreadable", key=str(row.pk), epoch=row.kek_id, fault=type(fault).__name__)
        return False
    epochs.wrap(row, tree.without(numbers).dump(), epoch)
    return True
