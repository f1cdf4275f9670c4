"""Examples of the actions on law packs, notices and agreements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from jurisdictions import actions, coverage
from jurisdictions.models import Agreement, LawPack, Notice
from tests.server.cast import REASON, Cast
from tests.server.jurisdictions.policies import SITE, live_policy


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


def _review_pack(cast: Cast) -> None:
    _load_packs(cast)
    next_by = timezone.now().date() + timedelta(days=180)
    pack = LawPack.objects.get(key="de")
    actions.review_pack(pack=pack, next_by=next_by, note=REASON, actor=cast.actor("officer"))


def _set_place_mode(cast: Cast) -> None:
    _load_packs(cast)
    pack = LawPack.objects.get(key="us-de")
    actions.set_place_mode(pack=pack, mode="each_day", reason=REASON, actor=cast.actor("officer"))


def _look_at_places(cast: Cast) -> None:
    actions.look_at_places(subject=cast.subject(), reason=REASON, actor=cast.actor("officer"))


def _publish_generated(cast: Cast) -> None:
    _load_packs(cast)
    live_policy(cast, SITE)
    written = coverage.write_for("US-NY")
    assert written is not None
    actions.publish_generated(
        place="US-NY", shown_sha256=written.sha256, for_everybody=True, actor=cast.actor("officer")
    )


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "jurisdictions.load_packs": _load_packs,
    "jurisdictions.publish_notice": _publish_notice,
    "jurisdictions.withdraw_notice": _withdraw_notice,
    "jurisdictions.acknowledge_notice": _acknowledge_notice,
    "jurisdictions.record_agreement": _record_agreement,
    "jurisdictions.end_agreement": _end_agreement,
    "jurisdictions.review_pack": _review_pack,
    "jurisdictions.set_place_mode": _set_place_mode,
    "jurisdictions.look_at_places": _look_at_places,
    "jurisdictions.publish_generated": _publish_generated,
}
