"""Policies as code: a policy document as YAML that people review, and what it would change.

`read` takes the text of a file and `written` gives it; `problems` names line and path of what is wrong;
`compare` says what a document changes of the live one. Nothing here reaches a server.
"""

from __future__ import annotations

from mci_core.policy_code.checking import Fault, problems
from mci_core.policy_code.comparing import Plan, compare
from mci_core.policy_code.editor_schema import editor_schema, editor_schema_text
from mci_core.policy_code.reading import PolicyFile, Unreadable, read
from mci_core.policy_code.writing import Header, written

__all__ = [
    "Fault",
    "Header",
    "Plan",
    "PolicyFile",
    "Unreadable",
    "compare",
    "editor_schema",
    "editor_schema_text",
    "problems",
    "read",
    "written",
]
