"""What officers fill in about notices and agreements. Rules live in the actions."""

from __future__ import annotations

from django import forms

from jurisdictions.actions import MAX_NOTICE_LENGTH
from mci_core.policy_model import SIGNALS

_KINDS = [("works_council", "Works council"), ("union", "Union"), ("inspectorate", "Inspectorate")]
_DAY = forms.DateInput(attrs={"type": "date"})


class NoticeForm(forms.Form):
    title = forms.CharField(max_length=160)
    text = forms.CharField(
        max_length=MAX_NOTICE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text="What is captured, where, why, for how long, who sees it, and how to object. Plain words.",
    )


class AgreementForm(forms.Form):
    place = forms.CharField(max_length=8, help_text="Country, or country and region: DE, DE-BY, IT.")
    kind = forms.ChoiceField(choices=_KINDS)
    number = forms.CharField(max_length=80, label="Number or title")
    signals = forms.MultipleChoiceField(
        choices=[(signal, signal.replace("_", " ").capitalize()) for signal in SIGNALS],
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
