"""Forms of reviews. Rules stay in the actions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils import timezone

from mci_core.detectors import LABELS
from reviews.actions.findings import PLACE, VERDICTS
from reviews.actions.grants import MINUTES
from reviews.models import PURPOSES

_VERDICT_WORDS = {
    "clean": "Clean: nothing personal is left",
    "leak": "Leak: something personal is left",
    "unsure": "Unsure: somebody else should look",
}


class SampleForm(forms.Form):
    """Asks for a number and a span of time. There is no way to name a person."""

    purpose = forms.ChoiceField(
        choices=list(PURPOSES.items()),
        widget=forms.RadioSelect,
        help_text="Decides who may look: privacy officers for the first, ML staff for the second.",
    )
    size = forms.IntegerField(min_value=1, max_value=500, initial=20, label="How many sessions")
    first_day = forms.DateField(label="From day", widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(
        label="To day",
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MaxValueValidator(date(9999, 12, 30))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.now().date()
        self.fields["first_day"].initial = today - timedelta(days=30)
        self.fields["last_day"].initial = today

    def window(self) -> tuple[datetime, datetime]:
        """The chosen days as a half-open span in UTC."""
        first, last = self.cleaned_data["first_day"], self.cleaned_data["last_day"]
        start = datetime.combine(first, time.min, UTC)
        return start, datetime.combine(last, time.min, UTC) + timedelta(days=1)


class GrantForm(forms.Form):
    """A reason that the person will read, and a length."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Why do you need to look?",
        help_text="The person whose session this is reads your reason and your role.",
    )
    minutes = forms.TypedChoiceField(
        coerce=int, choices=[(m, f"{m} minutes") for m in MINUTES], initial=15, label="For how long"
    )


class VerdictForm(forms.Form):
    """A verdict; a leak is named by class and place, never by its value."""

    verdict = forms.ChoiceField(choices=[(v, _VERDICT_WORDS[v]) for v in VERDICTS], widget=forms.RadioSelect)
    label = forms.ChoiceField(
        choices=[("", "Not a leak"), *((label, label) for label in LABELS)],
        required=False,
        label="Class of the leak",
    )
    place = forms.RegexField(
        f"^{PLACE.pattern}$",
        required=False,
        label="Place of the leak",
        help_text="As the step list names it, for example: event 120, text. Never write the value.",
        error_messages={"invalid": "Write it as: event 120, text"},
    )
    comment = forms.CharField(
        max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}), label="Comment"
    )


class CloseFindingForm(forms.Form):
    """What was done about a leak."""

    resolution = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What was done",
        help_text="For example: rule customer-names added in version 12 and rolled out.",
    )
