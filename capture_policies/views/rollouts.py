"""The pages of releases, of starting and of taking back, and the list of rollouts."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage
from accounts.pages import ActionForm
from agents.models import Delivery, Device
from audits.listing import Column, Empty, ListPage
from capture_policies import queries, wave_forms
from capture_policies.actions import rollouts
from capture_policies.forms import ReasonForm, RolloutForm
from capture_policies.models import Release, Rollout, RolloutState
from capture_policies.views.drafts import may
from capture_policies.wave_forms import BaseWaveSet


class ReleaseList(StaffPage, ListPage):
    permission = "capture_policies.view"
    template_name = "capture_policies/release_list.html"
    columns = (
        Column("Release", sort="number"),
        Column("Version"),
        Column("State"),
        Column("Signed", sort="signed"),
        Column("Expires", sort="expires"),
        Column("Digest"),
        Column("", quiet=True),
    )
    sorts = {"number": "number", "signed": "signed_at", "expires": "expires_at"}
    default_sort = "-number"
    search_fields = ("version__title", "digest")
    search_label = "Search releases"
    noun = "release"
    empty = Empty(
        "No releases yet", "An approved version is signed and becomes a release.", icon="certificate"
    )

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.visible_to(self.request.user).light().prefetch_related("rollouts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        live = queries.live_release()
        running = Rollout.objects.running().exists()
        return super().get_context_data(
            live=live, running=running, now=timezone.now(), may=may(self.request), **kwargs
        )


class OfRelease(StaffPage):
    @cached_property
    def release(self) -> Release:
        rows = Release.objects.visible_to(self.request.user).light()
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            release=self.release, **kwargs
        )
        return context


class RolloutNew(OfRelease, ActionForm):
    """Waves and gates of a rollout, and what it changes compared with the live policy."""

    permission = "capture_policies.start_rollout"
    template_name = "capture_policies/rollout_new.html"
    form_class = RolloutForm
    success_message = "The rollout has started."

    @cached_property
    def waves(self) -> BaseWaveSet:
        data = self.request.POST if self.request.method == "POST" else None
        if data is not None and "add_wave" in data:
            return _wave_set(None, wave_forms.with_row_added(data))
        if data is not None and "remove_wave" in data:
            return _wave_set(None, wave_forms.with_row_removed(data))
        return _wave_set(data, None if data else BaseWaveSet.start())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        live = queries.live_version()
        return super().get_context_data(
            waves=self.waves,
            live=live,
            changes=queries.diff_to(self.release.version, live),
            devices=Device.objects.active().count(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if {"add_wave", "remove_wave"} & request.POST.keys():  # another row, nothing is started
            form = RolloutForm(initial={"reason": request.POST.get("reason", "")})
            again: HttpResponse = self.render_to_response(self.get_context_data(form=form))
            return again
        complete = form.is_valid() and self.waves.is_valid()
        return self.form_valid(form) if complete else self.form_invalid(form)

    def act(self, form: RolloutForm) -> str:
        rollout = rollouts.start_rollout(
            release=self.release,
            waves=self.waves.plans(),
            reason=form.cleaned_data["reason"],
            actor=self.actor,
        )
        return reverse("capture_policies:rollout_detail", args=[rollout.pk])


def _wave_set(data: Any, initial: list[dict[str, Any]] | None) -> BaseWaveSet:
    return cast("BaseWaveSet", wave_forms.WaveSet(data, initial=initial, prefix=wave_forms.PREFIX))


class Rollback(OfRelease, ActionForm):
    """Bring the content of a release back, under a new number."""

    permission = "capture_policies.rollback_to"
    template_name = "capture_policies/release_rollback.html"
    form_class = ReasonForm
    success_message = "The old content is on its way to the whole fleet under a new number."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        live = queries.live_version()
        return super().get_context_data(
            live=live, changes=queries.diff_to(self.release.version, live), **kwargs
        )

    def act(self, form: ReasonForm) -> str:
        rollout = rollouts.rollback_to(release=self.release, **form.cleaned_data, actor=self.actor)
        return reverse("capture_policies:rollout_detail", args=[rollout.pk])


class RolloutFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    state = ChoiceFilter(choices=RolloutState.choices, label="State", empty_label="Any state")

    class Meta:
        model = Rollout
        fields = ("state",)


class RolloutList(StaffPage, ListPage):
    permission = "capture_policies.view"
    template_name = "capture_policies/rollout_list.html"
    columns = (
        Column("Rollout", sort="release"),
        Column("State", sort="state"),
        Column("Started", sort="started"),
        Column("By"),
        Column("Applied", numeric=True),
        Column("Failed", numeric=True),
        Column("Devices", numeric=True),
    )
    sorts = {"release": "release__number", "state": "state", "started": "started_at"}
    default_sort = "-started"
    filterset_class = RolloutFilter
    search_fields = ("release__version__title", "reason")
    search_label = "Search rollouts"
    noun = "rollout"
    empty = Empty(
        "No rollouts yet",
        "A signed release reaches devices by a rollout.",
        icon="rocket",
        url_name="capture_policies:release_list",
        label="Releases",
    )

    def get_queryset(self) -> QuerySet[Rollout]:
        return Rollout.objects.visible_to(self.request.user).light()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = list(context["page_obj"].object_list)
        counts = _counts([rollout.pk for rollout in page])
        for rollout in page:
            rollout.counts = counts.get(rollout.pk, {})
        context["page_obj"].object_list = page
        return context


def _counts(pks: list[Any]) -> dict[Any, dict[str, int]]:
    """Deliveries by rollout and state in one query."""
    found: dict[Any, dict[str, int]] = {}
    rows = Delivery.objects.filter(rollout__in=pks).order_by().values_list("rollout", "state")
    for pk, state, number in rows.annotate(number=Count("pk")):
        found.setdefault(pk, {})[state] = number
        found[pk]["total"] = found[pk].get("total", 0) + number
    return found
