"""What makes a restored older database fit the keys that there are now."""

from __future__ import annotations

from django.db.models import Max
from django.utils import timezone

from accounts import epochs, keyring, keys, permissions
from accounts.models import EpochState, KeyEpoch, KeyPurpose, PersonKey
from audits import epoch_keys
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited
from mci_core.errors import ActionError
from mci_core.key_tree import KeyTree

FIELDS = ("wrapped", "kek", "purpose", "numbers", "destroyed_at")


@audited("accounts.adopt_keyring")
def adopt_keyring(*, actor: Actor) -> dict[str, int]:
    """Take the living person keys from the ring; what only a destroyed epoch opens counts as destroyed.

    Keys that the ring does not have belong to people who were erased since, or to nobody any more. A key from
    before there were trees that still opens is kept as it is: beat moves what it wraps once more.
    """
    permissions.require(actor, "accounts.adopt_keyring")
    _adopt_epochs(actor)
    ring = {key.id: key for key in keyring.read() if epoch_keys.is_there(key.kek)}
    adopted, lost = [], []
    for row in PersonKey.objects.select_for_update().filter(destroyed_at__isnull=True).order_by("pk"):
        known = ring.get(row.pk)
        opens = row.kek_id is None or epoch_keys.is_there(row.kek_id)
        if known is not None and not (opens and known.purpose != row.purpose):
            _take(row, known, opens=opens)
            adopted.append(row)
        elif not opens:
            row.wrapped, row.destroyed_at = None, timezone.now()
            lost.append(row)
    PersonKey.objects.bulk_update([*adopted, *lost], FIELDS, batch_size=500)
    facts = {"adopted": len(adopted), "gone": len(lost)}
    append(action="accounts.adopt_keyring", actor=actor, obj=None, facts=facts)
    return facts


def _take(row: PersonKey, known: keyring.RingKey, *, opens: bool) -> None:
    """A tree comes back without the keys that were taken out of it, and gives no number out twice."""
    here = _tree(row) if opens and row.purpose == KeyPurpose.OBJECTS else None
    row.wrapped, row.kek_id, row.purpose = known.wrapped, known.kek, known.purpose
    row.numbers = max(row.numbers, known.numbers)
    if here is not None:
        # The ring may be a minute behind: what was taken out here since stays out.
        epochs.wrap(row, keys.tree_of(row).common(here).dump())


def _tree(row: PersonKey) -> KeyTree | None:
    try:
        return keys.tree_of(row)
    except ActionError:
        # Damaged: the ring has what there is.
        return None


def _adopt_epochs(actor: Actor) -> None:
    """Epochs that ended since are over; those that began since exist."""
    now = timezone.now()
    gone = [one.number for one in KeyEpoch.objects.all() if epoch_keys.is_destroyed(one.number)]
    KeyEpoch.objects.filter(number__in=gone).exclude(state=EpochState.DESTROYED).update(
        state=EpochState.DESTROYED, destroyed_at=now
    )
    last = KeyEpoch.objects.aggregate(last=Max("number"))["last"] or 0
    for number in epoch_keys.numbers():
        if number > last and not epoch_keys.is_destroyed(number):
            KeyEpoch.objects.create(number=number, day=epochs.today(), state=EpochState.ENDING)
    if not KeyEpoch.objects.filter(state=EpochState.ACTIVE).exists():
        epochs.start(actor)
