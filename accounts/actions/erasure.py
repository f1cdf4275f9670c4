"""What an erasure leaves on the subject: the moment before which nothing of the person may exist."""

from __future__ import annotations

from datetime import datetime

from accounts import permissions
from accounts.models import Subject
from audits.actions import append
from audits.actor import Actor
from audits.registry import audited, nothing_to_do


@audited("accounts.mark_erased_before")
def mark_erased_before(*, subject: Subject, moment: datetime, actor: Actor) -> Subject:
    """Remember the latest such moment: uploads of something older are refused afterwards."""
    permissions.require(actor, "accounts.mark_erased_before")
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    if subject.erased_at is not None and subject.erased_at >= moment:
        with nothing_to_do():
            return subject
    subject.erased_at = moment
    subject.save(update_fields=["erased_at"])
    append(
        action="accounts.mark_erased_before",
        actor=actor,
        obj=subject,
        subject=subject.pk,
        facts={"moment": moment},
    )
    return subject
