"""Staff pages of privacy requests: what waits, its clock, the decision, the state of the erasure, holds."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage, staff_page, user_actor
from accounts.permissions import has
from agents.models import DeviceCommand
from audits.forms_support import refusals_on
from audits.listing import Column, Empty, ListPage
from privacy_requests import actions
from privacy_requests.forms import DecisionForm, HoldForm, OutcomeForm
from privacy_requests.models import Erasure, Kind, LegalHold, PrivacyRequest, RequestState


class RequestFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """By state and kind."""

    state = ChoiceFilter(choices=RequestState.choices, label="State", empty_label="Any state")
    kind = ChoiceFilter(choices=Kind.choices, label="Kind", empty_label="Any kind")

    class Meta:
        model = PrivacyRequest
        fields = ("state", "kind")


class RequestList(StaffPage, ListPage):
    """All requests, the most urgent first."""

    permission = "privacy_requests.view"
    template_name = "privacy_requests/request_list.html"
    columns = (
        Column("Request", sort="number"),
        Column("Person"),
        Column("Kind"),
        Column("State"),
        Column("Received", sort="received"),
        Column("Answer due", sort="due"),
        Column("Clock"),
    )
    sorts: ClassVar[dict[str, str]] = {"number": "number", "received": "received_at", "due": "due_at"}
    default_sort = "due"
    filterset_class = RequestFilter
    search_fields = ("subject__pseudonym", "law")
    search_label = "Search pseudonym or clock"
    noun = "request"
    empty = Empty("No requests", "When somebody asks for deletion or access, it appears here.", icon="mail")

    def get_queryset(self) -> QuerySet[PrivacyRequest]:
        return PrivacyRequest.objects.visible_to(self.request.user).select_related("subject")


def _context(request: HttpRequest, pk: UUID, **extra: Any) -> dict[str, Any]:
    rows = PrivacyRequest.objects.visible_to(request.user).select_related("subject", "decided_by")
    found = get_object_or_404(rows, pk=pk)
    erasure = Erasure.objects.filter(request=found).first()
    purges = DeviceCommand.objects.none()
    if erasure is not None:
        purges = DeviceCommand.objects.filter(
            device__subject_id=found.subject_id, kind="purge", created_at__gte=erasure.created_at
        ).select_related("device")
    return {
        "object": found,
        "erasure": erasure,
        "steps": _steps(erasure),
        "purges": purges,
        "holds": LegalHold.objects.open_for(found.subject_id, timezone.now()),
        "approve_form": DecisionForm(prefix="approve"),
        "refuse_form": DecisionForm(prefix="refuse"),
        "finish_form": OutcomeForm(prefix="finish"),
        "to_carry_out": found.state == RequestState.APPROVED and erasure is None,
        "hold_form": HoldForm(prefix="hold"),
        "may_decide": has(request.user, "privacy_requests.approve_request"),
        **extra,
    }


_STEP_WORDS = {
    "freeze": "Looks ended, uploads stopped",
    "manifest": "List of what goes is fixed",
    "objects": "Objects and their keys destroyed",
    "derived": "What was made from the data taken away",
    "agents": "Purge ordered on the devices",
    "keys": "Person keys destroyed",
    "entry": "Written into the log",
    "receipt": "Receipt signed",
}


def _steps(erasure: Erasure | None) -> list[dict[str, Any]]:
    if erasure is None:
        return []
    reached = len(Erasure.STEPS) if erasure.step == "done" else Erasure.STEPS.index(erasure.step)
    return [
        {"label": _STEP_WORDS[name], "done": position < reached, "current": position == reached}
        for position, name in enumerate(Erasure.STEPS)
    ]


@require_GET
@staff_page("privacy_requests.view")
def request_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request with its clock, its decision and how far its erasure is."""
    return render(request, "privacy_requests/request_detail.html", _context(request, pk))


@require_POST
@staff_page("privacy_requests.approve_request")
def approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Grant a request."""
    form = DecisionForm(request.POST, prefix="approve")
    found = get_object_or_404(PrivacyRequest.objects.visible_to(request.user), pk=pk)
    if form.is_valid():
        with refusals_on(form):
            actions.approve_request(
                request=found, reason=form.cleaned_data["reason"], actor=user_actor(request)
            )
    return _decided(request, pk, form, "approve_form", "Approved. What was asked for is being carried out.")


@require_POST
@staff_page("privacy_requests.refuse_request")
def refuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Refuse a request."""
    form = DecisionForm(request.POST, prefix="refuse")
    found = get_object_or_404(PrivacyRequest.objects.visible_to(request.user), pk=pk)
    if form.is_valid():
        with refusals_on(form):
            actions.refuse_request(
                request=found, reason=form.cleaned_data["reason"], actor=user_actor(request)
            )
    return _decided(request, pk, form, "refuse_form", "Refused. The person sees your reason.")


@require_POST
@staff_page("privacy_requests.finish_request")
def finish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what was done about a granted request."""
    form = OutcomeForm(request.POST, prefix="finish")
    found = get_object_or_404(PrivacyRequest.objects.visible_to(request.user), pk=pk)
    if form.is_valid():
        with refusals_on(form):
            actions.finish_request(
                request=found, outcome=form.cleaned_data["outcome"], actor=user_actor(request)
            )
    return _decided(request, pk, form, "finish_form", "Finished. The person sees what was done.")


@require_POST
@staff_page("privacy_requests.place_hold")
def place_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a legal hold on the person of a request."""
    form = HoldForm(request.POST, prefix="hold")
    found = get_object_or_404(PrivacyRequest.objects.visible_to(request.user), pk=pk)
    if form.is_valid():
        with refusals_on(form):
            actions.place_hold(subject=found.subject, actor=user_actor(request), **form.cleaned_data)
    return _decided(request, pk, form, "hold_form", "The hold is placed. The person sees it.")


@require_POST
@staff_page("privacy_requests.lift_hold")
def lift_hold(request: HttpRequest, pk: UUID, hold: UUID) -> HttpResponse:
    """End a legal hold."""
    found = get_object_or_404(PrivacyRequest.objects.visible_to(request.user), pk=pk)
    placed = get_object_or_404(LegalHold, pk=hold, subject=found.subject_id)
    actions.lift_hold(hold=placed, actor=user_actor(request))
    messages.success(request, "The hold is lifted.")
    return redirect("privacy_requests:request_detail", pk=pk)


def _decided(request: HttpRequest, pk: UUID, form: Any, name: str, words: str) -> HttpResponse:
    if form.errors:
        context = _context(request, pk, **{name: form})
        return render(request, "privacy_requests/request_detail.html", context, status=422)
    messages.success(request, words)
    return redirect("privacy_requests:request_detail", pk=pk)
