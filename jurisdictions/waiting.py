"""What waits on the home page: a notice to acknowledge, a law to look at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from accounts import permissions
from accounts.waiting import WaitingItem
from jurisdictions.models import Acknowledgement, LawPack, Notice

if TYPE_CHECKING:
    from accounts.models import User


def waiting(user: User) -> list[WaitingItem]:
    return [*own_notice(user), *_reviews(user)]


def own_notice(user: User) -> list[WaitingItem]:
    """The live notice, while this person has not acknowledged it; also for the employee's own page."""
    live, subject = Notice.objects.live(), user.own_subject_id
    if live is None or subject is None:
        return []
    if Acknowledgement.objects.newest(subject=subject, notice=live) is not None:
        return []
    return [WaitingItem(1, "1 notice waits for you to read it", reverse("jurisdictions_me:notice_list"))]


def _reviews(user: User) -> list[WaitingItem]:
    if not permissions.has(user, "jurisdictions.publish_notice"):
        return []
    today = timezone.now().date()
    count = LawPack.objects.in_force(today).filter(review_by__lt=today).count()
    noun = "1 law pack is" if count == 1 else f"{count} law packs are"
    sentence = f"{noun} due for review"
    return [WaitingItem(count, sentence, reverse("jurisdictions:pack_list"))] if count else []
