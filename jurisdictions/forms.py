"""What officers fill in about laws, notices and agreements, and people about where they work. Rules live in
the actions.
"""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Department
from jurisdictions.actions import MAX_NOTICE_LENGTH
from mci_core.policy_model import SIGNAL_WORDS, SIGNALS

_KINDS = [("works_council", "Works council"), ("union", "Union"), ("inspectorate", "Inspectorate")]
_DAY = forms.DateInput(attrs={"type": "date"})


class NoticeForm(forms.Form):
    title = forms.CharField(max_length=160)
    text = forms.CharField(
        max_length=MAX_NOTICE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text="What is captured, where, why, for how long, who sees it, and how to object. Plain words.",
    )


class PublishForm(forms.Form):
    shown_sha256 = forms.CharField(min_length=64, max_length=64, widget=forms.HiddenInput)
    for_everybody = forms.BooleanField(
        required=False,
        label="Everybody there reads it again",
        help_text="Otherwise only those of whom more is captured than they were told.",
    )


class ReviewForm(forms.Form):
    note = forms.CharField(max_length=500, label="What you looked at")
    next_by = forms.DateField(widget=_DAY, label="Look again by")


class ModeForm(forms.Form):
    """The ways between which one law leaves the choice."""

    mode = forms.ChoiceField(widget=forms.RadioSelect, label="How people are told")
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *given: Any, modes: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["mode"].choices = modes  # type: ignore[attr-defined]  # of a choice field


class LookForm(forms.Form):
    pseudonym = forms.CharField(max_length=16, help_text="P- and six characters, as in a request.")
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads it, with your role and the time.",
    )


class WhyForm(forms.Form):
    place = forms.CharField(max_length=8, help_text="DE, US-NY")
    on = forms.DateField(widget=_DAY, label="Day")
    personal_device = forms.BooleanField(required=False, label="On a personal device")

    def clean_place(self) -> str:
        return str(self.cleaned_data["place"]).strip().upper()


class OwnPlaceForm(forms.Form):
    """Days are those of the time zone of the person's account."""

    place = forms.CharField(
        max_length=6, label="Place", help_text="Country, or country and state: DE, US-NY."
    )
    start = forms.DateField(widget=_DAY, label="From")
    end = forms.DateField(
        widget=_DAY,
        required=False,
        label="Last day",
        help_text="A trip has one. Empty: until further notice.",
    )
    trip = forms.BooleanField(
        required=False,
        label="It is a trip",
        help_text="It ends by itself, and your usual place counts again.",
    )


class AgreementForm(forms.Form):
    place = forms.CharField(max_length=8, help_text="Country, or country and region: DE, DE-BY, IT.")
    also_places = forms.CharField(
        max_length=80, required=False, label="Its other sites", help_text="Separated by commas: AT, DE-BE."
    )
    departments = forms.ModelMultipleChoiceField(
        queryset=Department.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only for these units",
        help_text="None chosen: for everybody at its sites.",
    )
    kind = forms.ChoiceField(choices=_KINDS)
    number = forms.CharField(max_length=80, label="Number or title")
    signals = forms.MultipleChoiceField(
        choices=[(signal, SIGNAL_WORDS[signal].capitalize()) for signal in SIGNALS],
        widget=forms.CheckboxSelectMultiple,
        label="Signals it allows",
        help_text="What the law of the place forbids stays forbidden.",
    )
    valid_from = forms.DateField(widget=_DAY, label="First day")
    valid_to = forms.DateField(widget=_DAY, label="Last day")
    retention_ceiling_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3650,
        label="Keep at most (days)",
        help_text="Empty: no own limit.",
    )

    def clean_place(self) -> str:
        return str(self.cleaned_data["place"]).strip().upper()

    def clean_also_places(self) -> list[str]:
        return [
            part.strip().upper()[:8] for part in self.cleaned_data["also_places"].split(",") if part.strip()
        ]
