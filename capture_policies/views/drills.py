"""Drills of the kill switch: what a stop would reach and how fast, without stopping anything."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage
from accounts.pages import ActionPost
from accounts.permissions import has
from agents import drills
from agents.actions import end_drill, start_drill
from agents.models import Device, DrillAnswer, StopDrill
from audits.listing import Column, Empty, ListPage
from capture_policies.stop_forms import DrillForm
from capture_policies.stop_words import scope_words, words_of
from capture_policies.views.stops import ScopePage, _StopTabs, may_list


class DrillList(_StopTabs, ListPage):
    permission = "agents.view_stops"
    template_name = "capture_policies/drill_list.html"
    columns = (
        Column("Drill", sort="started"),
        Column("By"),
        Column("Answered", numeric=True),
        Column("Median", sort="median", numeric=True),
        Column("Slowest", sort="slowest", numeric=True),
        Column("Ended", sort="ended"),
    )
    sorts = {
        "started": "started_at",
        "median": "median_ms",
        "slowest": "slowest_ms",
        "ended": "ended_at",
    }
    default_sort = "-started"
    search_fields = ("reason",)
    search_label = "Search drills"
    noun = "drill"
    empty = Empty(
        "No drills yet",
        "A drill asks every agent of a scope to answer, as a stop would. Nothing is stopped.",
        icon="clock",
    )

    def get_queryset(self) -> QuerySet[StopDrill]:
        return StopDrill.objects.visible_to(self.request.user).select_related("started_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = list(context["page_obj"].object_list)
        for drill, words in zip(page, words_of(page), strict=True):
            drill.words = words
            drill.result = drills.result_of(drill)
        context["page_obj"].object_list = page
        return context


class DrillNew(ScopePage):
    permission = "agents.start_drill"
    template_name = "capture_policies/drill_new.html"
    form_class = DrillForm
    success_message = "The drill runs. Nothing is stopped."

    def act(self, form: DrillForm) -> str:
        drill = start_drill(
            scope=form.cleaned_data["scope"],
            value=form.value(),
            reason=form.cleaned_data["reason"],
            actor=self.actor,
        )
        return reverse("capture_policies:stop_drill", args=[drill.pk])


class AnswerFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    proof = ChoiceFilter(
        choices=[("answered", "Answered"), ("silent", "Silent")], label="Answer", empty_label="Any"
    )

    class Meta:
        model = DrillAnswer
        fields: tuple[str, ...] = ()


class OfDrill(StaffPage):
    @cached_property
    def drill(self) -> StopDrill:
        rows = StopDrill.objects.visible_to(self.request.user).select_related("started_by")
        return get_object_or_404(rows, pk=self.kwargs["pk"])


class DrillDetail(OfDrill, ListPage):
    """How fast each device answered; live while the drill runs."""

    permission = "agents.view_stops"
    template_name = "capture_policies/drill_detail.html"
    columns = (Column("Device"), Column("Person"), Column("Answer"), Column("A stop would hold"))
    filterset_class = AnswerFilter
    noun = "device"
    page_size = 50
    empty = Empty(
        "Counted, not listed",
        "Devices are listed for those who look after them, and only for a scope of enough people.",
        icon="users",
    )

    def get_queryset(self) -> QuerySet[DrillAnswer]:
        rows = drills.answers(self.drill)
        devices = Device.objects.filter(pk__in=self.drill.answers.values("device"))
        return rows if may_list(self.request.user, self.drill.scope, devices) else rows.none()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            drill=self.drill,
            scope=scope_words(self.drill),
            result=drills.result_of(self.drill),
            is_open=self.drill.ended_at is None,
            may_end=has(self.request.user, "agents.end_drill"),
            **kwargs,
        )


class DrillEnd(OfDrill, ActionPost):
    permission = "agents.end_drill"
    success_message = "The drill has ended. Its result stays."

    def act(self, **kwargs: Any) -> str:
        end_drill(drill=self.drill, actor=self.actor)
        return reverse("capture_policies:stop_drill", args=[self.drill.pk])
