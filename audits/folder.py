"""The log as files: C2SP tlog-tiles, for a web server, a USB stick or a works council.

``checkpoint``, ``vkey``, ``tile/<level>/…``, ``tile/entries/…``, ``index/…`` (whom each entry is about and
its place among those about the same person) and ``witness/<name>.vkey``; in a log that has changed its key
``keys`` and ``change/<size>``. Full tiles never change. The checkpoint is written last: whoever reads it
finds everything it needs.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from audits import log_keys, outside, tree
from audits.checkpoints import note_of
from audits.models import SignedCheckpoint, SubjectEntry, Witness
from mci_core import notes, tiles
from mci_core.tiles import ENTRIES, WIDTH, Tile

Progress = Callable[[int, int], None]


def export(target: Path, signed: SignedCheckpoint, *, progress: Progress | None = None) -> int:
    """Write what is new up to this checkpoint; returns how many entries there are under it.

    Goes on from the checkpoint that lies there, if it is one of the same log. ``progress`` is called with
    (entries written, entries in all).
    """
    target.mkdir(parents=True, exist_ok=True)
    done = exported(target, signed)
    for tile, entries in tree.bundles(done, signed.size):
        _put_tile(target / tile.path(), tile, tiles.pack(leaf for _id, leaf in entries))
        _put_tile(target / index_path(tile), tile, _index(tile, entries))
        _put_hashes(target, tile, entries)
        if progress is not None:
            progress(tile.index * WIDTH + tile.width, signed.size)
    _put_upper(target, done, signed.size)
    for witness in Witness.objects.active():
        put(target / "witness" / f"{witness_file(witness)}.vkey", f"{witness.vkey}\n".encode())
    _put_keys(target, signed)
    put(target / "checkpoint", note_of(signed).dumps().encode())
    _forget_partial(target, done, signed.size)
    return signed.size


def exported(target: Path, signed: SignedCheckpoint) -> int:
    """Up to which size the folder holds this log; 0 when it holds nothing or another log."""
    try:
        found = notes.Note.parse((target / "checkpoint").read_bytes())
        notes.confirmed(found, [signed.key, *(key.vkey for key in log_keys.all_of(signed.origin))])
        checkpoint = notes.Checkpoint.parse(found.text)
    except (OSError, notes.BadNote):
        return 0
    return checkpoint.size if checkpoint.origin == signed.origin and checkpoint.size <= signed.size else 0


def _put_keys(target: Path, signed: SignedCheckpoint) -> None:
    """Which keys have signed this checkpoint; where the log has changed its key, how it came to them."""
    put(target / "vkey", "".join(f"{key.text()}\n" for key in log_keys.in_note(signed)).encode())
    changes = log_keys.changes(signed.origin, signed.size)
    wanted = {str(change.signed.size): change.signed.note.encode() for change in changes}
    for path in target.glob("change/*"):
        if path.name not in wanted:
            path.unlink()
    if not changes:
        (target / "keys").unlink(missing_ok=True)
        return
    for name, note in wanted.items():
        put(target / "change" / name, note)
    put(target / "keys", log_keys.listed(signed.origin, signed.size).encode())


def index_path(tile: Tile) -> str:
    return "index" + Tile(ENTRIES, tile.index, tile.width).path().removeprefix("tile/entries")


def witness_file(witness: Witness) -> str:
    """A file name for the name of a key, which may be any text: readable where it can be, never twice."""
    plain = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-.") else "_" for sign in witness.name
    )
    return f"{plain.lstrip('.')[:80]}-{hashlib.sha256(witness.vkey.encode()).hexdigest()[:8]}"


def put(path: Path, data: bytes) -> None:
    """Replace a file at once: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    outside.replace(path, data, durable=False)


def _put_tile(path: Path, tile: Tile, data: bytes) -> None:
    """A full tile is written once and stays; one that is there must be the same."""
    if tile.width < WIDTH or not path.exists():
        put(path, data)
    elif path.read_bytes() != data:
        raise tree.Broken(f"{tile.path()} was exported before and is another now", tile.index * WIDTH)


def _put_hashes(target: Path, bundle: Tile, entries: list[tuple[int, bytes]]) -> None:
    tile = Tile(0, bundle.index, bundle.width)
    hashes = tiles.leaf_hashes(leaf for _id, leaf in entries)
    _put_tile(target / tile.path(), tile, b"".join(hashes))


def _put_upper(target: Path, done: int, size: int) -> None:
    for level in range(1, len(tiles.last_of(size))):
        for index in range(_full(done, level), -(-(size >> (tiles.HEIGHT * level)) // WIDTH)):
            tile = Tile(level, index, tiles.width_at(size, level, index))
            _put_tile(target / tile.path(), tile, tree.read(tile))


def _full(size: int, level: int) -> int:
    """How many full tiles this level has."""
    return (size if level == ENTRIES else size >> (tiles.HEIGHT * level)) // WIDTH


def _index(tile: Tile, entries: list[tuple[int, bytes]]) -> bytes:
    start = tile.index * WIDTH
    rows = SubjectEntry.objects.filter(index__gte=start, index__lt=start + tile.width)
    about = {row.index: row for row in rows}
    lines = []
    for place in range(start, start + len(entries)):
        row = about.get(place)
        if row is None:
            lines.append("-\t-\t-\n")
            continue
        # Nothing that the entries do not say as well: whoever verifies the log computes these lines again.
        previous = bytes(row.previous or bytes(32)).hex()
        lines.append(f"{row.subject}\t{row.number}\t{previous}\n")
    return "".join(lines).encode()


def _forget_partial(target: Path, done: int, size: int) -> None:
    """Partial tiles are kept until the tile is full: an older checkpoint may need them."""
    for level in (ENTRIES, *range(len(tiles.last_of(size)))):
        for index in range(_full(done, level), _full(size, level)):
            tile = Tile(level, index)
            names = [tile.path(), index_path(tile)] if level == ENTRIES else [tile.path()]
            for name in names:
                shutil.rmtree(target / f"{name}.p", ignore_errors=True)
