"""What people fill in to stop capture, or to drill stopping it. Rules live in the actions."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Department
from agents.stop_scopes import check_scope
from capture_policies.stop_words import SCOPE_CHOICES, stoppable_entries
from mci_core.errors import Invalid

#: The field in which the thing is named, by scope.
FIELDS = ("place", "department", "entry", "person", "device")


class ScopeForm(forms.Form):
    """The scope and what it names."""

    scope = forms.ChoiceField(
        choices=SCOPE_CHOICES, widget=forms.RadioSelect, initial="programme", label="Stop"
    )
    place = forms.CharField(
        max_length=8, required=False, help_text="Country, or country and state: DE, US-NY."
    )
    department = forms.ModelChoiceField(Department.objects.order_by("name"), required=False)
    entry = forms.CharField(
        max_length=40,
        required=False,
        label="App or site",
        help_text="Its id in the policy. Nobody's device captures there any more; everything else goes on.",
        widget=forms.TextInput(attrs={"list": "known-entries", "autocomplete": "off"}),
    )
    person = forms.CharField(
        max_length=16,
        required=False,
        label="Pseudonym",
        help_text="For the safety of one person. The log names nobody.",
    )
    device = forms.CharField(
        max_length=36, required=False, label="Device id", help_text="As on the page of the device."
    )

    def value(self) -> str:
        """What the scope names; empty for the whole programme."""
        given = self.cleaned_data.get(self.cleaned_data["scope"])
        return "" if given is None else str(getattr(given, "pk", given)).strip()

    def clean_place(self) -> str:
        return str(self.cleaned_data["place"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        """Asked already here, so that the fault stands beside the field that was meant."""
        data = super().clean() or self.cleaned_data
        scope = data.get("scope")
        if scope in FIELDS and scope not in self.errors:
            self._check(scope)
        return data

    def _check(self, scope: str) -> None:
        value = self.value()
        try:
            check_scope(scope, value)
        except Invalid as fault:
            self.add_error(scope, "Say which." if not value else fault.message)
            return
        if scope == "entry" and value not in stoppable_entries():
            self.add_error("entry", "No app or site of what is live or on its way has this id.")


class StopForm(ScopeForm):
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Goes to the log. Do not name a person.",
    )


class DrillForm(StopForm):
    """The same fields; nothing is stopped."""
