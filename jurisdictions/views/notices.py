"""Staff pages about notices: those generated from the policy for a place, and texts for everywhere."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import TemplateView

from accounts import permissions
from accounts.access import StaffPage
from accounts.pages import ActionForm, ActionPost
from audits.listing import Column, Empty, ListPage
from jurisdictions import actions, forms
from jurisdictions.counts import acknowledged_in_words
from jurisdictions.models import Notice
from jurisdictions.notice_states import newest_by_place, notice_states
from jurisdictions.views.parts import LawPage


class NoticeList(LawPage, ListPage):
    template_name = "jurisdictions/notice_list.html"
    columns = (
        Column("Notice", sort="number"),
        Column("For", sort="place"),
        Column("Published", sort="published"),
        Column("State"),
        Column("Digest"),
    )
    sorts = {"number": "number", "published": "published_at", "place": "place"}
    default_sort = "-number"
    search_fields = ("title", "text")
    search_label = "Search notices"
    noun = "notice"
    empty = Empty("No notice yet", "Nobody is captured before acknowledging one.", icon="file-text")

    def get_queryset(self) -> QuerySet[Notice]:
        return Notice.objects.visible_to(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(newest=newest_by_place(), states=notice_states(), **kwargs)


class NoticeDetail(LawPage, TemplateView):
    template_name = "jurisdictions/notice_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        notice = get_object_or_404(Notice.objects.visible_to(self.request.user), pk=kwargs["pk"])
        return super().get_context_data(
            notice=notice,
            newest=newest_by_place(),
            acknowledged=acknowledged_in_words(notice),
            may_withdraw=permissions.has(self.request.user, "jurisdictions.withdraw_notice"),
            **kwargs,
        )


class NoticePreview(LawPage, ActionForm):
    """The notice of a place as it is generated now; publishing publishes exactly the text on the page."""

    permission = "jurisdictions.publish_notice"
    fresh = "jurisdictions.publish_notice"
    template_name = "jurisdictions/notice_preview.html"
    form_class = forms.PublishForm
    success_message = "The notice is published. Those whom it concerns are asked to read it."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = next((one for one in notice_states() if one.family == self.kwargs["family"]), None)
        if state is None:
            raise Http404
        return super().get_context_data(state=state, diff=state.text_diff(), **kwargs)

    def act(self, form: forms.PublishForm) -> str:
        notice = actions.publish_generated(place=self.kwargs["family"], **form.cleaned_data, actor=self.actor)
        return reverse("jurisdictions:notice_detail", args=[notice.pk])


class NoticeNew(StaffPage, ActionForm):
    permission = "jurisdictions.publish_notice"
    fresh = "jurisdictions.publish_notice"
    template_name = "jurisdictions/notice_new.html"
    form_class = forms.NoticeForm
    success_message = "The notice is published. Nobody is captured before acknowledging it."

    def get_initial(self) -> dict[str, Any]:
        live = Notice.objects.live()
        return {} if live is None else {"title": live.title, "text": live.text}

    def act(self, form: forms.NoticeForm) -> str:
        notice = actions.publish_notice(**form.cleaned_data, actor=self.actor)
        return reverse("jurisdictions:notice_detail", args=[notice.pk])


class NoticeWithdraw(StaffPage, ActionPost):
    permission = "jurisdictions.withdraw_notice"
    success_message = "The notice is withdrawn."

    def act(self, **kwargs: Any) -> str:
        notice = get_object_or_404(Notice.objects.visible_to(self.request.user), pk=kwargs["pk"])
        actions.withdraw_notice(notice=notice, reason=self.reason, actor=self.actor)
        return reverse("jurisdictions:notice_detail", args=[notice.pk])
