"""The employee's own wishes for the allowlist: asked without a name, and what became of each."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import ChoiceFilter, FilterSet

from accounts.access import EmployeePage
from accounts.models import User
from accounts.pages import ActionForm, ActionPost
from audits.listing import Column, Empty, ListPage
from capture_policies.actions import requests
from capture_policies.models import AllowlistRequest, RequestVoice
from capture_policies.models_requests import AllowlistRequestState
from capture_policies.request_forms import AskForm, asked_for


class MyRequestFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    state = ChoiceFilter(choices=AllowlistRequestState.choices, label="State", empty_label="Any state")

    class Meta:
        model = AllowlistRequest
        fields = ("state",)


def _own(user: Any) -> QuerySet[AllowlistRequest]:
    """What this person asked for; ``asks`` where they still do."""
    subject = user.own_subject_id if isinstance(user, User) else None
    voice = RequestVoice.objects.filter(subject=subject, request=OuterRef("pk"), withdrawn_at=None)
    return AllowlistRequest.objects.of_person(subject).annotate(asks=Exists(voice))


class MyRequests(EmployeePage, ListPage):
    template_name = "capture_policies/my_request_list.html"
    columns = (
        Column("App or site", sort="label"),
        Column("You asked to"),
        Column("State"),
        Column("Answer"),
        Column("Since", sort="since"),
        Column("", quiet=True),
    )
    sorts: ClassVar[dict[str, str]] = {"label": "label", "since": "opened_at"}
    default_sort = "-since"
    filterset_class = MyRequestFilter
    search_fields = ("label", "where")
    search_label = "Search your requests"
    noun = "request"
    empty = Empty(
        "You have asked for nothing yet",
        "Ask for an app or site to be added, or for one that is captured to be removed. You are not named.",
        icon="mail",
        url_name="capture_policies_me:request_new",
        label="Ask",
    )

    def get_queryset(self) -> QuerySet[AllowlistRequest]:
        return _own(self.request.user)


class MyRequestNew(EmployeePage, ActionForm):
    template_name = "capture_policies/my_request_new.html"
    form_class = AskForm
    success_message = "Asked. You see here what becomes of it."

    def get_initial(self) -> dict[str, Any]:
        return asked_for(self.request)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "chosen": self.request.GET.get("entry", "")}

    def act(self, form: AskForm) -> str:
        requests.ask_for_entry(thing=form.thing(), words=form.cleaned_data["words"], actor=self.actor)
        return reverse("capture_policies_me:request_list")


class MyRequestWithdraw(EmployeePage, ActionPost):
    success_message = "You no longer ask for this."

    def act(self, **kwargs: Any) -> str:
        row = get_object_or_404(_own(self.request.user), pk=kwargs["pk"])
        requests.withdraw_request(request=row, as_employee=True, actor=self.actor)
        return reverse("capture_policies_me:request_list")
