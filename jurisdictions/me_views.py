"""The employee's pages about law: notices to read, places on record, why capture is on or off there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from accounts.access import EmployeePage
from accounts.actions import set_work_location
from accounts.models import Subject, User
from accounts.pages import ActionForm, ActionPost
from accounts.places import stays
from jurisdictions import actions, forms
from jurisdictions.due import Due, due
from jurisdictions.models import Acknowledgement, Notice, PlaceLook
from jurisdictions.why import described
from mci_core.jurisdiction import REASONS


class NoticeList(EmployeePage, TemplateView):
    template_name = "me/notices.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject = _own_subject(self.request.user)
        state = None if subject is None else due(subject, timezone.now())
        own = Acknowledgement.objects.visible_to(self.request.user).select_related("notice")
        shown = _shown(state)
        return super().get_context_data(
            live=shown,
            has_subject=subject is not None,
            due=state is not None and state.waits,
            ruling=state.ruling if state else None,
            ruling_words=REASONS.get(state.ruling.reason, "") if state else "",
            acknowledgements=list(own.order_by("-at")[:50]),
            **kwargs,
        )


def _shown(state: Due | None) -> Notice | None:
    """With its text, which rulings leave out."""
    notice = Notice.objects.live() if state is None else state.notice
    return None if notice is None else Notice.objects.get(pk=notice.pk)


def _own_subject(user: Any) -> Subject | None:
    return Subject.objects.filter(user=user.pk).first()


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


class Places(EmployeePage, ActionForm):
    """The own places over time, a form to state one, and the law at the one that counts now."""

    template_name = "me/places.html"
    form_class = forms.OwnPlaceForm
    success_message = "Your place of work is on record."

    def get_initial(self) -> dict[str, Any]:
        return {"start": timezone.now().astimezone(self._zone()).date()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject, now = _own_subject(self.request.user), timezone.now()
        state = None if subject is None else due(subject, now)
        return super().get_context_data(
            stays=[] if subject is None else stays(subject)[::-1],
            ruling=state.ruling if state else None,
            ruling_words=REASONS.get(state.ruling.reason, "") if state else "",
            laws=described(state.ruling.laws) if state else (),
            looks=list(PlaceLook.objects.visible_to(self.request.user).order_by("-at")[:50]),
            now=now,
            **kwargs,
        )

    def act(self, form: forms.OwnPlaceForm) -> str:
        given = form.cleaned_data
        set_work_location(
            subject=get_object_or_404(Subject, user=self.request.user.pk),
            place=given["place"].strip().upper(),
            start=self._midnight(given["start"]),
            end=None if given["end"] is None else self._midnight(given["end"] + timedelta(days=1)),
            source="trip" if given["trip"] else "employee",
            actor=self.actor,
        )
        return reverse("jurisdictions_me:places")

    def _zone(self) -> ZoneInfo:
        user = self.request.user
        assert isinstance(user, User)
        return ZoneInfo(user.time_zone)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone())
