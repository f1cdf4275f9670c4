"""What counts as a password in a command: the value of the option by which the tool takes it.

The tools and their options stand in `commands.txt`: "-p" is a password to one and a port to another.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import values
from mci_core.detectors.matching import AnyOf, Detector, Hit
from mci_core.detectors.tables import rows

_FORMS = [form for _, form in rows("commands.txt")]
_COMMAND = AnyOf(_FORMS)
_ENDS = b",;)]}"


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Passwords that commands are given."""
    for start, stop in _COMMAND.spans(data, 1):
        end = stop
        while end > start and data[end - 1] in _ENDS:
            end -= 1
        if values.is_password(data[start:end], plain=False):
            yield Hit(start, end, "PASSWORD", 0.8)


DETECTOR = Detector("COMMAND", tuple(_FORMS), find, labels=("PASSWORD",))
