"""Staff pages of reviews: samples, the grant form, the inspector, findings. The log comes before bytes."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage, staff_page, user_actor
from accounts.permissions import has
from audits.forms_support import refusals_on
from audits.listing import Column, Empty, ListPage
from capture_policies.queries import policy_by_release
from capture_sessions import contents, store
from capture_sessions.summaries import redaction_of
from reviews import actions, inspector, querysets
from reviews.forms import CloseFindingForm, GrantForm, SampleForm, VerdictForm
from reviews.models import PURPOSES, Finding, Sample, SampleItem, ViewGrant


class SampleFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """By purpose."""

    purpose = ChoiceFilter(choices=list(PURPOSES.items()), label="Purpose", empty_label="Any purpose")

    class Meta:
        model = Sample
        fields = ("purpose",)


class SampleList(StaffPage, ListPage):
    """Samples drawn for the roles of this person."""

    permission = "reviews.view_samples"
    template_name = "reviews/sample_list.html"
    columns = (
        Column("Drawn", sort="time"),
        Column("Purpose"),
        Column("Sessions", numeric=True),
        Column("Out of", sort="population", numeric=True),
        Column("Reviewed", numeric=True),
    )
    sorts: ClassVar[dict[str, str]] = {"time": "created_at", "population": "population"}
    default_sort = "-time"
    filterset_class = SampleFilter
    noun = "sample"
    empty = Empty(
        "No samples yet",
        "Draw one to see how well redaction works. Nobody can be singled out.",
        icon="eye",
        url_name="reviews:sample_new",
        label="Draw a sample",
    )

    def get_queryset(self) -> QuerySet[Sample]:
        return querysets.samples_visible_to(self.request.user)


@require_http_methods(["GET", "POST"])
@staff_page("reviews.commit_sample")
def sample_new(request: HttpRequest) -> HttpResponse:
    """Commit to a seed and order a draw."""
    form = SampleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        start, end = form.window()
        with refusals_on(form):
            sample = actions.commit_sample(
                purpose=form.cleaned_data["purpose"],
                size=form.cleaned_data["size"],
                window_from=start,
                window_to=end,
                actor=user_actor(request),
            )
            return redirect("reviews:sample_detail", pk=sample.pk)
    return render(request, "reviews/sample_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@staff_page("reviews.view_samples")
def sample_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A sample: its commitment, its seed once drawn, and its sessions."""
    sample = get_object_or_404(querysets.samples_visible_to(request.user), pk=pk)
    items = list(sample.items.select_related("session").prefetch_related("reviews").order_by("position"))
    judged = {
        item.pk for item in items if any(one.reviewer_id == request.user.pk for one in item.reviews.all())
    }
    to_judge = [item for item in items if item.pk not in judged and item.session.state == "available"]
    context = {
        "object": sample,
        "items": items,
        "judged": len(judged),
        "to_judge": len(to_judge),
        "next_item": to_judge[0] if to_judge else None,
    }
    return render(request, "reviews/sample_detail.html", context)


@require_http_methods(["GET", "POST"])
@staff_page("reviews.view_samples", fresh="reviews.open_grant")
def item_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for leave to look at one sampled session."""
    item = get_object_or_404(querysets.items_visible_to(request.user), pk=pk)
    form = GrantForm(request.POST or None, initial={"reason": _last_reason(request, item)})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            grant = actions.open_grant(
                item=item,
                reason=form.cleaned_data["reason"],
                minutes=form.cleaned_data["minutes"],
                actor=user_actor(request),
            )
            return redirect("reviews:grant_inspect", pk=grant.pk)
    current = item.grants.filter(
        viewer=request.user.pk, closed_at__isnull=True, expires_at__gt=timezone.now()
    ).first()
    context = {"object": item, "session": item.session, "form": form, "current": current}
    return render(request, "reviews/item_detail.html", context, status=422 if form.errors else 200)


def _last_reason(request: HttpRequest, item: SampleItem) -> str:
    """What this person wrote for another session of the same sample, to go on with."""
    own = querysets.grants_of(request.user).filter(item__sample=item.sample_id)
    return own.order_by("-granted_at").values_list("reason", flat=True).first() or ""


@never_cache
@require_GET
@staff_page("reviews.view_samples")
def grant_inspect(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The inspector. The look is in the log before the session is opened."""
    grant = get_object_or_404(querysets.grants_of(request.user), pk=pk)
    part = _part(request)
    actions.record_view(grant=grant, what="events", part=f"part {part}", actor=user_actor(request))
    return render(request, "reviews/inspector.html", _inspection(request, grant, part))


def _part(request: HttpRequest) -> int:
    text = request.GET.get("part", "0")
    if not text.isdecimal() or len(text) > 4:
        raise Http404
    return int(text)


def _inspection(request: HttpRequest, grant: ViewGrant, part: int, **extra: Any) -> dict[str, Any]:
    header, events = contents.read_events(grant.session)
    policy = policy_by_release(grant.session.release_number)
    data = inspector.inspect(header, events, {entry.id: entry.label for entry in policy.entries}, part)
    return {
        "grant": grant,
        "session": grant.session,
        "data": data,
        "redaction": redaction_of(grant.session.report, {rule.id: rule.label for rule in policy.rules}),
        "form": VerdictForm(),
        "given": grant.item is not None and grant.item.reviews.filter(reviewer=request.user.pk).exists(),
        **extra,
    }


@never_cache
@require_GET
@staff_page("reviews.view_samples")
def grant_frame(request: HttpRequest, pk: UUID, sha256: str) -> HttpResponse:
    """One frame of the session, logged before it is served."""
    grant = get_object_or_404(querysets.grants_of(request.user), pk=pk)
    # A screen that did not change gives equal frames: any of them is the one.
    blob = grant.session.blobs.filter(kind="frame", sha256=sha256).first()
    if blob is None:
        raise Http404
    actions.record_view(grant=grant, what="frame", part=f"frame {blob.index}", actor=user_actor(request))
    return HttpResponse(store.read_blob(blob), content_type="image/webp")


@require_POST
@staff_page("reviews.view_samples")
def grant_verdict(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a verdict on what was looked at."""
    grant = get_object_or_404(querysets.grants_of(request.user), pk=pk)
    form = VerdictForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            actions.record_review(grant=grant, actor=user_actor(request), **form.cleaned_data)
    if form.errors:
        context = {"grant": grant, "session": grant.session, "form": form}
        return render(request, "reviews/verdict.html", context, status=422)
    messages.success(request, "Your verdict is recorded.")
    return redirect("reviews:sample_detail", pk=grant.item.sample_id if grant.item else grant.pk)


@require_POST
@staff_page("reviews.view_samples")
def grant_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a grant before its time."""
    grant = actions.close_grant(
        grant=get_object_or_404(querysets.grants_of(request.user), pk=pk), actor=user_actor(request)
    )
    messages.success(request, "The grant is closed.")
    return redirect("reviews:sample_detail", pk=grant.item.sample_id if grant.item else grant.pk)


class FindingFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """By state, severity and source."""

    state = ChoiceFilter(choices=[("open", "Open"), ("closed", "Closed")], label="State", empty_label="Any")
    severity = ChoiceFilter(
        choices=[("high", "High"), ("medium", "Medium"), ("low", "Low")],
        label="Severity",
        empty_label="Any",
    )
    source = ChoiceFilter(
        choices=[("scan", "Second scan"), ("review", "Review")], label="Found by", empty_label="Any"
    )

    class Meta:
        model = Finding
        fields = ("state", "severity", "source")


class FindingList(StaffPage, ListPage):
    """Leaks: class and place, never the value."""

    permission = "reviews.view_findings"
    template_name = "reviews/finding_list.html"
    columns = (
        Column("Finding", sort="label"),
        Column("State"),
        Column("Severity", sort="severity"),
        Column("Place"),
        Column("Found by"),
        Column("Opened", sort="time"),
    )
    sorts: ClassVar[dict[str, str]] = {"label": "label", "severity": "severity", "time": "opened_at"}
    default_sort = "-time"
    filterset_class = FindingFilter
    search_fields = ("label", "place")
    search_label = "Search class or place"
    noun = "finding"
    empty = Empty(
        "No findings", "Neither the second scan nor a reviewer has found a leak.", icon="shield-check"
    )

    def get_queryset(self) -> QuerySet[Finding]:
        return querysets.findings_visible_to(self.request.user)


@require_GET
@staff_page("reviews.view_findings")
def finding_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One finding and how many others of its class are open."""
    return _finding_page(request, pk, CloseFindingForm())


@require_POST
@staff_page("reviews.close_finding")
def finding_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a finding with what was done about it."""
    form = CloseFindingForm(request.POST)
    finding = get_object_or_404(querysets.findings_visible_to(request.user), pk=pk)
    if form.is_valid():
        with refusals_on(form):
            actions.close_finding(
                finding=finding, resolution=form.cleaned_data["resolution"], actor=user_actor(request)
            )
    if form.errors:
        return _finding_page(request, pk, form)
    messages.success(request, "The finding is closed.")
    return redirect("reviews:finding_detail", pk=pk)


def _finding_page(request: HttpRequest, pk: UUID, form: CloseFindingForm) -> HttpResponse:
    finding = get_object_or_404(querysets.findings_visible_to(request.user), pk=pk)
    same = querysets.findings_visible_to(request.user).filter(label=finding.label, state="open")
    context = {
        "object": finding,
        "form": form,
        "same": same.exclude(pk=finding.pk).count(),
        "may_close": has(request.user, "reviews.close_finding") and finding.state == "open",
    }
    return render(request, "reviews/finding_detail.html", context, status=422 if form.errors else 200)
