"""Samples, grants and looks for tests of reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from reviews import actions
from reviews.models import Finding, Sample, SampleItem, ViewGrant
from tests.server.cast import REASON, Cast
from tests.server.recordings import available, quarantined


def committed(
    cast: Cast, *, who: str = "officer", purpose: str = "redaction_quality", size: int = 5
) -> Sample:
    """A sample whose seed is committed."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return actions.commit_sample(
        purpose=purpose,
        size=size,
        window_from=today - timedelta(days=2),
        window_to=today + timedelta(days=1),
        actor=cast.actor(who),
    )


def drawn(cast: Cast, **changes: Any) -> Sample:
    """A drawn sample with one session of the employee in it."""
    available(cast)
    return actions.draw_sample(sample=committed(cast, **changes), actor=cast.system())


def item(cast: Cast, **changes: Any) -> SampleItem:
    """That session in the sample."""
    return drawn(cast, **changes).items.get()


def grant(cast: Cast) -> ViewGrant:
    """The officer's leave to look at it."""
    return actions.open_grant(item=item(cast), reason=REASON, minutes=15, actor=cast.actor("officer"))


def looked(cast: Cast) -> ViewGrant:
    """A grant that was used once."""
    found = grant(cast)
    actions.record_view(grant=found, what="events", part="part 0", actor=cast.actor("officer"))
    return found


def finding(cast: Cast) -> Finding:
    """A finding of the second scan."""
    session = quarantined(cast)
    actions.open_scan_findings(session=session, actor=cast.system())
    return Finding.objects.get(session=session)
