"""The pages of releases and rollouts. The page of a rollout is live: it asks for itself while something
moves.
"""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage
from accounts.pages import ActionForm, ActionPost
from agents.models import Delivery, DeliveryState, Device
from audits.listing import Column, Empty, ListPage
from capture_policies import charts, queries
from capture_policies.actions import rollouts
from capture_policies.fleet import reach_of
from capture_policies.forms import BaseWaveSet, ChangeWaveForm, ReasonForm, RolloutForm, WaveForm, WaveSet
from capture_policies.models import Release, Rollout, RolloutState, Wave
from capture_policies.rollout_steps import plan_of
from capture_policies.views.drafts import may

#: Each later state includes the ones before it: what was applied was leased and told as well.
REACHED = {
    "Planned": DeliveryState.values,
    "Told": ("notified", "leased", "applied", "failed"),
    "Holds a lease on it": ("leased", "applied", "failed"),
    "Applied": ("applied",),
}


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
        initial = None if data else BaseWaveSet.start()
        return cast("BaseWaveSet", WaveSet(data, initial=initial, prefix="waves"))

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


class OfRollout(StaffPage):
    @cached_property
    def rollout(self) -> Rollout:
        rows = Rollout.objects.visible_to(self.request.user).light()
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def home(self) -> str:
        return reverse("capture_policies:rollout_detail", args=[self.rollout.pk])


class RolloutDetail(OfRollout, TemplateView):
    """Funnel per wave, gates, and the buttons that hold, resume and halt."""

    permission = "capture_policies.view"
    template_name = "capture_policies/rollout_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rollout = self.rollout
        counts = _wave_counts(rollout)
        is_open = rollout.state in (RolloutState.RUNNING, RolloutState.HELD)
        return super().get_context_data(
            rollout=rollout,
            is_open=is_open,
            waves=[_shown(rollout, wave, counts.get(wave.number, {})) for wave in rollout.waves.all()],
            whole=_steps(_totals(counts)),
            totals=_totals(counts),
            chart=charts.applied_over_time(rollout),
            revert=Rollout.objects.filter(only_release=rollout.release.number).light().first(),
            reason_form=ReasonForm(auto_id="id_%s_dialog"),
            may=may(self.request),
            **kwargs,
        )


class _Steer(OfRollout, ActionPost):
    """Hold, resume or halt with a reason, from a dialog of the rollout's page."""


class RolloutHold(_Steer):
    permission = "capture_policies.hold_rollout"
    success_message = "Held. No further device is reached."

    def act(self, **kwargs: Any) -> str:
        rollouts.hold_rollout(rollout=self.rollout, reason=self.reason, actor=self.actor)
        return self.home()


class RolloutResume(_Steer):
    permission = "capture_policies.resume_rollout"
    success_message = "The rollout goes on."

    def act(self, **kwargs: Any) -> str:
        rollouts.resume_rollout(rollout=self.rollout, reason=self.reason, actor=self.actor)
        return self.home()


class RolloutHalt(_Steer):
    permission = "capture_policies.halt_rollout"
    success_message = "Halted. The devices that were reached get the content back that they had."

    def act(self, **kwargs: Any) -> str:
        rollouts.halt_rollout(rollout=self.rollout, reason=self.reason, actor=self.actor)
        return self.home()


class WaveChange(OfRollout, ActionForm):
    permission = "capture_policies.change_wave"
    template_name = "capture_policies/wave_change.html"
    form_class = ChangeWaveForm
    success_message = "The wave was changed."

    @cached_property
    def wave(self) -> Wave:
        return get_object_or_404(Wave, rollout=self.rollout, number=self.kwargs["number"])

    def get_initial(self) -> dict[str, Any]:
        return WaveForm.start(plan_of(self.wave))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(rollout=self.rollout, wave=self.wave, **kwargs)

    def act(self, form: ChangeWaveForm) -> str:
        reason = form.cleaned_data["reason"]
        rollouts.change_wave(wave=self.wave, plan=form.plan(), reason=reason, actor=self.actor)
        return self.home()


def _counts(pks: list[Any]) -> dict[Any, dict[str, int]]:
    """Deliveries by rollout and state in one query."""
    found: dict[Any, dict[str, int]] = {}
    rows = Delivery.objects.filter(rollout__in=pks).order_by().values_list("rollout", "state")
    for pk, state, number in rows.annotate(number=Count("pk")):
        found.setdefault(pk, {})[state] = number
        found[pk]["total"] = found[pk].get("total", 0) + number
    return found


def _wave_counts(rollout: Rollout) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    rows = Delivery.objects.of_rollout(rollout.pk).order_by().values_list("wave", "state")
    for wave, state, number in rows.annotate(number=Count("pk")):
        found.setdefault(wave, {})[state] = number
    return found


def _totals(counts: dict[int, dict[str, int]]) -> dict[str, int]:
    states = ("pending", "notified", "leased", "applied", "failed", "superseded")
    totals = {state: sum(wave.get(state, 0) for wave in counts.values()) for state in states}
    return {**totals, "total": sum(totals.values())}


def _steps(counts: dict[str, int]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [
        {"label": label, "value": sum(counts.get(state, 0) for state in states)}
        for label, states in REACHED.items()
    ]
    steps[-1]["tone"] = "ok"
    if counts.get("failed"):
        steps.append({"label": "Failed", "value": counts["failed"], "tone": "danger"})
    return steps


def _shown(rollout: Rollout, wave: Wave, counts: dict[str, int]) -> dict[str, Any]:
    """A wave with its numbers, its gates in words, and how far it is."""
    state = "passed" if wave.passed_at else "running" if wave.started_at else "waiting"
    reach = reach_of(rollout, wave) if state == "running" else None
    return {
        "wave": wave,
        "state": state,
        "counts": counts,
        "total": sum(counts.values()),
        "applied": counts.get("applied", 0),
        "failed": counts.get("failed", 0),
        "reach": reach,
    }
