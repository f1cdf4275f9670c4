"""What people fill in to plan the waves of a rollout. Rules live in the actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.models import Department
from agents.actions.tags import TAG
from capture_policies.rollout_steps import DEFAULT_WAVES, WavePlan

MAX_WAVES = 10
PREFIX = "waves"


def _percent(label: str, initial: float) -> forms.FloatField:
    return forms.FloatField(min_value=0, max_value=100, initial=initial, label=label)


class WaveForm(forms.Form):
    audience = forms.ChoiceField(
        choices=[("percent", "Share of the fleet"), ("group", "Group"), ("tag", "Tag")],
        initial="percent",
        label="For",
    )
    percent = forms.IntegerField(min_value=1, max_value=100, required=False, label="Devices (%)")
    group = forms.ModelChoiceField(
        Department.objects.order_by("name"), required=False, label="Group", empty_label="Choose a group"
    )
    tag = forms.CharField(max_length=30, required=False, label="Tag")
    soak_minutes = forms.FloatField(min_value=0, max_value=10_080, initial=0, label="Rests (minutes)")
    max_error_percent = _percent("Errors at most (%)", 2)
    min_applied_percent = _percent("Applied at least (%)", 90)
    max_crash_percent = _percent("Agents down at most (%)", 10)
    max_pause_percent = _percent("More pauses at most (%)", 25)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        audience = data.get("audience", "percent")
        if audience not in self.errors and not self.errors.get(audience) and not data.get(audience):
            self.add_error(audience, "Say which." if audience != "percent" else "Say how many.")
        if audience == "tag" and data.get("tag") and not TAG.fullmatch(data["tag"].strip().lower()):
            self.add_error("tag", "This is no tag: small letters, digits and hyphens.")
        return data

    def plan(self) -> WavePlan:
        values = self.cleaned_data
        audience = values["audience"]
        named = {
            "percent": "",
            "group": getattr(values["group"], "pk", ""),
            "tag": values["tag"].strip().lower(),
        }
        return WavePlan(
            percent=values["percent"] if audience == "percent" else 0,
            soak_seconds=round(values["soak_minutes"] * 60),
            max_error_share=values["max_error_percent"] / 100,
            min_applied_share=values["min_applied_percent"] / 100,
            max_crash_share=values["max_crash_percent"] / 100,
            max_pause_rise=values["max_pause_percent"] / 100,
            audience=audience,
            audience_value=str(named[audience]),
        )

    @staticmethod
    def start(plan: WavePlan) -> dict[str, Any]:
        return {
            "audience": plan.audience,
            "percent": plan.percent or None,
            "group": plan.audience_value if plan.audience == "group" else None,
            "tag": plan.audience_value if plan.audience == "tag" else "",
            "soak_minutes": f"{plan.soak_seconds / 60:.6g}",
            "max_error_percent": f"{plan.max_error_share * 100:.6g}",
            "min_applied_percent": f"{plan.min_applied_share * 100:.6g}",
            "max_crash_percent": f"{plan.max_crash_share * 100:.6g}",
            "max_pause_percent": f"{plan.max_pause_rise * 100:.6g}",
        }


class ChangeWaveForm(WaveForm):
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class BaseWaveSet(forms.BaseFormSet[WaveForm]):
    """The waves of a new rollout, each of which counts."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "empty_permitted": False, "use_required_attribute": False}

    def plans(self) -> list[WavePlan]:
        return [form.plan() for form in self.forms]

    @staticmethod
    def start() -> list[dict[str, Any]]:
        return [WaveForm.start(plan) for plan in DEFAULT_WAVES]


WaveSet = forms.formset_factory(
    WaveForm, formset=BaseWaveSet, extra=0, max_num=MAX_WAVES, absolute_max=MAX_WAVES
)


def rows_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was typed, a row for each wave, whether it makes sense or not."""
    count = min(_whole(data.get(f"{PREFIX}-TOTAL_FORMS")), MAX_WAVES)
    names = WaveForm.base_fields
    return [
        {name: data.get(f"{PREFIX}-{index}-{name}", "") for name in names} for index in range(max(count, 0))
    ]


def with_row_added(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A wave more before the last one, which is for everybody."""
    rows = rows_of(data)
    if len(rows) >= MAX_WAVES:
        return rows
    return [*rows[:-1], {**WaveForm.start(WavePlan()), "percent": ""}, *rows[-1:]]


def with_row_removed(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Without the wave whose button was used."""
    gone = _whole(data.get("remove_wave"))
    return [row for index, row in enumerate(rows_of(data)) if index != gone]


def _whole(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
