"""Signs what the sequencer states, and refuses to sign two things that contradict each other.

A signature may be seen by anybody once it is in the database; before that its note is written outside the
database. So the database can never be behind what is kept outside, unless it is an older one or another one:
then nothing is signed any more until an operator has decided (``manage.py audit_resume``).
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from audits import log_key_files, log_keys, outside, sequence, tree
from audits.log_keys import LogKey
from audits.models import Checkpoint, Cosignature, SignedCheckpoint
from audits.tree import Broken
from mci_core import merkle, notes
from mci_core.notes import Note, Vkey
from mci_core.tiles import Tree

Signer = tuple[Vkey, Ed25519PrivateKey]
#: As kept outside the database, and as the database has it.
Before = tuple[notes.Checkpoint | None, notes.Checkpoint | None]


@dataclass(frozen=True)
class Held:
    """The keys that lie here, and which keys have ever signed with whether they ended. Read once for a
    signature: opening every key file and the list again for each check cost more than the signature.
    """

    here: dict[bytes, Ed25519PrivateKey]
    ended: dict[bytes, bool]

    @classmethod
    def read(cls) -> Held:
        return cls(log_key_files.on_disk(), outside.keys())


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
    """The newest key that signs; of a log that begins, its first one."""
    held = Held.read()
    kept, _stated = known(held)
    origin = _origin(kept)
    return signers(origin, _keys(origin, sequence.latest(), held), held)[0][1]


def sign() -> SignedCheckpoint | None:
    """Sign the newest checkpoint. Returns None when it is signed, or when there is nothing.

    Raises :class:`Contradiction`; then nothing was signed and nothing was written.
    """
    with outside.locked():
        head = sequence.latest()
        if head is None or not head.in_tiles:
            return None
        held = Held.read()
        before = known(held)
        kept, stated = before
        if kept is not None and stated is not None and kept.size == stated.size == head.size:
            return None
        refuse_contradiction(head, before)
        return _sign(head, _origin(kept), held)


def sign_anew(head: Checkpoint | None) -> SignedCheckpoint | None:
    """Begin a new log over the entries that are there, after an operator gave the old one up.

    Its origin has a number, so that nobody takes it for the one that was signed before, and its key is
    another: whoever may have taken the old one cannot go on with it here.
    """
    with outside.locked():
        origin = _next_origin()
        used = {*outside.keys(), *log_key_files.on_disk()} - set(log_key_files.later())
        outside.keep_keys([], ended=used | outside.keys().keys())
        outside.set_aside()
        return None if head is None else _sign(head, origin, Held.read())


def _origin(kept: notes.Checkpoint | None) -> str:
    if kept is not None:
        return kept.origin
    # Where a log was given up, its name is never used again.
    return _next_origin() if outside.checkpoints_ever() else str(settings.AUDIT_ORIGIN)


def signers(origin: str, keys: list[LogKey], held: Held | None = None) -> list[Signer]:
    """Who signs the log, the newest key first. ``keys`` is what the log says under a checkpoint.

    Raises :class:`Contradiction` when a key is not here, or has ended: then the log says less than it said.
    """
    if not keys:
        key = _begin()
        return [(Vkey.of(origin, key), key)]
    held = held or Held.read()
    found = []
    for vkey in (key.vkey for key in log_keys.signing(keys)):
        if held.ended.get(vkey.public):
            raise Contradiction(f"the key {vkey.key_id.hex()} has ended; this database says that it signs")
        if vkey.public not in held.here:
            raise Contradiction(f"the key {vkey.key_id.hex()} of the log is missing or cannot be opened")
        found.append((vkey, held.here[vkey.public]))
    return found


def _keys(origin: str, head: Checkpoint | None, held: Held) -> list[LogKey]:
    """The keys of this log as it stands at a checkpoint; none where nothing was ever signed."""
    first = log_keys.first_of(origin) or _kept_first(origin, held)
    return [] if first is None else log_keys.of(first, log_keys.told(head))


def _kept_first(origin: str, held: Held) -> Vkey | None:
    """The key of a log whose first checkpoint was kept outside and did not come into the database."""
    note = outside.checkpoint()
    lines = () if note is None else Note.parse(note).signatures
    ids = {line.key_id for line in lines if line.name == origin}
    keys = [Vkey.of(origin, key) for key in held.here.values()]
    return next((key for key in keys if key.key_id in ids), None)


def _begin() -> Ed25519PrivateKey:
    """A log that begins signs with a key that has signed no other."""
    used = outside.keys()
    if not used:
        return log_key_files.first()
    unused = [public for public in log_key_files.later() if public not in used]
    public = unused[0] if unused else log_key_files.make()
    return log_key_files.on_disk()[public]


def _sign(head: Checkpoint, origin: str, held: Held) -> SignedCheckpoint:
    keys = _keys(origin, head, held)
    by = signers(origin, keys, held)
    over = [key.vkey.public for key in keys if key.end is not None]
    text = notes.Checkpoint(origin, head.size, bytes.fromhex(head.root)).text()
    note = Note(text, tuple(notes.sign(text, origin, key) for _vkey, key in by)).dumps()
    outside.keep_keys([vkey.public for vkey, _key in by], ended=over)
    outside.keep_checkpoint(note)
    with transaction.atomic():
        made = SignedCheckpoint.objects.create(
            origin=origin, size=head.size, root=head.root, note=note, vkey=by[0][0].text()
        )
    for public in over:
        log_key_files.drop(public)
    return made


def known(held: Held | None = None) -> Before:
    """The last checkpoint that was signed: as kept outside the database, and as the database has it."""
    held = held or Held.read()
    note = outside.checkpoint()
    kept = None if note is None else _opened(note, "the checkpoint outside the database", held)
    stated = SignedCheckpoint.objects.filter(**({} if kept is None else {"origin": kept.origin}))
    row = stated.order_by("-size").first()
    if row is None or row.note == note:
        return kept, None if row is None else kept
    return kept, _opened(row.note, f"the signed checkpoint of {row.size} entries", held)


def _opened(text: str, what: str, held: Held) -> notes.Checkpoint:
    """Signed with a key that this server holds and that has not ended."""
    here, ended = held.here, held.ended
    if not here:
        raise Contradiction("the key of the log is missing or cannot be opened")
    try:
        note = Note.parse(text)
        found = notes.Checkpoint.parse(note.text)
        fits = notes.confirmed(note, [Vkey(found.origin, public) for public in {*here, *ended}])
        if all(ended.get(one.key.public, False) or one.key.public not in here for one in fits):
            raise notes.BadNote("with one that has ended, or is not here")
    except notes.BadNote as fault:
        raise Contradiction(f"{what} was not signed with the key of this log: {fault}") from fault
    return found


def check() -> None:
    """Before a sequencer leads: the database goes on from what was signed. Raises :class:`Contradiction`."""
    head = sequence.latest()
    if head is not None and head.in_tiles:
        held = Held.read()
        before = known(held)
        refuse_contradiction(head, before)
        origin = _origin(before[0])
        signers(origin, _keys(origin, head, held), held)
    elif outside.checkpoint() is not None:
        raise Contradiction("a checkpoint is kept outside the database, and the database has no log")


def refuse_contradiction(head: Checkpoint, before: Before) -> None:
    """Compare what the database holds with what was signed before (:func:`known`). Raises
    :class:`Contradiction`.
    """
    kept, stated = before
    base: str = settings.AUDIT_ORIGIN
    if kept is None and SignedCheckpoint.objects.exists():
        raise Contradiction("checkpoints were signed, but none is kept outside the database")
    if kept is not None and kept.origin != base and not kept.origin.startswith(f"{base}/"):
        raise Contradiction(f"the checkpoint outside the database is of {kept.origin}, not of {base}")
    now = tree.tree(head.size)
    if kept is not None:
        _refuse_other_tree(old=kept, head=head, now=now, where="outside")
    # Nearly always both are the same, and are compared once.
    if stated is not None and stated != kept:
        _refuse_other_tree(old=stated, head=head, now=now, where="in")
    if kept is None and now.root().hex() != head.root:
        raise Contradiction(f"the tiles do not have the root that was stated over {head.size} entries")


def _refuse_other_tree(*, old: notes.Checkpoint, head: Checkpoint, now: Tree, where: str) -> None:
    if old.size > head.size:
        raise Contradiction(
            f"the checkpoint {where} the database states {old.size} entries, the log has {head.size}"
        )
    if old.size == 0:
        return
    proof = now.consistency(old.size)
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
