"""What one person can still do about a version, and what its decisions look like today. It only reads; the
actions ask everything again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from accounts.permissions import has, roles_of
from capture_policies import approvals
from capture_policies.models import Approval, PolicyDraft, PolicyVersion, VersionComment, VersionState
from mci_core.errors import ActionError

OPEN = (VersionState.IN_REVIEW, VersionState.WAITING)


@dataclass(frozen=True)
class Standing:
    """``refusal`` says why this person cannot approve; empty when they can, or nothing is to be approved."""

    approve: bool
    refusal: str
    decide: bool
    withdraw: bool


def of_person(version: PolicyVersion, user: User | AnonymousUser) -> Standing:
    """What this person can do: approve, decide otherwise (reject, send back), take an approval back."""
    if version.state not in OPEN or not has(user, "capture_policies.approve_version"):
        return Standing(False, "", False, False)
    assert isinstance(user, User)
    own = Approval.objects.counting().filter(version=version, approver=user).exists()
    refusal = _refusal(version, user, own)
    in_review = version.state == VersionState.IN_REVIEW
    return Standing(in_review and not refusal, refusal, user.pk != version.author_id, own)


def _refusal(version: PolicyVersion, user: User, own: bool) -> str:
    if user.pk == version.author_id:
        return "You are the author. Other people decide."
    try:
        approvals.refuse_stale(version)
        if own:
            return "You have approved this version."
        approvals.role_for(version, roles_of(user), approvals.given(version))
    except ActionError as fault:
        return fault.message
    return ""


@dataclass(frozen=True)
class Decided:
    """A decision with what has become of it."""

    row: Approval
    state: str
    until: datetime | None
    taken_back: str = ""

    @property
    def role_words(self) -> str:
        return approvals.ROLE_WORDS.get(self.row.role, self.row.role)


def decisions(version: PolicyVersion) -> list[Decided]:
    """In the order in which they were made; an approval counts, has ended, or was taken back."""
    rows = version.approvals.select_related("approver", "withdrawal").order_by("at")
    signed = version.releases.exists()
    return [_decided(row, signed) for row in rows]


def _decided(row: Approval, signed: bool) -> Decided:
    taken = getattr(row, "withdrawal", None)
    if row.decision != "approve":
        return Decided(row, row.decision, None)
    if taken is not None:
        return Decided(row, "withdrawn", None, taken.reason)
    # Once it led to a release its age does not matter.
    if signed:
        return Decided(row, "approve", None)
    return Decided(row, "approve" if row.valid_until > timezone.now() else "expired", row.valid_until)


@dataclass(frozen=True)
class SentBack:
    """What was said about the last version of a draft, for the one who changes it."""

    version: PolicyVersion
    requests: list[Approval]
    comments: list[VersionComment]


def sent_back(draft: PolicyDraft) -> SentBack | None:
    """The version whose changes were requested, where it is the last one of an open draft."""
    last = draft.versions.defer("body").order_by("-number").first()
    if last is None or last.state != VersionState.CHANGES_REQUESTED:
        return None
    asked = last.approvals.filter(decision="changes").select_related("approver")
    return SentBack(last, list(asked), list(last.comments.select_related("author")))
