"""Signs what the sequencer states, and refuses to sign two things that contradict each other.

A signature may be seen by anybody once it is in the database; before that its note is written outside the
database. So the database can never be behind what is kept outside, unless it is an older one or another one:
then nothing is signed any more until an operator has decided (``manage.py audit_resume``).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from audits import outside, sealed_keys, sequence, tree
from audits.models import Checkpoint, Cosignature, SignedCheckpoint
from audits.tree import Broken
from mci_core import merkle, notes
from mci_core.notes import Note, Vkey

KEY_NAME = "audit"


class Contradiction(Broken):
    """What would be signed does not go on from what was signed before."""


def newest() -> SignedCheckpoint | None:
    """The newest signed checkpoint; an older log of another origin does not count once there is a new one."""
    return SignedCheckpoint.objects.order_by("-id").first()


def note_of(signed: SignedCheckpoint) -> Note:
    """The note with the cosignatures of the witnesses that are registered now."""
    lines = Cosignature.objects.filter(checkpoint=signed, witness__withdrawn_at__isnull=True)
    return signed.signed.with_signatures(found.signature for found in lines.order_by("id"))


def signing_key() -> Ed25519PrivateKey:
    """The key of the log: made once, sealed on disk like the other keys of this server."""
    return _load(str(settings.KEYS_DIR))


@lru_cache(maxsize=4)
def _load(keys: str) -> Ed25519PrivateKey:
    path = Path(keys) / f"{KEY_NAME}.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sealed_keys.write_once(path, sealed_keys.seal(Ed25519PrivateKey.generate(), KEY_NAME))
    return sealed_keys.unseal(path.read_bytes(), KEY_NAME)


def sign() -> SignedCheckpoint | None:
    """Sign the newest checkpoint. Returns None when it is signed, or when there is nothing.

    Raises :class:`Contradiction`; then nothing was signed and nothing was written.
    """
    with outside.locked():
        head = sequence.latest()
        if head is None or not head.in_tiles:
            return None
        kept, stated = known()
        if kept is not None and stated is not None and kept.size == stated.size == head.size:
            return None
        refuse_contradiction(head)
        return _sign(head, settings.AUDIT_ORIGIN if kept is None else kept.origin)


def sign_anew(head: Checkpoint | None) -> SignedCheckpoint | None:
    """Begin a new log over the entries that are there, after an operator gave the old one up.

    Its origin has a number, so that nobody takes it for the one that was signed before.
    """
    with outside.locked():
        origin = _next_origin()
        outside.set_aside()
        return None if head is None else _sign(head, origin)


def _sign(head: Checkpoint, origin: str) -> SignedCheckpoint:
    key = signing_key()
    statement = notes.Checkpoint(origin, head.size, bytes.fromhex(head.root))
    note = notes.signed_checkpoint(statement, key).dumps()
    outside.keep_checkpoint(note)
    vkey = Vkey.of(origin, key).text()
    with transaction.atomic():
        return SignedCheckpoint.objects.create(
            origin=origin, size=head.size, root=head.root, note=note, vkey=vkey
        )


def known() -> tuple[notes.Checkpoint | None, notes.Checkpoint | None]:
    """The last checkpoint that was signed: as kept outside the database, and as the database has it."""
    note = outside.checkpoint()
    kept = None if note is None else _opened(note, "the checkpoint outside the database")
    stated = SignedCheckpoint.objects.filter(**({} if kept is None else {"origin": kept.origin}))
    row = stated.order_by("-size").first()
    return kept, None if row is None else _opened(row.note, f"the signed checkpoint of {row.size} entries")


def _opened(text: str, what: str) -> notes.Checkpoint:
    try:
        note = Note.parse(text)
        origin = notes.Checkpoint.parse(note.text).origin
        return notes.opened_checkpoint(note, Vkey.of(origin, signing_key()))
    except notes.BadNote as fault:
        raise Contradiction(f"{what} was not signed with the key of this log: {fault}") from fault


def check() -> None:
    """Before a sequencer leads: the database goes on from what was signed. Raises :class:`Contradiction`."""
    head = sequence.latest()
    if head is not None and head.in_tiles:
        refuse_contradiction(head)
    elif outside.checkpoint() is not None:
        raise Contradiction("a checkpoint is kept outside the database, and the database has no log")


def refuse_contradiction(head: Checkpoint) -> None:
    """Compare what the database holds with what was signed before. Raises :class:`Contradiction`."""
    kept, stated = known()
    base: str = settings.AUDIT_ORIGIN
    if kept is None and SignedCheckpoint.objects.exists():
        raise Contradiction("checkpoints were signed, but none is kept outside the database")
    if kept is not None and kept.origin != base and not kept.origin.startswith(f"{base}/"):
        raise Contradiction(f"the checkpoint outside the database is of {kept.origin}, not of {base}")
    for old, where in ((kept, "outside"), (stated, "in")):
        if old is not None:
            _refuse_other_tree(old, head, where)
    if kept is None and tree.tree(head.size).root().hex() != head.root:
        raise Contradiction(f"the tiles do not have the root that was stated over {head.size} entries")


def _refuse_other_tree(old: notes.Checkpoint, head: Checkpoint, where: str) -> None:
    if old.size > head.size:
        raise Contradiction(
            f"the checkpoint {where} the database states {old.size} entries, the log has {head.size}"
        )
    if old.size == 0:
        return
    proof = tree.tree(head.size).consistency(old.size)
    new_root = bytes.fromhex(head.root)
    if not merkle.verify_consistency(old.size, head.size, old.root, new_root, proof):
        raise Contradiction(
            f"the log of {head.size} entries does not go on from the checkpoint {where} the database"
            f" over {old.size}"
        )


def _next_origin() -> str:
    base: str = settings.AUDIT_ORIGIN
    used = set(SignedCheckpoint.objects.values_list("origin", flat=True).distinct()) | {base}
    used |= {note.split("\n", 1)[0] for note in outside.checkpoints_ever()}
    number = 2
    while f"{base}/{number}" in used:
        number += 1
    return f"{base}/{number}"
