"""The JSON Schema that editors use while somebody writes a policy file.

Made from the schema of the document: the same rules, but what a file may leave out is not required, and each
key says what it does. It is a help while writing; what counts is `validate`.
"""

from __future__ import annotations

import json
from copy import deepcopy
from importlib.resources import files
from typing import Any

from mci_core.policy_code import shape
from mci_core.policy_model import KEYSTROKE_WORDS, METHOD_WORDS, PURPOSE_WORDS, SIGNAL_WORDS

TITLE = "A capture policy as a file (mci-policy)"
_TOP: dict[str, str] = {
    "schema": "The format. May be left out.",
    "name": "What the policy is called.",
    "purpose": "What the data is for. A closed list; judging people is not in it.",
    "retention_days": "Days that sessions are kept; law and agreements may shorten it.",
    "lease_seconds": "How long a device may capture without hearing from the server.",
    "sampling": "The share of sessions that people look at.",
    "limits": "What capture may cost a device, and the pauses that employees can choose.",
    "entries": "The allowlist. What is not listed is not captured.",
    "rules": "Redaction rules beside the default detectors, which always apply.",
}
_ENTRY: dict[str, str] = {
    "id": "Stays the same when the name changes; rules and exclusions name it.",
    "kind": "A website or a program.",
    "label": "What employees call it.",
    "match": "Which pages or which program it means.",
    "signals": "What may be captured there, each for itself.",
    "keystrokes": "How much of a key is kept. Left out: nothing.",
    "frame_interval_s": "Least time between two screenshots. Left out: 0, no least time.",
    "scope": "For whom and where it counts; each part that is named has to fit.",
    "windows_excluded": "Titles of windows that are left out; * is any text.",
    "expires": "The last day (UTC), as 2027-01-31.",
    "owner": "A team or function that answers for it, never a person.",
    "purpose": "Where it is not that of the policy.",
    "justification": "Why it is needed.",
    "review_by": "When people look at it again, as 2027-01-31.",
}
_RULE: dict[str, str] = {
    "id": "Stays the same when the name changes.",
    "label": "What the rule is called.",
    "method": "What happens to what it finds.",
    "match": "A detector, an RE2 expression, whole words, or a list kept as hashes.",
    "selector": "Where it looks. Left out: everywhere.",
    "examples": "Texts in which it must find something, and texts in which it must find nothing.",
}


def editor_schema() -> dict[str, Any]:
    """The schema as data."""
    made: dict[str, Any] = deepcopy(
        json.loads(files("mci_core").joinpath("policy_schema.json").read_text("utf-8"))
    )
    definitions = made["$defs"]
    made["title"] = TITLE
    made["required"] = [key for key in made["required"] if key not in ("schema", "entries", "rules")]
    _describe(made["properties"], _TOP)
    entry, rule = definitions["entry"], definitions["rule"]
    entry["required"] = ["id", "kind", "label", "match"]
    definitions["site_match"]["required"] = ["origin"]
    rule["required"] = ["id", "label", "method", "match"]
    for name in ("selector", "examples"):
        rule["properties"][name].pop("required")
    _describe(entry["properties"], _ENTRY)
    _describe(rule["properties"], _RULE)
    _say(definitions["signal"], SIGNAL_WORDS)
    _say(made["properties"]["purpose"], PURPOSE_WORDS)
    _say(entry["properties"]["keystrokes"], KEYSTROKE_WORDS)
    _say(rule["properties"]["method"], METHOD_WORDS)
    made["properties"] = {key: made["properties"][key] for key in shape.TOP}
    return made


def editor_schema_text() -> str:
    """The schema as the file that is kept beside this one."""
    return json.dumps(editor_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(properties: dict[str, Any], words: dict[str, str]) -> None:
    for name, sentence in words.items():
        properties[name] = {"description": sentence, **properties[name]}


def _say(choice: dict[str, Any], words: dict[str, str]) -> None:
    """Editors that know `enumDescriptions` show them beside the values."""
    choice["enumDescriptions"] = [words[name] for name in choice["enum"]]
