"""Makes a question of what a page or the API was given, and finds the policy that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from capture_policies import past
from capture_policies.explaining import Question
from capture_policies.models import PolicyDraft, PolicyVersion
from mci_core.errors import Invalid

_SAME = ("signal", "address", "program", "program_name", "private", "secure", "personal_device")


def question_of(data: Mapping[str, Any], *, at: datetime | None = None) -> Question:
    """The question in these fields. What is missing has its plain meaning: no title, no group, now."""
    group = data.get("group")
    return Question(
        at=at or data.get("at") or timezone.now(),
        platform=data.get("platform") or "windows",
        title=data.get("title") or None,
        key=data.get("key") or "letter",
        place=data.get("place") or None,
        group=str(getattr(group, "pk", None) or group or ""),
        tags=tuple(data.get("tags") or ()),
        **{name: data[name] for name in _SAME if name in data},
    )


def asked_of(user: Any, data: Mapping[str, Any], at: datetime) -> past.Asked:
    """The policy in these fields, as far as this person may see it. Raises `Invalid` at its field."""
    if data.get("which") == "version":
        version = PolicyVersion.objects.visible_to(user).filter(number=data["version"]).first()
        if version is None:
            raise Invalid("There is no version with this number.", field="version")
        return past.of_version(version, at)
    if data.get("which") == "draft":
        return _draft(user, data["draft"], at)
    return past.live_policy_at(at)


def _draft(user: Any, pk: UUID | str, at: datetime) -> past.Asked:
    rows = PolicyDraft.objects.visible_to(user).prefetch_related("entries", "rules")
    draft = rows.filter(pk=pk).first()
    if draft is None:
        raise Invalid("There is no such draft.", field="draft")
    try:
        return past.of_draft(draft, at)
    except Invalid as fault:
        raise Invalid(f"This draft is no policy yet: {fault.message}", field="draft") from fault
