"""Requests for the allowlist, as staff see them, and the removal of an entry at once.

Who among the employees asks is not on these pages, and a few are never counted.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage
from accounts.pages import ActionForm, ActionPost
from accounts.permissions import has
from audits.listing import Column, Empty, ListPage
from capture_policies import impact, narrowings, queries, words
from capture_policies.actions import narrowing, requests
from capture_policies.forms import ReasonForm
from capture_policies.models import AllowlistRequest, PolicyDraft, RequestVoice
from capture_policies.models_requests import AllowlistRequestState, RequestKind
from capture_policies.request_forms import AskForm, asked_for
from mci_core.policy import Entry, Policy

#: Voices that a page shows where enough people ask for their number to be told.
SHOWN_VOICES = 20


class RequestFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    state = ChoiceFilter(choices=AllowlistRequestState.choices, label="State", empty_label="Any state")
    kind = ChoiceFilter(choices=RequestKind.choices, label="Asked for", empty_label="Add or remove")

    class Meta:
        model = AllowlistRequest
        fields = ("state", "kind")


class RequestList(StaffPage, ListPage):
    """Open removals first, then what else waits, then what was answered."""

    permission = "capture_policies.view_requests"
    template_name = "capture_policies/request_list.html"
    columns = (
        Column("App or site", sort="label"),
        Column("Asked for"),
        Column("State"),
        Column("Asked by"),
        Column("Since", sort="since"),
    )
    sorts = {"label": "label", "since": "opened_at"}
    filterset_class = RequestFilter
    search_fields = ("label", "where")
    search_label = "Search requests"
    noun = "request"
    empty = Empty(
        "Nobody has asked for anything",
        "Everybody may ask for an app or site to be added, or for one to be removed.",
        icon="mail",
        url_name="capture_policies:request_new",
        label="Ask for something",
    )

    def get_queryset(self) -> QuerySet[AllowlistRequest]:
        rows = AllowlistRequest.objects.visible_to(self.request.user).select_related("opened_by")
        return rows.with_voices().annotate(urgency=_urgency())

    def _sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return super()._sorted(rows) if self._sort else rows.order_by("urgency", "-opened_at", "pk")


class RequestNew(StaffPage, ActionForm):
    permission = "capture_policies.file_request"
    template_name = "capture_policies/request_new.html"
    form_class = AskForm
    success_message = "Your request is open."

    def get_initial(self) -> dict[str, Any]:
        return asked_for(self.request)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "chosen": self.request.GET.get("entry", "")}

    def act(self, form: AskForm) -> str:
        made = requests.file_request(thing=form.thing(), words=form.cleaned_data["words"], actor=self.actor)
        return reverse("capture_policies:request_detail", args=[made.pk])


class OfRequest(StaffPage):
    @cached_property
    def row(self) -> AllowlistRequest:
        rows = AllowlistRequest.objects.visible_to(self.request.user).with_voices()
        related = rows.select_related("opened_by", "answered_by", "draft", "narrowing__version")
        return get_object_or_404(related, pk=self.kwargs["pk"])

    def home(self) -> str:
        return reverse("capture_policies:request_detail", args=[self.row.pk])


class RequestDetail(OfRequest, TemplateView):
    permission = "capture_policies.view_requests"
    template_name = "capture_policies/request_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, row = self.request.user, self.row
        is_open = row.state == AllowlistRequestState.OPEN
        takes = is_open and has(user, "capture_policies.take_request")
        return super().get_context_data(
            object=row,
            voices=shown_voices(row),
            may_take=takes,
            may_decline=row.is_open and has(user, "capture_policies.decline_request"),
            may_remove=row.is_open
            and row.kind == RequestKind.REMOVE
            and has(user, "capture_policies.remove_entries_now"),
            may_withdraw=row.is_open and row.voices.filter(user=user.pk, withdrawn_at=None).exists(),
            drafts=_open_drafts(user) if takes else (),
            form=ReasonForm(),
            **kwargs,
        )


class RequestTake(OfRequest, ActionPost):
    permission = "capture_policies.take_request"
    success_message = "Taken into the draft. Say there what may be captured; others approve it."

    def act(self, **kwargs: Any) -> str:
        wanted = self.request.POST.get("draft", "")
        rows = PolicyDraft.objects.visible_to(self.request.user).filter(state="open")
        draft = get_object_or_404(rows, pk=_uuid(wanted)) if wanted else None
        found = requests.take_request(request=self.row, draft=draft, actor=self.actor)
        return reverse("capture_policies:draft_detail", args=[found.pk])


class RequestDecline(OfRequest, ActionPost):
    permission = "capture_policies.decline_request"
    success_message = "Declined. Everybody who asked reads your reason."

    def act(self, **kwargs: Any) -> str:
        requests.decline_request(request=self.row, reason=self.reason, actor=self.actor)
        return self.home()


class RequestWithdraw(OfRequest, ActionPost):
    permission = "capture_policies.file_request"
    success_message = "You no longer ask for this."

    def act(self, **kwargs: Any) -> str:
        requests.withdraw_request(request=self.row, as_employee=False, actor=self.actor)
        return self.home()


class EntryRemoveNow(StaffPage, ActionForm):
    """Says what will happen to whom, asks once, and does it: one person, every device, one wave."""

    permission = fresh = "capture_policies.remove_entries_now"
    template_name = "capture_policies/entry_remove_now.html"
    form_class = ReasonForm

    @cached_property
    def found(self) -> tuple[Policy, Entry]:
        found = narrowings.captured_entry(self.kwargs["entry"])
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        base, entry = self.found
        taken = narrowings.take_out(base, [entry.id])
        rows = AllowlistRequest.objects.unanswered().filter(kind="remove", entry=entry.id).with_voices()
        return super().get_context_data(
            entry=entry,
            described=words.describe_entry(entry),
            affected=impact.of_entry(entry),
            closes=taken is not None and entry.id in taken.closed,
            asked=rows.first(),
            going=_is_going(entry.id),
            **kwargs,
        )

    def act(self, form: ReasonForm) -> str:
        done = narrowing.remove_entries_now(entries=[self.found[1].id], actor=self.actor, **form.cleaned_data)
        if done.rollout is not None:
            messages.success(self.request, "Removed. Every device gets a release without it now.")
        elif done.new:
            messages.success(self.request, "Stopped there now. The release waits for its signatures.")
        else:
            messages.info(self.request, "Somebody has removed it already.")
        if done.rollout is None:
            return reverse("capture_policies:version_detail", args=[done.version.pk])
        return reverse("capture_policies:rollout_detail", args=[done.rollout.pk])


def _is_going(entry_id: str) -> bool:
    """Whether everybody is getting a release without it just now."""
    done = queries.policy_of(narrowings.settled())
    return done is not None and narrowings.take_out(done, [entry_id]) is None


def shown_voices(row: AllowlistRequest) -> list[RequestVoice]:
    """Why people ask. One voice of an employee, and more only where enough people ask to be counted."""
    voices = list(row.voices.filter(withdrawn_at=None).select_related("user").order_by("at", "pk")[:200])
    staff = [voice for voice in voices if voice.user_id is not None]
    employees = [voice for voice in voices if voice.user_id is None]
    enough = len(voices) >= settings.MIN_GROUP_SIZE
    return [*staff, *employees[: SHOWN_VOICES if enough else 1]]


def _open_drafts(user: Any) -> list[PolicyDraft]:
    return list(PolicyDraft.objects.visible_to(user).filter(state="open").order_by("-updated_at")[:50])


def _urgency() -> Case:
    return Case(
        When(state="open", kind="remove", then=Value(0)),
        When(state__in=("open", "taken"), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as fault:
        raise Http404 from fault
