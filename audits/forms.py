"""Forms about witnesses."""

from __future__ import annotations

from django import forms


class WitnessForm(forms.Form):
    label = forms.CharField(
        max_length=100, label="Who it is", help_text="For example: works council Berlin, external auditor."
    )
    vkey = forms.CharField(
        max_length=1000,
        label="Verifier key",
        help_text="The line that mci-witness prints. Compare it by voice with whoever holds the key.",
    )
    reason = forms.CharField(max_length=500, label="Reason", widget=forms.Textarea(attrs={"rows": 2}))
