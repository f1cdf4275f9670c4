"""The kill switch: one person stops, two restart, and a page that says which device is proven stopped."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from accounts.access import StaffPage
from accounts.models import Department
from accounts.pages import ActionForm, ActionPost
from accounts.permissions import has
from agents import stops
from agents.actions import confirm_restart, open_stop, request_restart
from agents.models import CaptureStop, Device
from capture_policies.forms import ReasonForm, StopForm

PAGE = 100


class StopHome(StaffPage, TemplateView):
    """What is stopped now, what was, and the way to stop."""

    permission = "agents.view_stops"
    template_name = "capture_policies/stop.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = CaptureStop.objects.visible_to(self.request.user).select_related("stopped_by", "restarted_by")
        now = timezone.now()
        is_open = [(stop, stops.progress(stop, now)) for stop in rows.open().order_by("-stopped_at")]
        return super().get_context_data(
            open_stops=[(stop, progress, scope_words(stop)) for stop, progress in is_open],
            past=[
                (stop, scope_words(stop))
                for stop in rows.exclude(restarted_at=None).order_by("-stopped_at")[:50]
            ],
            capturing=Device.objects.in_situation("capturing", now).count(),
            active=Device.objects.active().count(),
            may_stop=has(self.request.user, "agents.open_stop"),
            **kwargs,
        )


class StopNew(StaffPage, ActionForm):
    permission = fresh = "agents.open_stop"
    template_name = "capture_policies/stop_new.html"
    form_class = StopForm
    success_message = "Stopped. No device in the scope gets a lease that allows capture any more."

    def get_initial(self) -> dict[str, Any]:
        device = self.request.GET.get("device")
        return {"scope": "device", "device": device} if device else {"scope": "programme"}

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


class StopDetail(OfStop, TemplateView):
    """The proof of stop, device by device; live while something is not proven."""

    permission = "agents.view_stops"
    template_name = "capture_policies/stop_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        rows = stops.devices(self.stop, now).select_related("subject")
        user = self.request.user
        listed = self._may_list(rows)
        return super().get_context_data(
            progress=stops.progress(self.stop, now),
            page_obj=Paginator(rows if listed else rows.none(), PAGE).get_page(self.request.GET.get("page")),
            listed=listed,
            is_open=self.stop.restarted_at is None,
            may_request=has(user, "agents.request_restart") and self.stop.restart_requested_by_id is None,
            may_confirm=has(user, "agents.confirm_restart")
            and self.stop.restart_requested_by_id not in (None, user.pk),
            **kwargs,
        )

    def _may_list(self, rows: QuerySet[Device]) -> bool:
        """Whether the devices of the scope may be shown one by one. Who works in a department or at a place
        is known by name: a list of few pseudonyms would tell whose they are.
        """
        if not has(self.request.user, "agents.view"):
            return False
        if self.stop.scope not in ("department", "place"):
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


def scope_words(stop: CaptureStop) -> str:
    """What a stop is about, for people."""
    if stop.scope == "programme":
        return "The whole programme"
    if stop.scope == "department":
        found = Department.objects.filter(pk=stop.scope_value).values_list("name", flat=True).first()
        return f"Department {found or stop.scope_value}"
    if stop.scope == "device":
        return f"Device {stop.scope_value[:8]}"
    return f"Place {stop.scope_value}"
