"""The verbs that open or close the way for capture: laws, notices, acknowledgements, agreements.

Each of them can change what the next lease of a device says, so the agents are told to ask again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from accounts import permissions
from accounts.models import Subject
from audits import actions as log
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from jurisdictions.models import Acknowledgement, Agreement, LawPack, Notice
from mci_core import canonical, jurisdiction
from mci_core.errors import Conflict, Forbidden, Invalid
from mci_core.policy_model import SIGNALS

PACKS = Path(__file__).parent / "packs"
MAX_NOTICE_LENGTH = 20_000
_KINDS = ("works_council", "union", "inspectorate")


@audited("jurisdictions.load_packs")
def load_packs(*, actor: Actor, folder: Path = PACKS) -> int:
    """Bring the packs of the folder into the database; returns how many are new or differ. Nothing is
    removed.
    """
    permissions.require(actor, "jurisdictions.load_packs")
    _one_at_a_time("law-packs")
    changed = [row.key for path in sorted(folder.glob("*.json")) if (row := _put_pack(path)) is not None]
    if not changed:
        with nothing_to_do():
            return 0
    log.append(
        action="jurisdictions.load_packs",
        actor=actor,
        obj=None,
        facts={"packs": sorted(set(changed)), "count": len(changed)},
    )
    _leases_change()
    return len(changed)


def _put_pack(path: Path) -> LawPack | None:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    pack, digest = jurisdiction.parse_pack(document["pack"]), canonical.digest_obj(document)
    row = LawPack.objects.filter(key=pack.id, effective_from=pack.effective_from).first()
    if row is not None and row.digest == digest:
        return None
    row = row or LawPack(key=pack.id, effective_from=pack.effective_from)
    row.place, row.effective_to = pack.place, pack.effective_to
    row.title, row.words, row.clocks = document["title"], document["words"], document["clocks"]
    row.body, row.source, row.review_by, row.digest = document["pack"], pack.source, pack.review_by, digest
    row.save()
    return row


@audited("jurisdictions.publish_notice")
def publish_notice(*, title: str, text: str, policy_digest: str = "", actor: Actor) -> Notice:
    """A new notice. From now on it is the one that counts: nobody is captured before acknowledging it."""
    permissions.require(actor, "jurisdictions.publish_notice")
    title, text = title.strip(), text.replace("\r\n", "\n").strip()
    if not title:
        raise Invalid("Give the notice a title.", field="title")
    if not 20 <= len(text) <= MAX_NOTICE_LENGTH:
        raise Invalid(f"Write 20 to {MAX_NOTICE_LENGTH} characters.", field="text")
    _one_at_a_time("notices")
    number = (Notice.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    notice = Notice.objects.create(
        number=number,
        title=title[:160],
        text=text,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        policy_digest=policy_digest,
    )
    log.append(
        action="jurisdictions.publish_notice",
        actor=actor,
        obj=notice,
        facts={"number": number, "text_sha256": notice.text_sha256, "policy_digest": policy_digest},
        details={"title": notice.title},
    )
    _leases_change()
    return notice


@audited("jurisdictions.withdraw_notice")
def withdraw_notice(*, notice: Notice, reason: str, actor: Actor) -> Notice:
    """The one before it counts again; without one nobody is captured."""
    permissions.require(actor, "jurisdictions.withdraw_notice")
    if not reason.strip():
        raise Invalid("Say why.", field="reason")
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.withdrawn_at is not None:
        raise Conflict("This notice was withdrawn already.")
    notice.withdrawn_at = timezone.now()
    notice.save(update_fields=["withdrawn_at"])
    log.append(
        action="jurisdictions.withdraw_notice",
        actor=actor,
        obj=notice,
        reason=reason,
        facts={"number": notice.number},
    )
    _leases_change()
    return notice


@audited("jurisdictions.acknowledge_notice")
def acknowledge_notice(
    *, subject: Subject, notice: Notice, actor: Actor, channel: str = "portal"
) -> Acknowledgement:
    """One person read one text. Twice on one day is once; on a later day it renews the acknowledgement."""
    permissions.require(actor, "jurisdictions.acknowledge_notice")
    if actor.kind == "user" and subject.user_id != getattr(actor.user, "pk", None):
        raise Forbidden("Nobody acknowledges a notice for somebody else.")
    if channel not in ("portal", "paper", "agent"):
        raise Invalid("There is no such channel.", field="channel")
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.withdrawn_at is not None:
        raise Conflict("This notice was withdrawn.")
    last = Acknowledgement.objects.newest(subject=subject.pk, notice=notice)
    if last is not None and last.at.date() == timezone.now().date():
        with nothing_to_do():
            return last
    found = Acknowledgement.objects.create(
        subject=subject, notice=notice, text_sha256=notice.text_sha256, channel=channel
    )
    log.append(
        action="jurisdictions.acknowledge_notice",
        actor=actor,
        obj=notice,
        subject=subject.pk,
        facts={"number": notice.number, "text_sha256": notice.text_sha256, "channel": channel},
    )
    enqueue_on_commit("agents.tasks.hint_subject", str(subject.pk))
    return found


@audited("jurisdictions.record_agreement")
def record_agreement(
    *,
    place: str,
    kind: str,
    number: str,
    signals: Sequence[str],
    valid_from: date,
    valid_to: date,
    actor: Actor,
    retention_ceiling_days: int | None = None,
) -> Agreement:
    """Write down an agreement that exists. It allows the listed signals only."""
    permissions.require(actor, "jurisdictions.record_agreement")
    _check_agreement(place, kind, number, signals, valid_from, valid_to)
    agreement = Agreement.objects.create(
        place=place,
        kind=kind,
        number=number.strip(),
        signals=[signal for signal in SIGNALS if signal in signals],
        valid_from=valid_from,
        valid_to=valid_to,
        retention_ceiling_days=retention_ceiling_days,
        recorded_by=actor.user,
    )
    log.append(
        action="jurisdictions.record_agreement",
        actor=actor,
        obj=agreement,
        facts={
            "place": place,
            "kind": kind,
            "signals": agreement.signals,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "retention_ceiling_days": retention_ceiling_days,
        },
        details={"number": agreement.number},
    )
    _leases_change()
    return agreement


def _check_agreement(
    place: str, kind: str, number: str, signals: Sequence[str], valid_from: date, valid_to: date
) -> None:
    known = {area for body in LawPack.objects.values_list("body", flat=True) for area in _areas_of(body)}
    if place not in known and place.partition("-")[0] not in known:
        raise Invalid("No law pack covers this place.", field="place")
    if kind not in _KINDS:
        raise Invalid("There is no such kind of agreement.", field="kind")
    if not number.strip():
        raise Invalid("Give the number or title by which the agreement can be found.", field="number")
    if not signals or not set(signals) <= set(SIGNALS):
        raise Invalid("Choose the signals that the agreement allows.", field="signals")
    if valid_to < valid_from:
        raise Invalid("The last day comes before the first.", field="valid_to")


def _areas_of(body: dict[str, Any]) -> list[str]:
    return [body["place"], *body.get("members", [])]


@audited("jurisdictions.end_agreement")
def end_agreement(*, agreement: Agreement, reason: str, actor: Actor) -> Agreement:
    """From now on it allows nothing."""
    permissions.require(actor, "jurisdictions.end_agreement")
    if not reason.strip():
        raise Invalid("Say why.", field="reason")
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)
    if agreement.ended_at is not None:
        raise Conflict("This agreement was ended already.")
    agreement.ended_at = timezone.now()
    agreement.save(update_fields=["ended_at"])
    log.append(
        action="jurisdictions.end_agreement",
        actor=actor,
        obj=agreement,
        reason=reason,
        facts={"place": agreement.place, "kind": agreement.kind},
    )
    _leases_change()
    return agreement


def _one_at_a_time(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"jurisdictions:{what}"])


def _leases_change() -> None:
    enqueue_on_commit("agents.tasks.hint_everybody")
