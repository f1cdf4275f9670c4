"""The kill switch: one person stops, two restart, and a page that says which device is proven stopped."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Case, QuerySet, Value, When
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage
from accounts.pages import ActionForm, ActionPost
from accounts.permissions import has
from agents import stops
from agents.actions import confirm_restart, open_stop, request_restart
from agents.models import CaptureStop, Device, StopDrill
from agents.stop_scopes import check_scope
from audits.listing import Column, Empty, ListPage
from capture_policies.forms import ReasonForm
from capture_policies.stop_forms import FIELDS, ScopeForm, StopForm
from capture_policies.stop_words import SCOPE_CHOICES, scope_words, stoppable_entries, words_of

#: Open stops whose progress is counted on the list; the others are one click away.
COUNTED = 20
#: Suggested while somebody types the id of an app or a site.
SUGGESTED = 300


class _StopTabs(StaffPage):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tabs = [
            {"label": "Stops", "url": reverse("capture_policies:stop")},
            {"label": "Drills", "url": reverse("capture_policies:stop_drills")},
        ]
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            stop_tabs=tabs,
            may_stop=has(self.request.user, "agents.open_stop"),
            may_drill=has(self.request.user, "agents.start_drill"),
            **kwargs,
        )
        return context


class StopFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    scope = ChoiceFilter(choices=SCOPE_CHOICES, label="What", empty_label="Anything")

    class Meta:
        model = CaptureStop
        fields = ("scope",)


class StopHome(_StopTabs, ListPage):
    """What is stopped now, what was, and the way to stop."""

    permission = "agents.view_stops"
    template_name = "capture_policies/stop.html"
    columns = (
        Column("What"),
        Column("Stopped", sort="stopped"),
        Column("Restarted", sort="restarted"),
    )
    sorts = {"stopped": "stopped_at", "restarted": "restarted_at"}
    default_sort = "-stopped"
    filterset_class = StopFilter
    search_fields = ("reason",)
    search_label = "Search stops"
    noun = "stop"
    empty = Empty("Nothing was stopped yet", "A stop and its restart stay here.", icon="history")

    def get_queryset(self) -> QuerySet[CaptureStop]:
        rows = CaptureStop.objects.visible_to(self.request.user)
        return rows.exclude(restarted_at=None).select_related("stopped_by", "restarted_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        visible = CaptureStop.objects.visible_to(self.request.user).open().select_related("stopped_by")
        is_open = list(visible.order_by("-stopped_at")[:COUNTED])
        context = super().get_context_data(
            open_stops=[
                (stop, stops.progress(stop, now), words)
                for stop, words in zip(is_open, words_of(is_open), strict=True)
            ],
            open_count=visible.count(),
            drill=StopDrill.objects.visible_to(self.request.user).running().first(),
            capturing=Device.objects.in_situation("capturing", now).count(),
            active=Device.objects.active().count(),
            **kwargs,
        )
        page = list(context["page_obj"].object_list)
        for stop, words in zip(page, words_of(page), strict=True):
            stop.words = words
        context["page_obj"].object_list = page
        return context


class ScopePage(StaffPage, ActionForm):
    """A form that names a scope and says, before anything happens, what stopping it would do."""

    def get_initial(self) -> dict[str, Any]:
        given = {name: self.request.GET[name] for name in ("scope", *FIELDS) if name in self.request.GET}
        if "scope" not in given:
            given["scope"] = next((name for name in FIELDS if name in given), "programme")
        return given

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            effect=self._effect(),
            now=timezone.now(),
            known_entries=list(stoppable_entries().items())[:SUGGESTED],
            **kwargs,
        )

    def _effect(self) -> stops.Effect | None:
        form = ScopeForm(self.request.POST if self.request.method == "POST" else self.get_initial())
        if not form.is_valid():
            return None
        scope = form.cleaned_data["scope"]
        return stops.effect(scope, check_scope(scope, form.value()), timezone.now())


class StopNew(ScopePage):
    permission = fresh = "agents.open_stop"
    template_name = "capture_policies/stop_new.html"
    form_class = StopForm
    success_message = "Stopped. No device gets a lease any more that allows capture there."

    def act(self, form: StopForm) -> str:
        scope = form.cleaned_data["scope"]
        stop = open_stop(
            scope=scope, value=form.value(), reason=form.cleaned_data["reason"], actor=self.actor
        )
        return reverse("capture_policies:stop_detail", args=[stop.pk])


class OfStop(StaffPage):
    @cached_property
    def stop(self) -> CaptureStop:
        rows = CaptureStop.objects.visible_to(self.request.user)
        related = rows.select_related("stopped_by", "restart_requested_by", "restarted_by")
        return get_object_or_404(related, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            stop=self.stop, scope=scope_words(self.stop), **kwargs
        )
        return context

    def home(self) -> str:
        return reverse("capture_policies:stop_detail", args=[self.stop.pk])


NOBODY = Empty(
    "No device in this scope",
    "A device that comes later gets no lease that allows capture there.",
    icon="device-desktop-off",
)


class ProofFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    proof = ChoiceFilter(choices=stops.PROOFS, label="Proof", empty_label="Any proof")

    class Meta:
        model = Device
        fields: tuple[str, ...] = ()


class StopDetail(OfStop, ListPage):
    """The proof of stop, device by device; live while something is not proven."""

    permission = "agents.view_stops"
    template_name = "capture_policies/stop_detail.html"
    columns = (Column("Device"), Column("Person"), Column("Proof"), Column("When"), Column("Last report"))
    filterset_class = ProofFilter
    noun = "device"
    page_size = 50
    empty: Empty = Empty(  # type: ignore[misc]  # another one where the scope is empty
        "Counted, not listed",
        "Devices are listed for those who look after them, and only for a scope of enough people: a short"
        " list would tell whose pseudonym it is.",
        icon="users",
    )

    def get_queryset(self) -> QuerySet[Device]:
        rows = stops.devices(self.stop, timezone.now()).select_related("subject")
        if self.stop.restarted_at is not None or not self._may_list(rows):
            return rows.none()
        urgency = Case(
            When(proof="pending", then=Value(0)), When(proof="told", then=Value(1)), default=Value(2)
        )
        return rows.order_by(urgency, "name", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, stop = self.request.user, self.stop
        progress = stops.progress(stop, timezone.now())
        if not progress.total:
            self.empty = NOBODY
        return super().get_context_data(
            progress=progress,
            is_open=stop.restarted_at is None,
            may_request=has(user, "agents.request_restart") and stop.restart_requested_by_id is None,
            may_confirm=has(user, "agents.confirm_restart")
            and stop.restart_requested_by_id not in (None, user.pk),
            **kwargs,
        )

    def _may_list(self, rows: QuerySet[Device]) -> bool:
        return may_list(self.request.user, self.stop.scope, rows)


def may_list(user: Any, scope: str, rows: QuerySet[Device]) -> bool:
    """Whether the devices of a scope may be shown one by one. Who works in a department or at a place is
    known by name: a list of few pseudonyms would tell whose they are.
    """
    if not has(user, "agents.view"):
        return False
    if scope not in ("department", "place"):
        return True
    return rows.order_by().values("subject").distinct().count() >= settings.MIN_GROUP_SIZE


class RestartRequest(OfStop, ActionForm):
    permission = fresh = "agents.request_restart"
    template_name = "capture_policies/stop_restart.html"
    form_class = ReasonForm
    success_message = "Asked for. Another person has to confirm the restart."

    def act(self, form: ReasonForm) -> str:
        request_restart(stop=self.stop, **form.cleaned_data, actor=self.actor)
        return self.home()


class RestartConfirm(OfStop, ActionPost):
    permission = fresh = "agents.confirm_restart"
    success_message = "The scope captures again from the next lease on."

    def act(self, **kwargs: Any) -> str:
        confirm_restart(stop=self.stop, actor=self.actor)
        return self.home()
