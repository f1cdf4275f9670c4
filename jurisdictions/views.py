"""Staff pages about law packs, agreements and notices. None of them names a person."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from accounts import permissions
from accounts.access import StaffPage
from accounts.pages import ActionForm, ActionPost
from audits.listing import Column, Empty, ListPage
from jurisdictions import actions, forms
from jurisdictions.counts import acknowledged_in_words
from jurisdictions.models import Agreement, LawPack, Notice

_TABS = (
    ("Notices", "jurisdictions:notice_list"),
    ("Agreements", "jurisdictions:agreement_list"),
    ("Law packs", "jurisdictions:pack_list"),
)


class _LawPage(StaffPage):
    permission = "jurisdictions.view"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            section_tabs=[{"label": label, "url": reverse(name)} for label, name in _TABS],
            may_publish=permissions.has(user, "jurisdictions.publish_notice"),
            may_record=permissions.has(user, "jurisdictions.record_agreement"),
            today=timezone.now().date(),
            **kwargs,
        )
        return context


class PackList(_LawPage, ListPage):
    template_name = "jurisdictions/pack_list.html"
    columns = (
        Column("Law", sort="title"),
        Column("Place", sort="place"),
        Column("In force from", sort="from"),
        Column("Until"),
        Column("Review by", sort="review"),
    )
    sorts = {"title": "title", "place": "place", "from": "effective_from", "review": "review_by"}
    default_sort = "place"
    search_fields = ("title", "place", "key", "words")
    search_label = "Search laws"
    noun = "law pack"
    page_size = 50
    empty = Empty(
        "No law packs", "Run manage.py load_law_packs. Until then every place is unknown.", icon="scale"
    )

    def get_queryset(self) -> QuerySet[LawPack]:
        return LawPack.objects.visible_to(self.request.user)


class PackDetail(_LawPage, TemplateView):
    template_name = "jurisdictions/pack_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pack = get_object_or_404(LawPack.objects.visible_to(self.request.user), pk=kwargs["pk"])
        return super().get_context_data(pack=pack, rules=_rules(pack), **kwargs)


_NOTICE_WORDS = {
    "none": "acknowledged once (a rule of this product)",
    "once": "acknowledged once",
    "yearly": "acknowledged again every year",
    "daily": "acknowledged on each day",
}


def _rules(pack: LawPack) -> list[tuple[str, str]]:
    body = pack.body
    denied = ", ".join(signal.replace("_", " ") for signal in body.get("denied_signals", []))
    ceiling = body.get("retention_ceiling_days")
    return [
        ("Notice", _NOTICE_WORDS[body.get("requires_notice", "once")]),
        ("Agreement", "needed before capture" if body.get("requires_agreement") else "not needed"),
        ("Always off", denied or "nothing"),
        ("Personal devices", "no capture" if body.get("personal_device") == "deny" else "as company devices"),
        ("Kept for at most", f"{ceiling} days" if ceiling else "no limit of this law"),
        ("Covers", ", ".join(body.get("members", [])) or pack.place),
    ]


class AgreementList(_LawPage, ListPage):
    template_name = "jurisdictions/agreement_list.html"
    columns = (
        Column("Agreement", sort="number"),
        Column("Place", sort="place"),
        Column("Kind"),
        Column("Signals"),
        Column("Valid", sort="until"),
        Column("State"),
        Column("End", quiet=True),
    )
    sorts = {"number": "number", "place": "place", "until": "valid_to"}
    default_sort = "place"
    search_fields = ("number", "place")
    search_label = "Search agreements"
    noun = "agreement"
    empty = Empty(
        "No agreements on record",
        "Places whose law asks for one capture nothing until it is recorded here.",
        icon="signature",
    )

    def get_queryset(self) -> QuerySet[Agreement]:
        return Agreement.objects.visible_to(self.request.user)


class AgreementNew(StaffPage, ActionForm):
    permission = "jurisdictions.record_agreement"
    fresh = "jurisdictions.record_agreement"
    template_name = "jurisdictions/agreement_new.html"
    form_class = forms.AgreementForm
    success_message = "The agreement is on record."

    def act(self, form: forms.AgreementForm) -> str:
        actions.record_agreement(**form.cleaned_data, actor=self.actor)
        return reverse("jurisdictions:agreement_list")


class AgreementEnd(StaffPage, ActionPost):
    permission = "jurisdictions.end_agreement"
    success_message = "The agreement has ended. It allows nothing from now on."

    def act(self, **kwargs: Any) -> str:
        agreement = get_object_or_404(Agreement.objects.visible_to(self.request.user), pk=kwargs["pk"])
        actions.end_agreement(agreement=agreement, reason=self.reason, actor=self.actor)
        return reverse("jurisdictions:agreement_list")


class NoticeList(_LawPage, ListPage):
    template_name = "jurisdictions/notice_list.html"
    columns = (
        Column("Notice", sort="number"),
        Column("Published", sort="published"),
        Column("State"),
        Column("Digest"),
    )
    sorts = {"number": "number", "published": "published_at"}
    default_sort = "-number"
    search_fields = ("title", "text")
    search_label = "Search notices"
    noun = "notice"
    empty = Empty("No notice yet", "Nobody is captured before acknowledging one.", icon="file-text")

    def get_queryset(self) -> QuerySet[Notice]:
        return Notice.objects.visible_to(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(live=Notice.objects.live(), **kwargs)


class NoticeDetail(_LawPage, TemplateView):
    template_name = "jurisdictions/notice_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        notice = get_object_or_404(Notice.objects.visible_to(self.request.user), pk=kwargs["pk"])
        return super().get_context_data(
            notice=notice,
            live=Notice.objects.live(),
            acknowledged=acknowledged_in_words(notice),
            may_withdraw=permissions.has(self.request.user, "jurisdictions.withdraw_notice"),
            **kwargs,
        )


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
