"""How a draft becomes a policy document, and which field of the editor a fault in the document belongs to.

Entries and rules stand in the document in the order of their ids, so that equal drafts give equal bytes. The
rules of the document itself are those of ``mci_core.policy``; nothing is judged here a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, cast

from django.utils import timezone

from accounts.models import Department
from capture_policies.models import DraftEntry, DraftRule, PolicyDraft
from mci_core import policy
from mci_core.errors import ActionError, Conflict, Invalid
from mci_core.policy import EntryDoc, Policy, PolicyDoc, RuleDoc
from mci_core.redaction.user_rules import try_apart

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
    """The entry as it stands in the document. What says nothing is left out of it."""
    options = {
        "scope": row.scope,
        "windows_excluded": row.windows_excluded,
        "expires": row.expires and row.expires.isoformat(),
        "owner": row.owner,
        "purpose": row.purpose,
        "justification": row.justification,
        "review_by": row.review_by and row.review_by.isoformat(),
    }
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
            **{key: options[key] for key in policy.ENTRY_OPTIONS if options[key]},
        },
    )


def entry_row(draft: PolicyDraft, doc: EntryDoc) -> DraftEntry:
    """An unsaved row for an entry that was checked; lists in one order, so that equal entries are equal."""
    entry = policy.parse_entry(doc)
    return DraftEntry(
        draft=draft,
        key=entry.id,
        kind=entry.kind,
        label=entry.label,
        match=doc["match"],
        signals=[signal for signal in policy.SIGNALS if signal in entry.signals],
        keystrokes=entry.keystrokes,
        frame_interval_s=entry.frame_interval_s,
        scope={part: sorted(names) for part, names in doc.get("scope", {}).items()},  # type: ignore[call-overload]  # each part is a list of texts
        windows_excluded=list(entry.windows_excluded),
        expires=entry.expires,
        owner=entry.owner,
        purpose=entry.purpose,
        justification=entry.justification,
        review_by=entry.review_by,
    )


def rule_row(draft: PolicyDraft, doc: RuleDoc) -> DraftRule:
    """An unsaved row for a rule that was checked."""
    return DraftRule(
        draft=draft,
        key=doc["id"],
        label=doc["label"],
        method=doc["method"],
        match=doc["match"],
        selector=doc["selector"],
        redact_examples=doc["examples"]["redact"],
        keep_examples=doc["examples"]["keep"],
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


def left_out(draft: PolicyDraft) -> list[DraftEntry]:
    """Entries past their last day, which no version takes over. One in which a rule looks stays: devices
    deny it all the same.
    """
    today = timezone.now().astimezone(UTC).date()
    ended = [row for row in draft.entries.all() if row.expires is not None and row.expires < today]
    if not ended:
        return []
    selected = {key for rule in draft.rules.all() for key in rule.selector.get("entries", [])}
    return [row for row in ended if row.key not in selected]


def document_of(draft: PolicyDraft) -> PolicyDoc:
    """The whole document of a draft, as it would be submitted now."""
    gone = {row.key for row in left_out(draft)}
    entries = sorted((row for row in draft.entries.all() if row.key not in gone), key=lambda row: row.key)
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
    fault = next(unknown_groups([doc]), None)
    if fault is not None:
        raise Invalid(fault[1], code="group_unknown", field=fault[0].removeprefix("entries[0]."))
    return cast("EntryDoc", doc)


def unknown_groups(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Groups in a scope that do not exist: path in the document and a sentence. A slip of the pen would
    let an entry count for nobody.
    """
    named = {group for doc in entries for group in doc.get("scope", {}).get("groups", ())}
    if not named:
        return
    known = {str(pk) for pk in Department.objects.filter(pk__in=named).values_list("pk", flat=True)}
    for index, doc in enumerate(entries):
        for place, group in enumerate(doc.get("scope", {}).get("groups", ())):
            if group not in known:
                yield f"entries[{index}].scope.groups[{place}]", f"There is no group {group}."


def check_rule(draft: PolicyDraft, doc: Mapping[str, Any], *, row: DraftRule | None) -> RuleDoc:
    """The rule, if the draft may hold it. Raises `Invalid` with a field inside the rule
    (``match.pattern``).
    """
    others = [other for other in draft.rules.all() if row is None or other.pk != row.pk]
    if any(other.key == doc.get("id") for other in others):
        raise Conflict("Another rule of this draft has this id.", code="id_taken", field="id")
    try_apart([doc])
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
