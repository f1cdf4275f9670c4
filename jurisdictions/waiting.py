"""What waits on the home page: notices to read or to publish, laws to look at, agreements that end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from accounts import permissions
from accounts.models import Subject
from accounts.waiting import WaitingItem
from jurisdictions.due import due
from jurisdictions.models import Agreement, LawPack
from jurisdictions.notice_states import notice_states

if TYPE_CHECKING:
    from accounts.models import User

#: How long before its end an agreement is on the home pages of those who can see to the next one.
WARN_DAYS = 60


def waiting(user: User) -> list[WaitingItem]:
    return [*own_notice(user), *_agreements(user), *_notices(user), *_reviews(user)]


def own_notice(user: User) -> list[WaitingItem]:
    """The notice that this person has to read; also for the employee's own page."""
    subject = Subject.objects.filter(user=user.pk).first()
    if subject is None or not due(subject, timezone.now()).waits:
        return []
    return [WaitingItem(1, "1 notice waits for you to read it", reverse("jurisdictions_me:notice_list"))]


def _agreements(user: User) -> list[WaitingItem]:
    if not permissions.has(user, "jurisdictions.view"):
        return []
    count = Agreement.objects.ending(timezone.now().date(), WARN_DAYS).count()
    noun = "1 agreement ends" if count == 1 else f"{count} agreements end"
    sentence = f"{noun} within {WARN_DAYS} days; without the next one capture stops there"
    return [WaitingItem(count, sentence, reverse("jurisdictions:agreement_list"))] if count else []


def _notices(user: User) -> list[WaitingItem]:
    if not permissions.has(user, "jurisdictions.publish_notice"):
        return []
    count = sum(state.waits for state in notice_states())
    noun = "1 notice waits" if count == 1 else f"{count} notices wait"
    sentence = f"{noun} to be published: the policy captures more than people there were told"
    return [WaitingItem(count, sentence, reverse("jurisdictions:notice_list"))] if count else []


def _reviews(user: User) -> list[WaitingItem]:
    if not permissions.has(user, "jurisdictions.review_pack"):
        return []
    count = LawPack.objects.due(timezone.now().date()).count()
    noun = "1 law pack is" if count == 1 else f"{count} law packs are"
    sentence = f"{noun} due for review"
    return [WaitingItem(count, sentence, f"{reverse('jurisdictions:pack_list')}?look=due")] if count else []
