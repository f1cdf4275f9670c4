"""Everything that is wrong with a policy file, each with its line: what is no policy, and what nobody could
approve yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from mci_core import policy
from mci_core.errors import ActionError
from mci_core.policy_code.reading import PolicyFile

#: A draft has no room for a longer name.
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem of a file. `blocks` tells what it stands in the way of: "draft" or "approval"."""

    line: int
    path: str
    message: str
    blocks: str = "draft"


def problems(file: PolicyFile) -> list[Fault]:
    """All of them, in the order of the lines; empty when the file could be applied and approved."""
    try:
        found = [(one, "draft") for one in policy.faults(file.written)]
        if not found:
            parsed = policy.parse(file.written)
            found = [(one, "approval") for one in policy.check_policy_for_approval(parsed)]
            if len(parsed.name) > LONGEST_NAME:
                words = f"The name of a draft has at most {LONGEST_NAME} characters."
                found.append((policy.Problem("name", words), "draft"))
    except ActionError as error:
        return [Fault(1, error.field or "$", error.message)]
    faults = [Fault(file.line_of(one.path), one.path, one.message, blocks) for one, blocks in found]
    return sorted(faults, key=lambda fault: (fault.line, fault.path, fault.message))
