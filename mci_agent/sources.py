"""Where events come from. So far: recordings of the format interaction-events/1 that are played again.

A recording is read whole and checked before its first event is played: a broken one is refused with a
message that names the file and the line, and the others go on. Frames are read when they are needed, only
from the recording's own folder, and only when their digest is the one in the event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mci_agent.errors import SourceBroken
from mci_core import session

PREFIX = "replay:"
TRUTH = ".truth.jsonl"


@dataclass(frozen=True)
class Recording:
    """A whole, checked recording."""

    path: Path
    header: Mapping[str, Any]
    events: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return self.path.name

    def frame(self, event: Mapping[str, Any]) -> bytes:
        """The bytes of a screenshot event; SourceBroken when they are not there or not those."""
        path = self.path.parent / str(event["file"])
        inside = path.resolve().is_relative_to(self.path.parent.resolve())
        try:
            if not inside or path.stat().st_size > session.MAX_FRAME_BYTES:
                raise SourceBroken("frame_refused", f"{self.name}: a frame cannot be used.")
            data = path.read_bytes()
        except OSError as error:
            raise SourceBroken("frame_missing", f"{self.name}: a frame cannot be read.") from error
        if hashlib.sha256(data).hexdigest() != event["sha256"]:
            raise SourceBroken("frame_digest", f"{self.name}: a frame is not the one that was recorded.")
        return data


def replay_path(source: str) -> Path:
    """The path in `replay:PATH`."""
    if not source.startswith(PREFIX) or source == PREFIX:
        raise SourceBroken(
            "source_unknown", "The source must be replay:PATH, a recording or a folder of them."
        )
    return Path(source.removeprefix(PREFIX)).expanduser()


def recordings(path: Path) -> list[Path]:
    """The recordings at a path, in the order of their names."""
    if path.is_file():
        return [path]
    found = (
        sorted(one for one in path.glob("*.jsonl") if not one.name.endswith(TRUTH)) if path.is_dir() else []
    )
    if not found:
        raise SourceBroken("source_empty", f"There is no recording at {path}.")
    return found


def read(path: Path) -> Recording:
    """Read and check one recording."""
    try:
        if path.stat().st_size > session.MAX_BYTES:
            raise SourceBroken("source_too_large", f"{path.name}: more than {session.MAX_BYTES} bytes.")
        with path.open("rb") as stream:
            header, events = session.parse_lines(_lines(stream.read(session.MAX_BYTES + 1)))
    except OSError as error:
        raise SourceBroken("source_unreadable", f"{path.name}: cannot be read.") from error
    except session.SessionError as error:
        raise SourceBroken(error.code, f"{path.name}: {error.message}") from error
    return Recording(path, header, events)


def _lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end + 1
        yield data[start:end]
        start = end
