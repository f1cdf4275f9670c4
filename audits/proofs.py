"""What is handed out to prove that an entry stands in the log: a C2SP tlog-proof of the newest checkpoint.

Whoever holds the entry, the key of the log and the keys of its witnesses needs nothing else:
`mci-verify proof` and `mci-verify receipt` check it without this server.
"""

from __future__ import annotations

from audits import checkpoints, tree
from audits.models import SignedCheckpoint
from mci_core.errors import Conflict, NotFound
from mci_core.proofs import Inclusion


def inclusion(entry_id: int, signed: SignedCheckpoint | None = None) -> Inclusion:
    """The proof under the newest signed checkpoint, or under the one given.

    Raises NotFound for an entry that does not exist, Conflict while no signature covers it.
    """
    index = tree.index_of(entry_id)
    if index is None:
        raise NotFound("There is no such entry.")
    covering = signed or checkpoints.newest()
    if covering is None or covering.size <= index:
        raise Conflict("The log has not been signed since this entry was written.", code="not_signed_yet")
    path = tree.tree(covering.size).inclusion(index)
    return Inclusion(index, tuple(path), checkpoints.note_of(covering))


def inclusion_proof(entry_id: int) -> str:
    """The text of the proof."""
    return inclusion(entry_id).dumps()
