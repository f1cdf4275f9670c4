"""How a draft becomes a policy document, and which field of the editor a fault in the document belongs to.

Entries and rules stand in the document in the order of their ids, so that equal drafts give equal bytes. The
rules of the document itself are those of ``mci_core.policy``; nothing is judged here a second time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from capture_policies.models import DraftEntry, DraftRule, PolicyDraft
from mci_core import policy
from mci_core.errors import ActionError, Conflict, Invalid
from mci_core.policy import EntryDoc, Policy, PolicyDoc, RuleDoc

SETTING_KEYS = ("limits", "retention_days", "sampling", "lease_seconds")
_INDEX = re.compile(r"^(entries|rules)\[(\d+)\]\.?")


@dataclass(frozen=True)
class DraftProblem:
    """Why a draft cannot be submitted yet, with the entry or rule at fault."""

    message: str
    path: str
    entry: DraftEntry | None = None
    rule: DraftRule | None = None


def entry_doc(row: DraftEntry) -> EntryDoc:
    """The entry as it stands in the document."""
    return cast(
        "EntryDoc",
        {
            "id": row.key,
            "kind": row.kind,
            "label": row.label,
            "match": row.match,
            "signals": row.signals,
            "keystrokes": row.keystrokes,
            "frame_interval_s": row.frame_interval_s,
        },
    )


def rule_doc(row: DraftRule) -> RuleDoc:
    """The rule as it stands in the document."""
    return cast(
        "RuleDoc",
        {
            "id": row.key,
            "label": row.label,
            "method": row.method,
            "match": row.match,
            "selector": {"entries": [], "signals": [], "fields": [], **row.selector},
            "examples": {"redact": row.redact_examples, "keep": row.keep_examples},
        },
    )


def settings_of(draft: PolicyDraft) -> dict[str, Any]:
    """Limits, retention, sampling and lease seconds: what the draft says, else the defaults of a new
    policy.
    """
    defaults = cast("dict[str, Any]", policy.new_document(draft.title, draft.purpose))
    return {key: draft.settings.get(key, defaults[key]) for key in SETTING_KEYS}


def document_of(draft: PolicyDraft) -> PolicyDoc:
    """The whole document of a draft, as it would be submitted now."""
    entries = sorted(draft.entries.all(), key=lambda row: row.key)
    rules = sorted(draft.rules.all(), key=lambda row: row.key)
    return _assemble(draft, [entry_doc(row) for row in entries], [rule_doc(row) for row in rules])


def check_settings(title: str, purpose: str, settings: Mapping[str, Any]) -> None:
    """Raises `Invalid` whose field is one of the document's: ``name``, ``limits.cpu_percent``, ..."""
    policy.parse({**policy.new_document(title, purpose), **{key: settings[key] for key in SETTING_KEYS}})


def check_entry(draft: PolicyDraft, doc: Mapping[str, Any], *, row: DraftEntry | None) -> EntryDoc:
    """The entry, if the draft may hold it. Raises `Invalid` with a field inside the entry
    (``match.origin``).
    """
    others = [entry_doc(other) for other in draft.entries.all() if row is None or other.pk != row.pk]
    if any(other["id"] == doc.get("id") for other in others):
        raise Conflict("Another entry of this draft has this id.", code="id_taken", field="id")
    _parse_part(_assemble(draft, [*others, cast("EntryDoc", doc)], []), f"entries[{len(others)}]")
    return cast("EntryDoc", doc)


def check_rule(draft: PolicyDraft, doc: Mapping[str, Any], *, row: DraftRule | None) -> RuleDoc:
    """The rule, if the draft may hold it. Raises `Invalid` with a field inside the rule
    (``match.pattern``).
    """
    others = [other for other in draft.rules.all() if row is None or other.pk != row.pk]
    if any(other.key == doc.get("id") for other in others):
        raise Conflict("Another rule of this draft has this id.", code="id_taken", field="id")
    entries = [entry_doc(entry) for entry in draft.entries.all()]
    _parse_part(_assemble(draft, entries, [cast("RuleDoc", doc)]), "rules[0]")
    return cast("RuleDoc", doc)


def problems_of(draft: PolicyDraft) -> list[DraftProblem]:
    """All that stands between this draft and its approval; empty when it can be submitted."""
    document = document_of(draft)
    try:
        parsed = policy.parse(cast("Mapping[str, Any]", document))
    except ActionError as fault:
        return [_problem(draft, document, fault.field or "", fault.message)]
    found = policy.check_policy_for_approval(parsed)
    return [_problem(draft, document, problem.path, problem.message) for problem in found]


def parsed(draft: PolicyDraft) -> Policy:
    """The policy this draft stands for. Raises `Invalid` when it is none."""
    return policy.parse(cast("Mapping[str, Any]", document_of(draft)))


def _assemble(draft: PolicyDraft, entries: list[EntryDoc], rules: list[RuleDoc]) -> PolicyDoc:
    document = policy.new_document(draft.title, draft.purpose)
    return cast("PolicyDoc", {**document, **settings_of(draft), "entries": entries, "rules": rules})


def _parse_part(document: PolicyDoc, prefix: str) -> None:
    try:
        policy.parse(cast("Mapping[str, Any]", document))
    except Invalid as fault:
        field = (fault.field or "").removeprefix(prefix).removeprefix(".")
        raise Invalid(fault.message, code=fault.code, field=field or None) from fault


def _problem(draft: PolicyDraft, document: PolicyDoc, path: str, message: str) -> DraftProblem:
    match = _INDEX.match(path)
    if match is None:
        return DraftProblem(message, path)
    part = "entries" if match[1] == "entries" else "rules"
    key = document[part][int(match[2])]["id"]  # type: ignore[literal-required]  # one of two literal keys
    if part == "entries":
        return DraftProblem(message, path, entry=next(row for row in draft.entries.all() if row.key == key))
    return DraftProblem(message, path, rule=next(row for row in draft.rules.all() if row.key == key))
