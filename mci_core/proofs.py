"""What is handed out to prove something: that an entry stands in a log, or that a log has only grown.

The first is a C2SP tlog-proof, the second the body of a C2SP tlog-witness ``add-checkpoint`` request. Both
carry the checkpoint, so that nothing else is needed than the keys of the log and of its witnesses:
https://c2sp.org/tlog-proof, https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

from dataclasses import dataclass

from mci_core import merkle, notes

HEAD = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63


@dataclass(frozen=True)
class Inclusion:
    """That the entry at ``index`` is in the tree of the checkpoint; ``extra`` is opaque and not proven."""

    index: int
    hashes: tuple[bytes, ...]
    note: notes.Note
    extra: bytes | None = None

    def dumps(self) -> str:
        extra = [] if self.extra is None else [f"extra {notes.encode(self.extra)}"]
        lines = [HEAD, *extra, f"index {self.index}", *map(notes.encode, self.hashes), ""]
        return "\n".join(lines) + "\n" + self.note.dumps()

    @classmethod
    def parse(cls, text: str) -> Inclusion:
        above, separator, below = text.partition("\n\n")
        lines = above.split("\n")
        if not separator or lines.pop(0) != HEAD or not lines:
            raise notes.BadNote("not a proof")
        extra = notes.decode(_after("extra ", lines.pop(0))) if lines[0].startswith("extra ") else None
        if not lines:
            raise notes.BadNote("not a proof")
        index = notes.number(_after("index ", lines.pop(0)))
        return cls(index, _hashes(lines), notes.Note.parse(below), extra)

    def holds(self, entry: bytes, log: notes.Vkey) -> bool:
        """Whether the entry stands there. Raises :class:`mci_core.notes.BadNote` for the checkpoint."""
        checkpoint = notes.opened_checkpoint(self.note, log)
        leaf = merkle.leaf_hash(entry)
        return merkle.verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root)


@dataclass(frozen=True)
class Step:
    """That the log of the checkpoint has only grown since it had ``old`` entries."""

    old: int
    hashes: tuple[bytes, ...]
    note: notes.Note

    def dumps(self) -> str:
        lines = [f"old {self.old}", *map(notes.encode, self.hashes), ""]
        return "\n".join(lines) + "\n" + self.note.dumps()

    @classmethod
    def parse(cls, text: str) -> Step:
        above, separator, below = text.partition("\n\n")
        if not separator:
            raise notes.BadNote("not a step")
        lines = above.split("\n")
        return cls(notes.number(_after("old ", lines.pop(0))), _hashes(lines), notes.Note.parse(below))

    def holds(self, old_root: bytes, log: notes.Vkey) -> bool:
        """Whether the tree with ``old_root`` is a prefix. Raises :class:`mci_core.notes.BadNote`."""
        checkpoint = notes.opened_checkpoint(self.note, log)
        if self.old == 0:
            return not self.hashes and old_root == merkle.EMPTY_ROOT
        return merkle.verify_consistency(self.old, checkpoint.size, old_root, checkpoint.root, self.hashes)


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise notes.BadNote(f"a line should begin with {word.strip()}")
    return line.removeprefix(word)


def _hashes(lines: list[str]) -> tuple[bytes, ...]:
    found = tuple(notes.decode(line) for line in lines)
    if len(found) > MAX_HASHES or any(len(item) != notes.HASH_BYTES for item in found):
        raise notes.BadNote("not the hashes of a proof")
    return found
