"""Writing a draft: what its authors may change, and when it becomes an immutable version.

Faults of the document are told with the field at fault. An open draft may be incomplete; submitting it may
not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import Max
from django.utils import timezone

from accounts import permissions
from audits import actions as log
from audits.actor import Actor
from audits.locks import lock
from audits.registry import audited
from capture_policies import approvals, document, queries
from capture_policies.models import (
    DraftEntry,
    DraftRule,
    DraftState,
    PolicyDraft,
    PolicyVersion,
)
from mci_core import canonical, policy
from mci_core.errors import Conflict, Invalid


@audited("capture_policies.create_draft")
def create_draft(
    *, title: str, actor: Actor, from_version: PolicyVersion | None = None, justification: str = ""
) -> PolicyDraft:
    """A new working copy: empty, or with the content of a version."""
    permissions.require(actor, "capture_policies.create_draft")
    source = None if from_version is None else policy.parse(bytes(from_version.body))
    fresh = policy.new_document(title) if source is None else {**source.doc, "name": title}
    document.check_settings(title, str(fresh["purpose"]), fresh)
    draft = PolicyDraft.objects.create(
        title=title,
        justification=justification,
        purpose=fresh["purpose"],
        settings={key: fresh[key] for key in document.SETTING_KEYS},  # type: ignore[literal-required]  # keys of PolicyDoc
        based_on=from_version,
        author=actor.user,
    )
    DraftEntry.objects.bulk_create(
        document.entry_row(draft, doc) for doc in cast("list[Any]", fresh["entries"])
    )
    DraftRule.objects.bulk_create(document.rule_row(draft, doc) for doc in cast("list[Any]", fresh["rules"]))
    log.append(
        action="capture_policies.create_draft",
        actor=actor,
        obj=draft,
        facts={"from_version": None if from_version is None else from_version.number},
        details={"title": title, "justification": justification},
    )
    return draft


@audited("capture_policies.update_draft_settings")
def update_draft_settings(*, draft: PolicyDraft, data: Mapping[str, Any], actor: Actor) -> PolicyDraft:
    """Title, justification, purpose, limits, retention, sampling, lease seconds; what ``data`` leaves out
    stays.
    """
    permissions.require(actor, "capture_policies.update_draft_settings")
    draft = _open(draft)
    before = {"title": draft.title, "purpose": draft.purpose, **document.settings_of(draft)}
    draft.title = data.get("title", draft.title)
    draft.justification = data.get("justification", draft.justification)
    draft.purpose = data.get("purpose", draft.purpose)
    draft.settings = {key: data.get(key, before[key]) for key in document.SETTING_KEYS}
    document.check_settings(draft.title, draft.purpose, draft.settings)
    draft.updated_at = timezone.now()
    draft.save()
    after = {"title": draft.title, "purpose": draft.purpose, **draft.settings}
    log.append(
        action="capture_policies.update_draft_settings",
        actor=actor,
        obj=draft,
        details={"before": before, "after": after},
    )
    return draft


@audited("capture_policies.put_entry")
def put_entry(
    *, draft: PolicyDraft, entry: DraftEntry | None = None, data: Mapping[str, Any], actor: Actor
) -> DraftEntry:
    """Add an app or site, or change one. ``data`` is an entry of ``mci-policy/1``."""
    permissions.require(actor, "capture_policies.put_entry")
    draft = _open(draft)
    before = None if entry is None else document.entry_doc(_own(draft.entries, entry))
    doc = document.check_entry(draft, data, row=entry)
    if entry is not None and entry.key != doc["id"]:
        _refuse_if_selected(draft, entry)
    row = document.entry_row(draft, doc)
    if entry is not None:
        row.pk = entry.pk
    row.save(force_insert=entry is None, force_update=entry is not None)
    _touch(draft)
    log.append(
        action="capture_policies.put_entry",
        actor=actor,
        obj=draft,
        facts={"entry": row.key, "new": entry is None},
        details={"before": before, "after": doc},
    )
    return row


@audited("capture_policies.remove_entry")
def remove_entry(*, draft: PolicyDraft, entry: DraftEntry, actor: Actor) -> None:
    """Take an app or site out of the draft. A rule that looks only there is changed first."""
    permissions.require(actor, "capture_policies.remove_entry")
    draft = _open(draft)
    entry = _own(draft.entries, entry)
    _refuse_if_selected(draft, entry)
    before = document.entry_doc(entry)
    entry.delete()
    _touch(draft)
    log.append(
        action="capture_policies.remove_entry",
        actor=actor,
        obj=draft,
        facts={"entry": before["id"]},
        details={"before": before},
    )


@audited("capture_policies.put_rule")
def put_rule(
    *, draft: PolicyDraft, rule: DraftRule | None = None, data: Mapping[str, Any], actor: Actor
) -> DraftRule:
    """Add a redaction rule, or change one. ``data`` is a rule of ``mci-policy/1``."""
    permissions.require(actor, "capture_policies.put_rule")
    draft = _open(draft)
    before = None if rule is None else document.rule_doc(_own(draft.rules, rule))
    doc = document.check_rule(draft, data, row=rule)
    row = document.rule_row(draft, doc)
    if rule is not None:
        row.pk = rule.pk
    row.save(force_insert=rule is None, force_update=rule is not None)
    _touch(draft)
    log.append(
        action="capture_policies.put_rule",
        actor=actor,
        obj=draft,
        facts={"rule": row.key, "new": rule is None},
        details={"before": before, "after": doc},
    )
    return row


@audited("capture_policies.remove_rule")
def remove_rule(*, draft: PolicyDraft, rule: DraftRule, actor: Actor) -> None:
    """Take a redaction rule out of the draft."""
    permissions.require(actor, "capture_policies.remove_rule")
    draft = _open(draft)
    rule = _own(draft.rules, rule)
    before = document.rule_doc(rule)
    rule.delete()
    _touch(draft)
    log.append(
        action="capture_policies.remove_rule",
        actor=actor,
        obj=draft,
        facts={"rule": before["id"]},
        details={"before": before},
    )


@audited("capture_policies.discard_draft")
def discard_draft(*, draft: PolicyDraft, actor: Actor) -> PolicyDraft:
    """Put a draft away. Its content stays readable; it can no longer be changed or submitted."""
    permissions.require(actor, "capture_policies.discard_draft")
    draft = _open(draft)
    draft.state = DraftState.DISCARDED
    _touch(draft)
    log.append(action="capture_policies.discard_draft", actor=actor, obj=draft)
    return draft


@audited("capture_policies.submit_draft")
def submit_draft(*, draft: PolicyDraft, actor: Actor) -> PolicyVersion:
    """Freeze the draft into a version that others approve. The one who submits is its author and cannot
    approve.
    """
    permissions.require(actor, "capture_policies.submit_draft")
    draft = _open(draft)
    problems = document.problems_of(draft)
    if problems:
        listed = [{"path": problem.path, "message": problem.message} for problem in problems]
        raise Invalid(
            problems[0].message, code="draft_not_ready", field=problems[0].path, extra={"problems": listed}
        )
    doc = document.document_of(draft)
    body = policy.canonical_bytes(cast("Mapping[str, Any]", doc))
    lock("capture_policies.version_number")
    live = queries.live_version()
    before, after = queries.policy_of(live), policy.parse(body)
    now = timezone.now()
    version = PolicyVersion.objects.create(
        number=(PolicyVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
        draft=draft,
        title=draft.title,
        justification=draft.justification,
        body=body,
        digest=canonical.digest(body),
        ruleset_digest=policy.ruleset_digest(cast("Mapping[str, Any]", doc)),
        direction=policy.direction(before, after),
        compared_with=live,
        author=actor.user,
        replaces=draft.versions.order_by("-number").first(),
        submitted_at=now,
        cool_down_until=approvals.cool_down_end(before, after, now),
    )
    draft.state = DraftState.SUBMITTED
    _touch(draft)
    log.append(
        action="capture_policies.submit_draft",
        actor=actor,
        obj=version,
        reason=draft.justification,
        facts={"version": version.number, "digest": version.digest, "direction": version.direction},
        details={"draft": str(draft.pk), "compared_with": None if live is None else live.number},
    )
    return version


def _open(draft: PolicyDraft) -> PolicyDraft:
    draft = PolicyDraft.objects.select_for_update().get(pk=draft.pk)
    if draft.state != DraftState.OPEN:
        raise Conflict("This draft is no longer open. Start a new one from its version.", code="draft_closed")
    return draft


def _own(rows: Any, row: Any) -> Any:
    found = rows.filter(pk=row.pk).first()
    if found is None:
        raise Conflict("This part is no longer in the draft.", code="part_gone")
    return found


def _touch(draft: PolicyDraft) -> None:
    draft.updated_at = timezone.now()
    draft.save(update_fields=["updated_at", "state"])


def _refuse_if_selected(draft: PolicyDraft, entry: DraftEntry) -> None:
    users = [rule.label for rule in draft.rules.all() if entry.key in rule.selector.get("entries", [])]
    if users:
        raise Conflict(
            f"The rule {users[0]} looks in {entry.label}: change that rule first.", code="entry_in_use"
        )
