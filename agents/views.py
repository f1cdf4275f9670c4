"""Staff pages about devices and enrolment tokens.

Devices are shown with a pseudonym, tokens with a label and never with one: whoever makes a token knows the
person.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from django_filters import CharFilter, ChoiceFilter, FilterSet, NumberFilter

from accounts import permissions
from accounts.access import StaffPage
from accounts.models import Subject
from accounts.pages import ActionForm, ActionPost
from agents import actions, decisions, forms
from agents.models import Delivery, Device, DeviceCommand, EnrolmentToken
from audits.listing import Column, Empty, ListPage
from mci_core.jurisdiction import REASONS as LAW_REASONS

SITUATIONS = (
    ("capturing", "Capturing"),
    ("not_capturing", "Not capturing"),
    ("offline", "Offline"),
    ("revoked", "Revoked"),
)
SYSTEMS = (("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux"))


def reason_in_words(code: str) -> str:
    """The sentence for the reason of a lease."""
    return decisions.REASONS.get(code) or LAW_REASONS.get(code, "")


class _DeviceTabs(StaffPage):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pages = (
            ("Devices", "agents:device_list", "agents.view"),
            ("Enrolment tokens", "agents:token_list", "agents.view_tokens"),
        )
        user = self.request.user
        tabs = [
            {"label": label, "url": reverse(name)}
            for label, name, needed in pages
            if permissions.has(user, needed)
        ]
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            section_tabs=tabs,
            may_enrol=permissions.has(user, "agents.create_enrolment_token"),
            may_revoke=permissions.has(user, "agents.revoke_device"),
            may_tag=permissions.has(user, "agents.set_tags"),
            **kwargs,
        )
        return context


class DeviceFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    state = ChoiceFilter(choices=SITUATIONS, method="in_state", label="State", empty_label="Any state")
    os = ChoiceFilter(choices=SYSTEMS, label="System", empty_label="Any system")
    tag = CharFilter(method="with_tag", label="Tag", max_length=30)
    release = NumberFilter(field_name="applied_release", label="Release applied", min_value=0)

    class Meta:
        model = Device
        fields = ("os",)

    def in_state(self, rows: QuerySet[Device], _name: str, state: str) -> QuerySet[Device]:
        return rows.filter(pk__in=Device.objects.in_situation(state, timezone.now()).values("pk"))

    def with_tag(self, rows: QuerySet[Device], _name: str, tag: str) -> QuerySet[Device]:
        return rows.filter(tags__contains=[tag.strip().lower()])


class DeviceList(_DeviceTabs, ListPage):
    permission = "agents.view"
    template_name = "agents/device_list.html"
    columns = (
        Column("Device", sort="name"),
        Column("Person", sort="person"),
        Column("System", sort="system"),
        Column("State"),
        Column("Release", sort="release", numeric=True),
        Column("Last seen", sort="seen"),
    )
    sorts = {
        "name": "name",
        "person": "subject__pseudonym",
        "system": "os",
        "release": "applied_release",
        "seen": "last_seen_at",
    }
    default_sort = "name"
    filterset_class = DeviceFilter
    search_fields = ("name", "subject__pseudonym")
    search_label = "Search devices"
    noun = "device"
    empty = Empty(
        "No devices yet",
        "Make an enrolment token, give it to the person, and the agent enrols the computer with it.",
        icon="device-desktop",
    )

    def get_queryset(self) -> QuerySet[Device]:
        return Device.objects.visible_to(self.request.user).select_related("subject")


class DeviceDetail(_DeviceTabs, TemplateView):
    permission = "agents.view"
    template_name = "agents/device_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Device.objects.visible_to(self.request.user).select_related("subject")
        device = get_object_or_404(rows, pk=kwargs["pk"])
        deliveries = list(device.deliveries.order_by("-created_at")[:20])
        current = next((row for row in deliveries if row.release_number == device.desired_release), None)
        return super().get_context_data(
            device=device,
            reason=reason_in_words(device.shown_reason),
            deliveries=deliveries,
            commands=_commands(device),
            journey=_journey(device, current),
            **kwargs,
        )


def _commands(device: Device) -> list[DeviceCommand]:
    return list(device.commands.order_by("-created_at")[:20])


def _journey(device: Device, delivery: Delivery | None) -> list[dict[str, Any]]:
    """From "desired" to "enforced": how far the release that this device should have has come."""
    applied = delivery is not None and delivery.applied_at is not None
    enforced = device.is_current and device.situation in ("capturing", "not_capturing")
    steps = [
        ("Desired", delivery.created_at if delivery else None, "The rollout names this device."),
        ("Notified", delivery.notified_at if delivery else None, "A hint was sent."),
        ("Leased", delivery.leased_at if delivery else None, "The lease names the release."),
        ("Applied", delivery.applied_at if delivery else None, "The agent checked it and applied it."),
        ("Enforced", device.lease_issued_at if applied and enforced else None, "Lease and policy agree."),
    ]
    shown: list[dict[str, Any]] = [
        {"at": at, "title": title, "text": text, "tone": "ok"} for title, at, text in steps if at is not None
    ]
    if delivery is not None and delivery.state == "failed":
        shown.append({"at": delivery.failed_at, "title": "Failed", "text": delivery.error, "tone": "danger"})
    return shown


class DeviceTags(StaffPage, ActionForm):
    permission = "agents.set_tags"
    template_name = "agents/device_tags.html"
    form_class = forms.TagsForm
    success_message = "The tags are kept. They count from the next lease of the device on."

    @cached_property
    def device(self) -> Device:
        return get_object_or_404(Device.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"tags": ", ".join(self.device.tags)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(device=self.device, **kwargs)

    def act(self, form: forms.TagsForm) -> str:
        actions.set_tags(device=self.device, tags=form.words(), actor=self.actor)
        return reverse("agents:device_detail", args=[self.device.pk])


class DeviceRevoke(StaffPage, ActionPost):
    permission = "agents.revoke_device"
    fresh = "agents.revoke_device"
    success_message = "The device is revoked. Its last lease ends by itself."

    def act(self, **kwargs: Any) -> str:
        device = get_object_or_404(Device.objects.visible_to(self.request.user), pk=kwargs["pk"])
        actions.revoke_device(device=device, reason=self.reason, actor=self.actor)
        return reverse("agents:device_detail", args=[device.pk])


class TokenList(_DeviceTabs, ListPage):
    permission = "agents.view_tokens"
    template_name = "agents/token_list.html"
    columns = (
        Column("Token", sort="label"),
        Column("Used", numeric=True),
        Column("State"),
        Column("Made", sort="made"),
        Column("Expires", sort="expires"),
        Column("Revoke", quiet=True),
    )
    sorts = {"label": "label", "made": "created_at", "expires": "expires_at"}
    default_sort = "-made"
    search_fields = ("label",)
    search_label = "Search tokens"
    noun = "token"
    empty = Empty(
        "No enrolment tokens yet",
        "A token lets the agent on one computer enrol for one person.",
        icon="key",
        url_name="agents:token_new",
        label="New token",
    )

    def get_queryset(self) -> QuerySet[EnrolmentToken]:
        return EnrolmentToken.objects.visible_to(self.request.user)


class TokenNew(StaffPage, ActionForm):
    """Answers with the secret itself: it is shown on this one page and kept nowhere."""

    permission = "agents.create_enrolment_token"
    fresh = "agents.create_enrolment_token"
    template_name = "agents/token_new.html"
    form_class = forms.TokenForm

    def form_valid(self, form: Any) -> HttpResponse:
        made: dict[str, str] = {}
        self._made = made
        response = super().form_valid(form)
        if not made:
            return response
        shown: HttpResponse = self.render_to_response(
            self.get_context_data(form=form, server=settings.PUBLIC_URL, **made)
        )
        shown["Cache-Control"] = "no-store"
        return shown

    def act(self, form: forms.TokenForm) -> str:
        given = dict(form.cleaned_data)
        subject = get_object_or_404(Subject, user=given.pop("user"))
        token, secret = actions.create_enrolment_token(subject=subject, actor=self.actor, **given)
        self._made.update(secret=secret, label=token.label)
        return reverse("agents:token_list")


class TokenRevoke(StaffPage, ActionPost):
    permission = "agents.revoke_enrolment_token"
    success_message = "The token is revoked. Devices that used it stay."

    def act(self, **kwargs: Any) -> str:
        token = get_object_or_404(EnrolmentToken.objects.visible_to(self.request.user), pk=kwargs["pk"])
        actions.revoke_enrolment_token(token=token, reason=self.reason, actor=self.actor)
        return reverse("agents:token_list")
