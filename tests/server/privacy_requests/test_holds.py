"""A legal hold is given by somebody else, for a reason, until a day, once; the person sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mci_core.errors import Conflict, Forbidden, Invalid
from privacy_requests import actions
from tests.server.asking import held
from tests.server.cast import REASON, Cast

pytestmark = pytest.mark.django_db


def place(cast: Cast, **changes: Any) -> Any:
    until = timezone.now() + timedelta(days=3)
    fields = {"subject": cast.subject(), "reason": REASON, "expires_at": until, **changes}
    return actions.place_hold(**fields, actor=cast.actor("officer"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": "court"}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
        ({"expires_at": timezone.now() + timedelta(days=400)}, "expires_at"),
    ],
)
def test_a_hold_that_cannot_be_is_told_in_its_field(cast: Cast, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        place(cast, **changes)
    assert caught.value.field == field


def test_nobody_holds_or_lifts_an_own_record(cast: Cast) -> None:
    own = cast.subject("officer")
    with pytest.raises(Forbidden, match="places"):
        place(cast, subject=own)
    until = timezone.now() + timedelta(days=3)
    hold = actions.place_hold(
        subject=own, reason=REASON, expires_at=until, actor=cast.actor("second_officer")
    )
    with pytest.raises(Forbidden, match="lifts"):
        actions.lift_hold(hold=hold, actor=cast.actor("officer"))


def test_a_second_hold_waits_for_the_first_to_end(cast: Cast) -> None:
    hold = held(cast)
    with pytest.raises(Conflict, match="running"):
        place(cast)
    actions.lift_hold(hold=hold, actor=cast.actor("officer"))
    with pytest.raises(Conflict, match="ended"):
        actions.lift_hold(hold=hold, actor=cast.actor("officer"))
    assert place(cast).lifted_at is None
