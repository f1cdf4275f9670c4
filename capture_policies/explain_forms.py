"""What somebody fills in to ask about one event, and about which policy. Nothing of it is kept.

The fields have the same names as those of ``POST /api/v1/explain/``; both become a question in `asking`.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from accounts.models import Department
from agents.models import Device
from capture_policies.draft_forms import SIGNAL_CHOICES
from capture_policies.explaining import KEYS
from capture_policies.models import DraftState, PolicyDraft
from jurisdictions.models import LawPack
from mci_core.policy_model import PLACE_PATTERN

DRAFTS_OFFERED = 50
_TEXT = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}


class EventForm(forms.Form):
    """The event itself: where, what, when."""

    kind = forms.ChoiceField(
        choices=[("site", "Website"), ("app", "App")], widget=forms.RadioSelect, initial="site"
    )
    address = forms.CharField(
        max_length=2000,
        required=False,
        label="Web address",
        help_text="With https:// in front.",
        widget=forms.TextInput(attrs=_TEXT),
    )
    program = forms.CharField(
        max_length=200,
        required=False,
        label="Program",
        help_text="Its file, on macOS its bundle: EXCEL.EXE, com.microsoft.Excel.",
        widget=forms.TextInput(attrs=_TEXT),
    )
    program_name = forms.CharField(
        max_length=200,
        required=False,
        label="Name of the program",
        help_text="Counts only where a recording names neither file nor bundle.",
    )
    title = forms.CharField(
        max_length=500,
        required=False,
        label="Window title",
        help_text="Empty: the window tells none.",
        widget=forms.TextInput(attrs=_TEXT),
    )
    private = forms.BooleanField(required=False, label="In a private window")
    signal = forms.ChoiceField(choices=SIGNAL_CHOICES, initial="click")
    key = forms.ChoiceField(
        choices=[(name, label) for name, (label, _event, _held) in KEYS.items()],
        required=False,
        help_text="For keystrokes and shortcuts.",
    )
    secure = forms.BooleanField(required=False, label="In a password field")
    platform = forms.ChoiceField(
        choices=[("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux")], initial="windows"
    )
    at = forms.DateTimeField(
        required=False,
        label="When (UTC)",
        help_text="Empty: now.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("kind") == "site":
            values["program"] = values["program_name"] = ""
            if not values.get("address") and "address" not in self.errors:
                self.add_error("address", "Say which page.")
        elif values.get("kind") == "app":
            values["address"] = ""
            named = values.get("program") or values.get("program_name")
            if not named and "program" not in self.errors:
                self.add_error("program", "Say which program.")
        return values


class WhoForm(forms.Form):
    """What is known of somebody who might be asked about: facts that many share, never a name."""

    place = forms.CharField(
        max_length=8,
        required=False,
        label="Place of work",
        help_text="Country, or country and state: DE, US-NY. Empty: not known.",
        validators=[RegexValidator(PLACE_PATTERN, "Write a country, or country and state: DE, US-NY.")],
        widget=forms.TextInput(attrs={"list": "places", **_TEXT}),
    )
    group = forms.ModelChoiceField(
        queryset=Department.objects.order_by("name"), required=False, empty_label="None in particular"
    )
    tags = forms.CharField(
        max_length=400, required=False, label="Tags of the computer", help_text="With commas in between."
    )
    personal_device = forms.BooleanField(required=False, label="The person's own computer")

    def clean_tags(self) -> list[str]:
        return sorted({tag.strip().lower() for tag in self.cleaned_data["tags"].split(",") if tag.strip()})

    @staticmethod
    def known_places() -> list[str]:
        """Those that some law names, to pick from."""
        return sorted(set(LawPack.objects.values_list("place", flat=True)))


class WhichForm(forms.Form):
    """Which policy is asked: the one that was live, a numbered version, or a draft."""

    which = forms.ChoiceField(
        choices=[("live", "Live at that time"), ("version", "A version"), ("draft", "A draft")],
        widget=forms.RadioSelect,
        initial="live",
        label="Policy",
    )
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False, label="Version number")
    draft = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drafts = PolicyDraft.objects.visible_to(user).filter(state=DraftState.OPEN).order_by("-updated_at")
        rows = [(str(pk), title) for pk, title in drafts.values_list("pk", "title")[:DRAFTS_OFFERED]]
        self.fields["draft"].choices = [("", "Choose a draft"), *rows]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        which = values.get("which")
        if which == "version" and not values.get("version") and "version" not in self.errors:
            self.add_error("version", "Say which version.")
        if which == "draft" and not values.get("draft") and "draft" not in self.errors:
            self.add_error("draft", "Choose a draft.")
        return values


class MomentForm(WhichForm):
    """A policy at a moment, to be held against another one."""

    @property
    def heading(self) -> str:
        return "One" if self.prefix == "a" else "The other"

    at = forms.DateTimeField(
        required=False,
        label="When (UTC)",
        help_text="Empty: now.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class OwnForm(EventForm):
    """The same about the own computer; the platform is that of the computer."""

    computer = forms.ChoiceField(label="Computer")

    def __init__(self, *args: Any, devices: list[Device], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["platform"]
        self._devices = {str(device.pk): device for device in devices}
        choices = [(pk, device.name) for pk, device in self._devices.items()]
        self.fields["computer"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def has_devices(self) -> bool:
        return bool(self._devices)

    @property
    def device(self) -> Device:
        """The chosen one, once the form is valid."""
        return self._devices[self.cleaned_data["computer"]]
