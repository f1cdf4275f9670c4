"""What a policy file would change of the live policy: in words with their direction, and line by line.

The words come from the same prover that decides who must approve. If the bytes differ and it has no words for
it, the plan is wider: a difference that nobody can name is never harmless.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mci_core import policy
from mci_core.policy_code import shape
from mci_core.policy_code.writing import written
from mci_core.policy_model import Change, Direction, Policy

APPROVAL: dict[str, str] = {
    "wider": "a privacy officer and an admin or one of the ML staff, none of them the author",
    "narrower": "one privacy officer or admin who is not the author",
    "neutral": "one privacy officer or admin who is not the author",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """`direction` is None where nothing changes; `lines`: the difference of the files as `diff -u` has it."""

    old_digest: str
    digest: str
    changes: tuple[Change, ...]
    direction: Direction | None
    removed_entries: tuple[str, ...]
    removed_rules: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def approval(self) -> str:
        """Who has to approve it, in words; empty where nothing changes."""
        return APPROVAL[self.direction] if self.direction else ""

    def count(self, direction: Direction) -> int:
        """How many changes go in this direction."""
        return sum(change.direction == direction for change in self.changes)

    def as_dict(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "old_digest": self.old_digest,
            "digest": self.digest,
            "direction": self.direction,
            "approval": self.approval,
            "changes": [
                {"path": change.path, "words": change.words, "direction": change.direction}
                for change in self.changes
            ],
            "removed": {"entries": list(self.removed_entries), "rules": list(self.removed_rules)},
            "diff": list(self.lines),
        }


def compare(live: Mapping[str, Any] | None, document: Mapping[str, Any]) -> Plan:
    """The plan for a valid document. `live` None: nothing is live yet."""
    # Order alone is no difference: a draft brings it into the same one anyway.
    old = None if live is None else policy.parse(shape.ordered(live))
    new = policy.parse(shape.ordered(document))
    old_digest = "" if live is None else policy.policy_digest(live)
    if old is not None and old.digest == new.digest:
        return Plan(old_digest, new.digest, (), None, (), (), ())
    changes, direction = policy.diff(old, new), policy.direction(old, new)
    if not changes:
        words = "The documents differ in a way that this program has no words for."
        changes, direction = [Change("$", words, "wider")], "wider"
    return Plan(
        old_digest,
        new.digest,
        tuple(changes),
        direction,
        _gone(old, new, "entries"),
        _gone(old, new, "rules"),
        _lines(live, document),
    )


def _gone(old: Policy | None, new: Policy, part: str) -> tuple[str, ...]:
    kept = {item.id for item in getattr(new, part)}
    return tuple(item.id for item in getattr(old, part, ()) if item.id not in kept)


def _lines(live: Mapping[str, Any] | None, document: Mapping[str, Any]) -> tuple[str, ...]:
    before = [] if live is None else written(live).splitlines()
    after = written(document).splitlines()
    return tuple(difflib.unified_diff(before, after, "live", "file", lineterm="", n=2))
