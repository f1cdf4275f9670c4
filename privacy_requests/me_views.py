"""The employee portal: what is captured here, the own summary, requests with their clocks and receipts."""

from __future__ import annotations

from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_filters import ChoiceFilter, FilterSet

from accounts.access import EmployeePage, employee_page, user_actor
from accounts.models import Subject, User
from agents.decisions import decide
from agents.models import Device, DeviceCommand
from audits import log_keys
from audits.forms_support import refusals_on
from audits.listing import Column, Empty, ListPage
from audits.models import SignedCheckpoint
from capture_policies import words
from capture_policies.queries import live_policy_for
from capture_sessions import charts
from capture_sessions.summaries import own_summary
from jurisdictions.waiting import own_notice
from mci_core import notes
from mci_core.jurisdiction import REASONS as LAW_REASONS
from mci_core.proofs import Inclusion
from privacy_requests import actions
from privacy_requests.forms import RequestForm
from privacy_requests.models import Erasure, Kind, LegalHold, PrivacyRequest, RequestState
from privacy_requests.receipts import document


def _subject(request: HttpRequest) -> Subject:
    return get_object_or_404(Subject, user=request.user.pk)


@require_GET
@employee_page
def home(request: HttpRequest) -> HttpResponse:
    """Each of the own computers: captured or not and why, what its policy allows in words, and the own
    totals.
    """
    own = Device.objects.active().filter(subject__user=request.user.pk).select_related("subject__user")
    devices = [_described(device) for device in own.order_by("name")]
    summary = own_summary(request.user)
    holds = LegalHold.objects.filter(
        subject__user=request.user.pk, lifted_at__isnull=True, expires_at__gt=timezone.now()
    )
    context = {
        "devices": devices,
        "waiting": own_notice(cast("User", request.user)),  # the gate lets nobody else in
        "summary": summary,
        "figure": charts.events_by_day(summary) if summary.events else None,
        "holds": holds,
    }
    return render(request, "privacy_requests/my_home.html", context)


#: The reasons of ``agents.decisions`` as the person reads them; those of the law have their own sentences.
_WHY_NOT = {
    "account_closed": "Your account is closed.",
    "subject_erased": "You had everything erased, and nothing more is recorded since.",
    "capture_stopped": "Capture was stopped for everybody or for your part of the company.",
    "no_release": "No policy has reached this computer yet.",
}


def _described(device: Device) -> dict[str, Any]:
    policy = live_policy_for(device)
    now = timezone.now()
    reason = decide(device, reported_state=device.capture_state, now=now).reason
    ends = device.lease_expires_at
    return {
        "device": device,
        # It said that it records; without a lease it has stopped by itself since.
        "lapsed": device.capture_state == "on" and ends is not None and ends <= now,
        "rows": words.describe(policy) if policy else [],
        "why_not": _WHY_NOT.get(reason) or (LAW_REASONS.get(reason, "") if reason != "allowed" else ""),
    }


class MyRequestFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """By state and kind."""

    state = ChoiceFilter(choices=RequestState.choices, label="State", empty_label="Any state")
    kind = ChoiceFilter(choices=Kind.choices, label="Kind", empty_label="Any kind")

    class Meta:
        model = PrivacyRequest
        fields = ("state", "kind")


class MyRequestList(EmployeePage, ListPage):
    """The own requests."""

    template_name = "privacy_requests/my_request_list.html"
    columns = (
        Column("Request", sort="number"),
        Column("Kind"),
        Column("State"),
        Column("Sent", sort="sent"),
        Column("Answer due", sort="due"),
    )
    sorts: ClassVar[dict[str, str]] = {"number": "number", "sent": "received_at", "due": "due_at"}
    default_sort = "-sent"
    filterset_class = MyRequestFilter
    noun = "request"
    empty = Empty(
        "You have asked for nothing yet",
        "You can ask for deletion, for a copy, object or restrict. Nobody scores it.",
        icon="mail",
        url_name="privacy_requests_me:request_new",
        label="New request",
    )

    def get_queryset(self) -> QuerySet[PrivacyRequest]:
        return PrivacyRequest.objects.of_person(self.request.user)


@require_http_methods(["GET", "POST"])
@employee_page
def request_new(request: HttpRequest) -> HttpResponse:
    """Ask for something. ``?session=`` starts with that session chosen."""
    initial: dict[str, Any] = {"kind": Kind.DELETE, "scope": "all"}
    if request.GET.get("session"):
        initial |= {"scope": "sessions", "sessions": [request.GET["session"]]}
    form = RequestForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            sent = actions.submit_request(
                subject=_subject(request),
                kind=form.cleaned_data["kind"],
                scope=form.cleaned_data["scope"],
                sessions=[session.pk for session in form.cleaned_data["sessions"]],
                message=form.cleaned_data["message"],
                actor=user_actor(request),
            )
            messages.success(request, f"Request {sent.number} is sent. Its clock is running.")
            return redirect("privacy_requests_me:request_detail", pk=sent.pk)
    status = 422 if form.errors else 200
    return render(request, "privacy_requests/my_request_new.html", {"form": form}, status=status)


def _own(request: HttpRequest, pk: UUID) -> PrivacyRequest:
    return get_object_or_404(PrivacyRequest.objects.of_person(request.user), pk=pk)


@require_GET
@employee_page
def request_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One own request: its clock, the answer with its reason, the receipt."""
    found = _own(request, pk)
    erasure = Erasure.objects.filter(request=found).first()
    context = {
        "object": found,
        "erasure": erasure,
        "purges": [] if erasure is None else _purges(found, erasure),
        "keys": [] if erasure is None or not erasure.proof else _keys(erasure.proof),
    }
    return render(request, "privacy_requests/my_request_detail.html", context)


def _keys(proof: str) -> list[str]:
    """The keys of the log that counted for the checkpoint in this proof, or do since."""
    stated = notes.Checkpoint.parse(Inclusion.parse(proof).note.text)
    signed = SignedCheckpoint.objects.filter(origin=stated.origin, size=stated.size).first()
    return [] if signed is None else log_keys.since(signed)


def _purges(found: PrivacyRequest, erasure: Erasure) -> list[DeviceCommand]:
    """What the person's own computers were told to delete; the newest hundred."""
    told = DeviceCommand.objects.filter(
        device__subject_id=found.subject_id, kind="purge", created_at__gte=erasure.created_at
    )
    return list(told.select_related("device").order_by("-created_at")[:100])


@require_POST
@employee_page
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an undecided request back."""
    actions.withdraw_request(request=_own(request, pk), actor=user_actor(request))
    messages.success(request, "The request is withdrawn.")
    return redirect("privacy_requests_me:request_detail", pk=pk)


@require_GET
@employee_page
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The signed receipt of an erasure, as a file to keep."""
    erasure = Erasure.objects.filter(request=_own(request, pk)).first()
    found = None if erasure is None else document(erasure)
    if found is None:
        raise Http404
    response = JsonResponse(found, json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="erasure-receipt-{found["request"]}.json"'
    return response
