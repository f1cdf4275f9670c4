"""Routes of law packs, agreements and notices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from jurisdictions.actions import load_packs
from jurisdictions.models import Agreement, LawPack, Notice
from tests.server.access.matrix import EVERYBODY, STAFF, Row
from tests.server.cast import Cast
from tests.server.jurisdictions.policies import SITE, live_policy

OFFICER = {"privacy_officer"}


def _pack(cast: Cast) -> dict[str, Any]:
    if not LawPack.objects.exists():
        load_packs(actor=cast.system())
    return {"pk": LawPack.objects.get(key="de").pk}


def _agreement(cast: Cast) -> dict[str, Any]:
    today = timezone.now().date()
    found, _ = Agreement.objects.get_or_create(
        place="DE",
        kind="works_council",
        number="GBV 1",
        defaults={
            "signals": ["click"],
            "valid_from": today,
            "valid_to": today + timedelta(days=9),
            "recorded_by": cast.officer,
        },
    )
    return {"pk": found.pk}


def _family(cast: Cast) -> dict[str, Any]:
    _pack(cast)
    live_policy(cast, SITE)
    return {"family": "US-NY"}


def _notice(cast: Cast) -> dict[str, Any]:
    found, _ = Notice.objects.get_or_create(number=1, title="a", text="b", text_sha256="0" * 64)
    return {"pk": found.pk}


ROWS = [
    Row("jurisdictions:pack_list", "GET", STAFF),
    Row("jurisdictions:pack_detail", "GET", STAFF, kwargs=_pack),
    Row("jurisdictions:pack_review", "POST", OFFICER, kwargs=_pack),
    Row("jurisdictions:pack_mode", "POST", OFFICER, kwargs=_pack),
    Row("jurisdictions:why", "GET", STAFF),
    Row("jurisdictions:place_history", "GET", OFFICER),
    Row("jurisdictions:place_history", "POST", OFFICER),
    Row("jurisdictions:agreement_list", "GET", STAFF),
    Row("jurisdictions:agreement_new", "GET", OFFICER),
    Row("jurisdictions:agreement_new", "POST", OFFICER),
    Row("jurisdictions:agreement_end", "POST", OFFICER, kwargs=_agreement),
    Row("jurisdictions:notice_list", "GET", STAFF),
    Row("jurisdictions:notice_detail", "GET", STAFF, kwargs=_notice),
    Row("jurisdictions:notice_preview", "GET", OFFICER, kwargs=_family),
    Row("jurisdictions:notice_preview", "POST", OFFICER, kwargs=_family),
    Row("jurisdictions:notice_new", "GET", OFFICER),
    Row("jurisdictions:notice_new", "POST", OFFICER),
    Row("jurisdictions:notice_withdraw", "POST", OFFICER, kwargs=_notice),
    Row("jurisdictions_me:notice_list", "GET", EVERYBODY),
    Row("jurisdictions_me:places", "GET", EVERYBODY),
    Row("jurisdictions_me:places", "POST", EVERYBODY),
    Row("jurisdictions_me:notice_detail", "GET", EVERYBODY, kwargs=_notice),
    Row("jurisdictions_me:notice_acknowledge", "POST", EVERYBODY, kwargs=_notice),
    Row("jurisdictions_api:law-pack-list", "GET", STAFF),
    Row("jurisdictions_api:law-pack-detail", "GET", STAFF, kwargs=_pack),
    Row("jurisdictions_api:agreement-list", "GET", STAFF),
    Row("jurisdictions_api:agreement-list", "POST", OFFICER),
    Row("jurisdictions_api:agreement-detail", "GET", STAFF, kwargs=_agreement),
    Row("jurisdictions_api:agreement-end", "POST", OFFICER, kwargs=_agreement, data={"reason": "over"}),
    Row("jurisdictions_api:notice-list", "GET", STAFF),
    Row("jurisdictions_api:notice-list", "POST", OFFICER),
    Row("jurisdictions_api:notice-detail", "GET", STAFF, kwargs=_notice),
    Row("jurisdictions_api:notice-withdraw", "POST", OFFICER, kwargs=_notice, data={"reason": "wrong"}),
]
