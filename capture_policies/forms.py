"""What people fill in to decide on a version and to roll a release out. Rules live in the
actions.
"""

from __future__ import annotations

from typing import Any

from django import forms

from capture_policies.rollout_steps import DEFAULT_WAVES, WavePlan


def _reason(help_text: str = "") -> forms.CharField:
    return forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text)


class ReasonForm(forms.Form):
    reason = _reason()


class DecisionForm(forms.Form):
    """``digest`` is that of the bytes on the page: a decision is on exactly these."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = _reason("Stays with the decision, for the author and for the log.")


class CommentForm(forms.Form):
    text = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Comment",
        help_text="Read by everybody who sees drafts. It decides nothing and cannot be changed.",
    )


class CompareForm(forms.Form):
    """``with`` is the number of the other version; 0 stands for no policy at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["with"] = forms.IntegerField(
            min_value=0,
            max_value=2_000_000_000,
            label="Compare with version",
            help_text="Its number. 0 shows everything as new.",
            widget=forms.NumberInput(attrs={"list": "versions"}),
        )


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
