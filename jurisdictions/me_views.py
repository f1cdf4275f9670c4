"""The employee's notices: read them, acknowledge the one that counts, see when that was done."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from accounts.access import EmployeePage
from accounts.models import Subject
from accounts.pages import ActionPost
from jurisdictions import actions
from jurisdictions.models import Acknowledgement, Notice
from jurisdictions.rulings import ruling_for
from mci_core.jurisdiction import REASONS


class NoticeList(EmployeePage, TemplateView):
    template_name = "me/notices.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject = Subject.objects.filter(user=self.request.user.pk).first()
        live = Notice.objects.live()
        own = Acknowledgement.objects.visible_to(self.request.user).select_related("notice")
        ruling = None
        if subject is not None:
            ruling = ruling_for(subject, at=timezone.now(), personal_device=False)
        return super().get_context_data(
            live=live,
            has_subject=subject is not None,
            due=_due(subject, live, ruling.reason if ruling else ""),
            ruling=ruling,
            ruling_words=REASONS.get(ruling.reason, "") if ruling else "",
            acknowledgements=list(own.order_by("-at")[:50]),
            earlier=list(Notice.objects.visible_to(self.request.user).order_by("-number")[:20]),
            **kwargs,
        )


def _due(subject: Subject | None, live: Notice | None, reason: str) -> bool:
    """Whether the live notice waits for this person; also where the law refuses for another reason first."""
    if subject is None or live is None:
        return False
    return reason == "notice_due" or Acknowledgement.objects.newest(subject=subject.pk, notice=live) is None


class NoticeDetail(EmployeePage, TemplateView):
    template_name = "me/notices_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        notice = get_object_or_404(Notice.objects.visible_to(self.request.user), pk=kwargs["pk"])
        return super().get_context_data(notice=notice, **kwargs)


class NoticeAcknowledge(EmployeePage, ActionPost):
    success_message = (
        "Thank you. Your acknowledgement is on record, with its time and the digest of the text."
    )

    def act(self, **kwargs: Any) -> str:
        subject = get_object_or_404(Subject, user=self.request.user.pk)
        notice = get_object_or_404(Notice.objects.visible_to(self.request.user), pk=kwargs["pk"])
        actions.acknowledge_notice(subject=subject, notice=notice, actor=self.actor)
        return reverse("jurisdictions_me:notice_list")
