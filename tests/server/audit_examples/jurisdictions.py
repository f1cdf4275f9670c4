"""Examples of the actions on law packs, notices and agreements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from jurisdictions import actions
from jurisdictions.models import Agreement, Notice
from tests.server.cast import REASON, Cast


def _load_packs(cast: Cast) -> None:
    actions.load_packs(actor=cast.system())


def _notice(cast: Cast) -> Notice:
    text = "Clicks in the apps on the list are recorded."
    return actions.publish_notice(title="What is captured", text=text, actor=cast.actor("officer"))


def _publish_notice(cast: Cast) -> None:
    _notice(cast)


def _withdraw_notice(cast: Cast) -> None:
    actions.withdraw_notice(notice=_notice(cast), reason=REASON, actor=cast.actor("officer"))


def _acknowledge_notice(cast: Cast) -> None:
    notice = _notice(cast)
    actions.acknowledge_notice(subject=cast.subject(), notice=notice, actor=cast.actor("employee"))


def _agreement(cast: Cast) -> Agreement:
    _load_packs(cast)
    today = timezone.now().date()
    return actions.record_agreement(
        place="IT",
        kind="union",
        number="RSA 4/2026",
        signals=["click"],
        valid_from=today,
        valid_to=today + timedelta(days=365),
        retention_ceiling_days=14,
        actor=cast.actor("officer"),
    )


def _record_agreement(cast: Cast) -> None:
    _agreement(cast)


def _end_agreement(cast: Cast) -> None:
    actions.end_agreement(agreement=_agreement(cast), reason=REASON, actor=cast.actor("officer"))


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "jurisdictions.load_packs": _load_packs,
    "jurisdictions.publish_notice": _publish_notice,
    "jurisdictions.withdraw_notice": _withdraw_notice,
    "jurisdictions.acknowledge_notice": _acknowledge_notice,
    "jurisdictions.record_agreement": _record_agreement,
    "jurisdictions.end_agreement": _end_agreement,
}
