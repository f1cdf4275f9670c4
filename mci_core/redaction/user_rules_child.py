"""Prepares expressions in a process of its own, which may use little memory and two seconds; says "ok".

Run by `user_rules`, alone and without the rest of the project: expressions come in as a JSON list on standard
input.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Any, TextIO

MEMORY = 512 * 1024 * 1024
SECONDS = 2
# Prepared expressions are also searched once: part of the work is put off until then.
PROBE = "Aa1 -.@" * 200


def bound(limits: Any) -> None:
    """Take memory and time away, where the system can."""
    for kind, most in (("RLIMIT_AS", MEMORY), ("RLIMIT_CPU", SECONDS)):
        number = getattr(limits, kind, None)
        if number is not None:
            limits.setrlimit(number, (most, most))


def prepare(source: TextIO) -> str:
    """Compile and search. What is no expression at all is refused elsewhere, with a reason."""
    import re2

    options = re2.Options()
    options.log_errors = False
    for pattern in json.load(source):
        with suppress(re2.error, UnicodeError):
            re2.compile(pattern, options).search(PROBE)
    return "ok"


def main() -> int:
    """Run by another process."""
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows has no such limits; the parent's clock remains
        pass
    else:
        bound(resource)
    sys.stdout.write(prepare(sys.stdin) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
