"""Leave to look at a sampled session: a reason, a second factor, a time box; each look is logged first."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

import audits.actions as audit
from accounts.permissions import require, roles_of_actor
from audits import reasons
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from capture_sessions.models import SessionState
from mci_core.errors import Conflict, Forbidden, Invalid, NotFound
from reviews.models import SampleItem, View, ViewGrant

MINUTES = (15, 30, 60)
#: Which role looks for which purpose of a sample.
ROLE_OF_PURPOSE = {"redaction_quality": "privacy_officer", "data_quality": "ml_staff"}


@audited("reviews.open_grant")
def open_grant(*, item: SampleItem, reason: str, minutes: int, actor: Actor) -> ViewGrant:
    """Open a time-boxed grant on one sampled session; an open one of the actor is given again."""
    require(actor, "reviews.open_grant")
    item = (
        SampleItem.objects.select_for_update(of=("self",))
        .select_related("session__subject", "sample")
        .get(pk=item.pk)
    )
    role = ROLE_OF_PURPOSE[item.sample.purpose]
    if role not in roles_of_actor(actor):
        raise Forbidden("This sample was drawn for another role.", code="other_purpose")
    if str(item.session.subject.user_id) == actor.id:
        raise Forbidden("Nobody reviews an own session.", code="own_session")
    if item.session.state != SessionState.AVAILABLE:
        raise Conflict(
            "This session cannot be looked at: it is quarantined or erased.", code="session_not_readable"
        )
    reason = reasons.told(reason)
    if minutes not in MINUTES:
        raise Invalid("Choose one of the offered lengths.", field="minutes")
    now = timezone.now()
    current = item.grants.filter(viewer_id=UUID(actor.id), closed_at__isnull=True, expires_at__gt=now).first()
    if current is not None:
        with nothing_to_do():
            return current
    grant = ViewGrant.objects.create(
        session=item.session,
        item=item,
        viewer_id=UUID(actor.id),
        viewer_role=role,
        reason=reason,
        granted_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )
    audit.append(
        action="reviews.open_grant",
        actor=actor,
        obj=grant,
        subject=item.session.subject_id,
        reason=grant.reason,
        facts={"session": str(item.session_id), "minutes": minutes, "role": role},
    )
    return grant


def _usable(grant: ViewGrant, actor: Actor) -> ViewGrant:
    """The grant, locked, when it is the actor's and still runs; NotFound and Conflict otherwise."""
    rows = ViewGrant.objects.select_for_update(of=("self",)).select_related("session")
    locked = rows.filter(pk=grant.pk, viewer_id=UUID(actor.id)).first()
    if locked is None:
        raise NotFound("No such grant.")
    if locked.viewer_role not in roles_of_actor(actor):
        raise Forbidden("This grant was given for a role that you no longer have.", code="other_purpose")
    if locked.closed_at is not None or locked.expires_at <= timezone.now():
        raise Conflict("This grant has ended. Ask for a new one with a reason.", code="grant_ended")
    if locked.session.state != SessionState.AVAILABLE:
        raise Conflict("This session cannot be looked at any more.", code="session_not_readable")
    return locked


@audited("reviews.record_view")
def record_view(*, grant: ViewGrant, what: str, part: str, actor: Actor) -> View:
    """Log one look. The caller serves bytes only after this has committed."""
    require(actor, "reviews.record_view")
    grant = _usable(grant, actor)
    view = View.objects.create(grant=grant, what=what, part=part)
    audit.append(
        action="reviews.record_view",
        actor=actor,
        obj=grant,
        subject=grant.session.subject_id,
        facts={"session": str(grant.session_id), "what": what, "part": part},
    )
    return view


@audited("reviews.close_grant")
def close_grant(*, grant: ViewGrant, actor: Actor) -> ViewGrant:
    """End a grant before its time; the closing entry says how much was shown."""
    require(actor, "reviews.close_grant")
    locked = (
        ViewGrant.objects.select_for_update(of=("self",))
        .select_related("session")
        .filter(pk=grant.pk, viewer_id=UUID(actor.id))
        .first()
    )
    if locked is None:
        raise NotFound("No such grant.")
    if locked.closed_at is not None:
        with nothing_to_do():
            return locked
    locked.closed_at = timezone.now()
    locked.save(update_fields=["closed_at"])
    shown = locked.views.values_list("what", flat=True)
    audit.append(
        action="reviews.close_grant",
        actor=actor,
        obj=locked,
        subject=locked.session.subject_id,
        facts={
            "session": str(locked.session_id),
            "looks_at_events": sum(what == "events" for what in shown),
            "looks_at_frames": sum(what == "frame" for what in shown),
        },
    )
    return locked
