"""Notices: written or generated, published, withdrawn, acknowledged."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from accounts import permissions
from accounts.models import Subject
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.locks import lock
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from jurisdictions import coverage
from jurisdictions.models import Acknowledgement, Notice
from jurisdictions.rulings import place_of
from jurisdictions.steps import leases_change
from jurisdictions.zones import local_day
from mci_core.errors import Conflict, Forbidden, Invalid, Stale

MAX_NOTICE_LENGTH = 20_000


@audited("jurisdictions.publish_notice")
def publish_notice(*, title: str, text: str, policy_digest: str = "", actor: Actor) -> Notice:
    """A text that somebody wrote, for everywhere. From now on it is the one that counts: nobody is captured
    before acknowledging it. It is taken to be about the newest release.
    """
    permissions.require(actor, "jurisdictions.publish_notice")
    title, text = title.strip(), text.replace("\r\n", "\n").strip()
    if not title:
        raise Invalid("Give the notice a title.", field="title")
    if not 20 <= len(text) <= MAX_NOTICE_LENGTH:
        raise Invalid(f"Write 20 to {MAX_NOTICE_LENGTH} characters.", field="text")
    digest = policy_digest or coverage.newest_digest()
    return _publish(coverage.Written("", title[:160], text, digest, (), ()), True, "publish_notice", actor)


@audited("jurisdictions.publish_generated")
def publish_generated(*, place: str, shown_sha256: str, for_everybody: bool = False, actor: Actor) -> Notice:
    """Publish the notice that is generated for a place now, if it is the text that was shown.

    Only those of whom the policy captures more than they were told have to read it; with ``for_everybody``
    all people there do.
    """
    permissions.require(actor, "jurisdictions.publish_notice")
    written = coverage.write_for(place)
    if written is None:
        raise Conflict("There is no release yet that a notice could be about.", code="no_release")
    if written.sha256 != shown_sha256:
        raise Stale("The policy or the law has changed since this text was shown. Read it again.")
    last = Notice.objects.filter(withdrawn_at__isnull=True, place=place).order_by("-number").first()
    if last is not None and _says(last) == (
        shown_sha256,
        written.policy_digest,
        list(written.denied_signals),
    ):
        raise Conflict("The newest notice for this place says exactly this.", code="notice_current")
    return _publish(written, for_everybody, "publish_generated", actor, generated=True)


def _says(notice: Notice) -> tuple[str, str, list[str]]:
    return notice.text_sha256, notice.policy_digest, notice.denied_signals


def _publish(
    written: coverage.Written, for_everybody: bool, verb: str, actor: Actor, *, generated: bool = False
) -> Notice:
    lock("jurisdictions:notices")
    number = (Notice.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    notice = Notice.objects.create(
        number=number,
        place=written.place,
        generated=generated,
        for_everybody=for_everybody,
        title=written.title,
        text=written.text,
        text_sha256=written.sha256,
        policy_digest=written.policy_digest,
        denied_signals=list(written.denied_signals),
    )
    log.append(
        action=f"jurisdictions.{verb}",
        actor=actor,
        obj=notice,
        facts={
            "number": number,
            "place": notice.place,
            "for_everybody": for_everybody,
            "text_sha256": notice.text_sha256,
            "policy_digest": notice.policy_digest,
        },
        details={"title": notice.title},
    )
    leases_change()
    return notice


@audited("jurisdictions.withdraw_notice")
def withdraw_notice(*, notice: Notice, reason: str, actor: Actor) -> Notice:
    """The one before it counts again; without one nobody is captured."""
    permissions.require(actor, "jurisdictions.withdraw_notice")
    reason = reasons.given(reason)
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
    leases_change()
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
    if last is not None and _same_day(subject, last.at):
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


def _same_day(subject: Subject, earlier: datetime) -> bool:
    """Whether it is still that day where the person is."""
    now = timezone.now()
    place = place_of(subject, now)
    return local_day(place, earlier) == local_day(place, now)
