"""Looking at where a person worked: an act with a reason, which the person sees."""

from __future__ import annotations

from accounts import permissions
from accounts.models import Subject
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.registry import audited
from jurisdictions.models import PlaceLook
from jurisdictions.steps import role_of


@audited("jurisdictions.look_at_places")
def look_at_places(*, subject: Subject, reason: str, actor: Actor) -> PlaceLook:
    """Write down that somebody looks at the places of a person, before they are shown."""
    permissions.require(actor, "jurisdictions.look_at_places")
    reason = reasons.given(reason)
    look = PlaceLook.objects.create(subject=subject, role=role_of(actor), reason=reason, looked_by=actor.user)
    log.append(
        action="jurisdictions.look_at_places",
        actor=actor,
        obj=look,
        subject=subject.pk,
        reason=reason,
        facts={"role": look.role},
    )
    return look
