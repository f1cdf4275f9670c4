"""What people fill in to decide on a version, to roll a release out and to stop capture. Rules live in the
actions.
"""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Department
from agents.models import Device
from capture_policies.rollout_steps import DEFAULT_WAVES, WavePlan


def _reason(help_text: str = "") -> forms.CharField:
    return forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text)


class ReasonForm(forms.Form):
    reason = _reason()


class DecisionForm(forms.Form):
    """``digest`` is that of the bytes on the page: a decision is on exactly these."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = _reason("Stays with the decision, for the author and for the log.")


class RolloutForm(forms.Form):
    reason = _reason("Why now. Stays with the rollout.")


class WaveForm(forms.Form):
    percent = forms.IntegerField(min_value=1, max_value=100, label="Devices (%)")
    soak_minutes = forms.FloatField(min_value=0, max_value=10_080, initial=0, label="Rests (minutes)")
    max_error_percent = forms.FloatField(min_value=0, max_value=100, initial=2, label="Errors at most (%)")
    min_applied_percent = forms.FloatField(
        min_value=0, max_value=100, initial=90, label="Applied at least (%)"
    )

    def plan(self) -> WavePlan:
        values = self.cleaned_data
        return WavePlan(
            percent=values["percent"],
            soak_seconds=round(values["soak_minutes"] * 60),
            max_error_share=values["max_error_percent"] / 100,
            min_applied_share=values["min_applied_percent"] / 100,
        )

    @staticmethod
    def start(plan: WavePlan) -> dict[str, Any]:
        return {
            "percent": plan.percent,
            "soak_minutes": f"{plan.soak_seconds / 60:.6g}",
            "max_error_percent": f"{plan.max_error_share * 100:.6g}",
            "min_applied_percent": f"{plan.min_applied_share * 100:.6g}",
        }


class ChangeWaveForm(WaveForm):
    reason = _reason()


class BaseWaveSet(forms.BaseFormSet[WaveForm]):
    """The waves of a new rollout; rows that are left empty do not count."""

    def plans(self) -> list[WavePlan]:
        return [form.plan() for form in self.forms if form.cleaned_data.get("percent")]

    @staticmethod
    def start() -> list[dict[str, Any]]:
        return [WaveForm.start(plan) for plan in DEFAULT_WAVES]


WaveSet = forms.formset_factory(WaveForm, formset=BaseWaveSet, extra=2, max_num=10, absolute_max=10)


class StopForm(forms.Form):
    scope = forms.ChoiceField(
        choices=[
            ("programme", "The whole programme"),
            ("place", "A place"),
            ("department", "A department"),
            ("device", "A device"),
        ],
        widget=forms.RadioSelect,
        initial="programme",
        label="Stop",
    )
    place = forms.CharField(
        max_length=8, required=False, help_text="Country, or country and state: DE, US-NY."
    )
    department = forms.ModelChoiceField(Department.objects.order_by("name"), required=False)
    device = forms.UUIDField(required=False, label="Device id", help_text="As on the page of the device.")
    reason = _reason("Goes to the log. Do not name a person.")

    def value(self) -> str:
        """What the scope names; empty for the whole programme."""
        given = self.cleaned_data.get(self.cleaned_data["scope"])
        return "" if given is None else str(getattr(given, "pk", given)).strip()

    def clean_device(self) -> Any:
        given = self.cleaned_data["device"]
        if given is not None and not Device.objects.filter(pk=given).exists():
            raise forms.ValidationError("There is no such device.")
        return given
