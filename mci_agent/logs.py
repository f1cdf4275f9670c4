"""Log lines: one JSON object each on stderr, made of codes, counts and ids. Never content, never a secret."""

from __future__ import annotations

import json
import sys
import time
from typing import TextIO


class Log:
    """Writes events; `quiet` in tests by giving another stream."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def __call__(self, event: str, /, level: str = "info", **facts: str | int | float | bool | None) -> None:
        line = {"at": int(time.time()), "level": level, "event": event, **facts}
        print(json.dumps(line, ensure_ascii=False), file=self._stream or sys.stderr, flush=True)
