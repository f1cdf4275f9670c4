"""What a witness decides: which state of a log it cosigns, and that it never goes back or sideways.

The largest state that was ever cosigned lies on the disk, flushed before its cosignature leaves this
computer. A state is cosigned when the log has signed it and shown that it only adds to the remembered one.
Anything else is an alarm and is kept as evidence. The order is that of C2SP tlog-witness, with the witness
asking: https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent import files
from mci_agent.errors import AgentError, StateBroken
from mci_core import merkle, notes, proofs

STATE = "state.json"
CONFIG = "witness.json"
LOCK = "lock"


class Alarm(AgentError):
    """The log contradicts what this witness has cosigned, or does not show that it agrees with it."""


@dataclass(frozen=True)
class Seen:
    """The largest state that was cosigned; `note` is the whole text that the log had signed."""

    size: int = 0
    root: bytes = merkle.EMPTY_ROOT
    time: int = 0
    note: str = ""

    def stored(self) -> dict[str, Any]:
        return {**asdict(self), "root": base64.b64encode(self.root).decode()}

    @classmethod
    def restored(cls, found: Any) -> Seen:
        root = base64.b64decode(found["root"], validate=True)
        seen = cls(int(found["size"]), root, int(found["time"]), str(found["note"]))
        if len(root) != notes.HASH_BYTES or seen.size < 0:
            raise ValueError
        return seen


@dataclass(frozen=True)
class Config:
    """Who this witness is, and which log it watches with which keys."""

    name: str
    server: str
    vkeys: tuple[str, ...]

    def keys(self) -> list[notes.Vkey]:
        """The keys of the log; one name, because the name is that of the log."""
        found = [read_vkey(text, notes.ED25519) for text in self.vkeys]
        if len({key.name for key in found}) != 1:
            raise AgentError("vkey_names", "All keys of a log have the name of the log.")
        return found


def read_vkey(text: str, kind: int) -> notes.Vkey:
    """A verifier key of this kind, or an error for the person."""
    try:
        key = notes.Vkey.parse(text.strip())
    except notes.BadNote as error:
        raise AgentError("vkey_unusable", f"This is no verifier key: {error}.") from error
    if key.kind != kind:
        raise AgentError("vkey_kind", "This verifier key is of another kind.")
    return key


def save_config(folder: Path, config: Config) -> None:
    files.write_json(folder / CONFIG, {**asdict(config), "vkeys": list(config.vkeys)})


def load_config(folder: Path) -> Config:
    """The configuration of a witness folder."""
    try:
        found = files.read_json(folder / CONFIG)
        if found is None:
            raise AgentError("witness_missing", f"{folder} holds no witness; mci-witness init makes one.")
        return Config(str(found["name"]), str(found["server"]), tuple(map(str, found["vkeys"])))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise StateBroken("witness_broken", f"{folder / CONFIG} cannot be read.") from error


def save_seen(folder: Path, seen: Seen) -> None:
    """On the disk when this returns, and whole."""
    files.write_json(folder / STATE, seen.stored())


def load_seen(folder: Path) -> Seen:
    """What was cosigned last; a broken file is an error and never the beginning: forgetting is going back."""
    try:
        found = files.read_json(folder / STATE)
        if found is None:
            raise StateBroken("state_missing", f"{folder / STATE} is missing: this witness has no memory.")
        return Seen.restored(found)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise StateBroken("state_broken", f"{folder / STATE} cannot be read.") from error


@dataclass(frozen=True)
class Witness:
    """One name, one key, one log."""

    name: str
    key: Ed25519PrivateKey
    log: tuple[notes.Vkey, ...]

    @property
    def origin(self) -> str:
        return self.log[0].name

    def opened(self, note: notes.Note) -> notes.Checkpoint:
        """The checkpoint in a note that this log has signed; an alarm for anything else."""
        try:
            notes.confirmed(note, self.log)
            checkpoint = notes.Checkpoint.parse(note.text)
        except notes.BadNote as error:
            hint = "".join(f" {line}" for line in self.untrusted(note))
            raise Alarm(
                "not_signed", f"What the server calls a checkpoint is none: {error}.{hint}"
            ) from error
        if checkpoint.origin != self.origin:
            raise Alarm("other_log", f"The server sends the checkpoint of another log: {checkpoint.origin}.")
        return checkpoint

    def untrusted(self, note: notes.Note) -> list[str]:
        """Sentences about keys that sign under the name of the log and are not trusted here."""
        own = {key.key_id for key in self.log}
        found = [line for line in note.signatures if line.name == self.origin and line.key_id not in own]
        return [
            f"It is signed with a key of {line.name} not trusted here, {line.key_id.hex()}."
            " If the log has changed its key, compare the new one with others and run mci-witness trust."
            for line in found
        ]

    def judged(self, text: str, seen: Seen) -> tuple[notes.Note, notes.Checkpoint]:
        """The checkpoint of a step from what was seen, when it only adds to that."""
        try:
            step = proofs.Step.parse(text)
        except notes.BadNote as error:
            raise Alarm("no_step", f"The server sends no proof that can be read: {error}.") from error
        checkpoint = self.opened(step.note)
        if step.old != seen.size:
            raise Alarm("other_step", f"The proof begins at {step.old} entries, not at {seen.size}.")
        if checkpoint.size < seen.size:
            raise Alarm("shrunk", shrunk(checkpoint.size, seen))
        if checkpoint.size == seen.size and checkpoint.root != seen.root:
            raise Alarm("forked", f"The log states another root for the same {seen.size} entries.")
        if not _goes_on(step, seen, checkpoint):
            raise Alarm(
                "not_shown",
                f"The log does not show that its {checkpoint.size} entries go on from {seen.size} before.",
            )
        return step.note, checkpoint

    def cosigned(self, note: notes.Note, now: int) -> notes.Note:
        """The note with the statement of this witness and no other line than those of the log."""
        own = {(key.name, key.key_id) for key in self.log}
        lines = tuple(line for line in note.signatures if (line.name, line.key_id) in own)
        return notes.Note(note.text, (*lines, notes.cosign(note.text, self.name, self.key, now)))


def _goes_on(step: proofs.Step, seen: Seen, checkpoint: notes.Checkpoint) -> bool:
    if seen.size == 0:
        return not step.hashes and (checkpoint.size > 0 or checkpoint.root == merkle.EMPTY_ROOT)
    return merkle.verify_consistency(seen.size, checkpoint.size, seen.root, checkpoint.root, step.hashes)


def shrunk(size: int, seen: Seen) -> str:
    return f"The log had {seen.size} entries when it was cosigned last and has {size} now."


def keep_evidence(folder: Path, now: int, seen: Seen, received: bytes) -> Path:
    """What was cosigned and what contradicts it, in one file that nothing overwrites."""
    path = folder / f"alarm-{now}-{len(list(folder.glob('alarm-*')))}.txt"
    parts = [
        b"Cosigned by this witness:\n\n",
        seen.note.encode(),
        b"\n\nReceived from the server:\n\n",
        received,
    ]
    files.write_new(path, b"".join(parts))
    return path
