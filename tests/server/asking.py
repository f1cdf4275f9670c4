"""Requests of the employee for tests of privacy requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from privacy_requests import actions
from privacy_requests.ledger import Begun
from privacy_requests.models import PrivacyRequest
from tests.server.cast import REASON, Cast


def asked(cast: Cast, **changes: Any) -> PrivacyRequest:
    """The employee asks for deletion of everything."""
    fields: dict[str, Any] = {"kind": "delete", "scope": "all", "sessions": [], "message": REASON, **changes}
    return actions.submit_request(subject=cast.subject(), actor=cast.actor("employee"), **fields)


def approved(cast: Cast, **changes: Any) -> PrivacyRequest:
    """The officer grants it."""
    return actions.approve_request(request=asked(cast, **changes), reason=REASON, actor=cast.actor("officer"))


def held(cast: Cast) -> Any:
    """A legal hold on the employee."""
    until = timezone.now() + timedelta(days=30)
    return actions.place_hold(
        subject=cast.subject(), reason=REASON, expires_at=until, actor=cast.actor("officer")
    )


def begun(cast: Cast, **changes: Any) -> Begun:
    """What the ledger holds of an erasure that another database carried out."""
    now = timezone.now()
    known = Begun(
        erasure=uuid4(),
        request=uuid4(),
        number=7001,
        subject=cast.subject().pk,
        scope="all",
        sessions=(),
        law="GDPR 12(3)",
        received_at=now,
        due_at=now,
        moment=now,
    )
    return replace(known, **changes)
