"""Places, notices and agreements for the tests of rulings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from accounts.actions import set_work_location
from jurisdictions.actions import acknowledge_notice, publish_notice, record_agreement
from jurisdictions.models import Agreement, Notice
from jurisdictions.rulings import SubjectRuling, ruling_for
from tests.server.cast import Cast

TEXT = "We record clicks in the apps on the list, and nothing else."


def work_in(cast: Cast, place: str) -> None:
    set_work_location(
        subject=cast.subject(),
        place=place,
        start=timezone.now() - timedelta(days=1),
        end=None,
        source="hr",
        actor=cast.system(),
    )


def notice(cast: Cast, *, read: bool = True) -> Notice:
    found = publish_notice(title="What is captured", text=TEXT, actor=cast.actor("officer"))
    if read:
        acknowledge_notice(subject=cast.subject(), notice=found, actor=cast.actor("employee"))
    return found


def agree(cast: Cast, place: str, signals: Sequence[str] = ("click",), days: int | None = None) -> Agreement:
    today = timezone.now().date()
    return record_agreement(
        place=place,
        kind="union",
        number="1/2026",
        signals=signals,
        valid_from=today - timedelta(days=1),
        valid_to=today + timedelta(days=30),
        retention_ceiling_days=days,
        actor=cast.actor("officer"),
    )


def ruling(cast: Cast, *, personal: bool = False) -> SubjectRuling:
    return ruling_for(cast.subject(), at=timezone.now(), personal_device=personal)
