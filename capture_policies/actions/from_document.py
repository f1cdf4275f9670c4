"""A draft from a whole document, as people keep it beside code: all of it or nothing, and never more than a
draft. Approval follows as for every other.

The same document again from the same person finds the draft that is there, so that a job may be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from accounts import permissions
from audits import actions as log
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from capture_policies import document, queries
from capture_policies.models import DraftEntry, DraftRule, DraftState, PolicyDraft
from mci_core import policy
from mci_core.errors import Invalid, Stale
from mci_core.redaction.user_rules import try_apart

#: Open drafts of one person that a document is compared with.
COMPARED = 20
LONGEST_NAME = 120


@audited("capture_policies.create_draft_from_document")
def create_draft_from_document(
    *, doc: Mapping[str, Any], justification: str = "", base: str | None = None, actor: Actor
) -> PolicyDraft:
    """An open draft with exactly this content.

    `base`: digest of the live policy that the author compared with ("" for none); `Stale` when another one is
    live by now. Raises `Invalid` whose field is the path in the document.
    """
    permissions.require(actor, "capture_policies.create_draft_from_document")
    _try_rules(doc.get("rules"))
    parsed = policy.parse(doc)
    _check(parsed)
    live = queries.live_version()
    if base is not None and base != ("" if live is None else live.digest):
        raise Stale(
            "Another policy went live since this one was compared with it. Make a new plan.",
            code="live_changed",
        )
    there = _same(parsed, actor)
    if there is not None:
        with nothing_to_do():
            return there
    draft = PolicyDraft.objects.create(
        title=parsed.name,
        justification=justification,
        purpose=parsed.purpose,
        settings={key: parsed.doc[key] for key in document.SETTING_KEYS},
        based_on=live,
        author=actor.user,
    )
    DraftEntry.objects.bulk_create(document.entry_row(draft, one) for one in parsed.doc["entries"])
    DraftRule.objects.bulk_create(document.rule_row(draft, one) for one in parsed.doc["rules"])
    log.append(
        action="capture_policies.create_draft_from_document",
        actor=actor,
        obj=draft,
        facts={"digest": _digest(draft), "live": None if live is None else live.number},
        details={"title": draft.title, "justification": justification},
    )
    return draft


def _try_rules(rules: object) -> None:
    """Expressions first of all, in a process of their own."""
    if isinstance(rules, list):
        try_apart(rules)


def _check(parsed: policy.Policy) -> None:
    """What a draft cannot hold although the document may be a policy."""
    if len(parsed.name) > LONGEST_NAME:
        raise Invalid(f"The name of a draft has at most {LONGEST_NAME} characters.", field="name")
    fault = next(document.unknown_groups(parsed.doc["entries"]), None)
    if fault is not None:
        raise Invalid(fault[1], code="group_unknown", field=fault[0])


def _same(parsed: policy.Policy, actor: Actor) -> PolicyDraft | None:
    rows = PolicyDraft.objects.filter(state=DraftState.OPEN, author=actor.user, title=parsed.name)
    wanted = policy.policy_digest(parsed.doc)
    newest = rows.prefetch_related("entries", "rules").order_by("-updated_at")[:COMPARED]
    return next((draft for draft in newest if _digest(draft) == wanted), None)


def _digest(draft: PolicyDraft) -> str:
    return policy.policy_digest(cast("Mapping[str, Any]", document.document_of(draft)))
