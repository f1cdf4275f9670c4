"""Staff pages about agreements with works councils, unions and inspectorates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.access import StaffPage
from accounts.models import Department
from accounts.pages import ActionForm, ActionPost
from audits.listing import Column, Empty, ListPage
from jurisdictions import actions, forms
from jurisdictions.models import Agreement
from jurisdictions.views.parts import LawPage
from jurisdictions.waiting import WARN_DAYS


class AgreementList(LawPage, ListPage):
    template_name = "jurisdictions/agreement_list.html"
    columns = (
        Column("Agreement", sort="number"),
        Column("Sites", sort="place"),
        Column("Kind"),
        Column("Signals"),
        Column("Kept at most"),
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

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        names = dict(Department.objects.values_list("pk", "name"))
        today = context["today"]
        for row in context["page_obj"]:
            row.unit_names = [names.get(unit, "a unit that is gone") for unit in row.departments]
            row.ends_soon = row.valid_to < today + timedelta(days=WARN_DAYS)
        return context


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
