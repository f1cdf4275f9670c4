"""The page of a rollout, live while something moves: how far each wave is, what each gate says now, and the
buttons that hold, resume and end it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from accounts.access import StaffPage
from accounts.models import Department
from accounts.pages import ActionForm, ActionPost
from agents.models import Delivery, DeliveryState
from audits.formats import percent
from capture_policies import charts, gates
from capture_policies.actions import rollouts
from capture_policies.fleet import gate_of, reach_of
from capture_policies.gates import Reading
from capture_policies.models import Rollout, RolloutState, Wave
from capture_policies.rollout_steps import plan_of
from capture_policies.views.drafts import may
from capture_policies.wave_forms import ChangeWaveForm, WaveForm

PLUG = "The plug was pulled."

#: Each later state includes the ones before it: what was applied was leased and told as well.
REACHED = {
    "Planned": DeliveryState.values,
    "Told": ("notified", "leased", "applied", "failed"),
    "Holds a lease on it": ("leased", "applied", "failed"),
    "Applied": ("applied",),
}


class OfRollout(StaffPage):
    @cached_property
    def rollout(self) -> Rollout:
        rows = Rollout.objects.visible_to(self.request.user).light()
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def home(self) -> str:
        return reverse("capture_policies:rollout_detail", args=[self.rollout.pk])


class RolloutDetail(OfRollout, TemplateView):
    """Funnel per wave, gates, and the buttons that hold, resume and halt."""

    permission = "capture_policies.view"
    template_name = "capture_policies/rollout_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rollout = self.rollout
        allowed = may(self.request)
        counts = _wave_counts(rollout)
        is_open = rollout.state in (RolloutState.RUNNING, RolloutState.HELD)
        waves = list(rollout.waves.all())
        now_open = next((wave for wave in waves if wave.started_at and not wave.passed_at), None)
        names = audience_names(waves)
        return super().get_context_data(
            rollout=rollout,
            is_open=is_open,
            waves=[
                _shown(wave, name, counts.get(wave.number, {}), is_open=is_open)
                for wave, name in zip(waves, names, strict=True)
            ],
            gated=now_open,
            readings=_readings(rollout, now_open) if is_open and now_open else [],
            whole=_steps(_totals(counts)),
            totals=_totals(counts),
            chart=charts.states_over_time(rollout),
            speed=charts.speed_of(rollout),
            revert=Rollout.objects.filter(only_release=rollout.release.number).light().first(),
            plug=PLUG,
            may=allowed,
            may_go_back=allowed["rollback_to"] and _can_go_back(rollout),
            **kwargs,
        )


class _Steer(OfRollout, ActionPost):
    """Hold, resume or halt with a reason, from a dialog of the rollout's page."""


class RolloutHold(_Steer):
    permission = "capture_policies.hold_rollout"
    success_message = "Held. No further device is reached."

    def act(self, **kwargs: Any) -> str:
        rollouts.hold_rollout(rollout=self.rollout, reason=self.reason, actor=self.actor)
        return self.home()


class RolloutResume(_Steer):
    permission = "capture_policies.resume_rollout"
    success_message = "The rollout goes on."

    def act(self, **kwargs: Any) -> str:
        rollouts.resume_rollout(rollout=self.rollout, reason=self.reason, actor=self.actor)
        return self.home()


class RolloutHalt(_Steer):
    """Pull the plug: nobody else is reached, and those who were get their old content back."""

    permission = "capture_policies.halt_rollout"
    success_message = "Halted. The devices that were reached get the content back that they had."

    def act(self, **kwargs: Any) -> str:
        """One click and one confirmation: whoever is in a hurry need not write."""
        rollouts.halt_rollout(rollout=self.rollout, reason=self.reason.strip() or PLUG, actor=self.actor)
        return self.home()


class WaveChange(OfRollout, ActionForm):
    permission = "capture_policies.change_wave"
    template_name = "capture_policies/wave_change.html"
    form_class = ChangeWaveForm
    success_message = "The wave was changed."

    @cached_property
    def wave(self) -> Wave:
        return get_object_or_404(Wave, rollout=self.rollout, number=self.kwargs["number"])

    def get_initial(self) -> dict[str, Any]:
        return WaveForm.start(plan_of(self.wave))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(rollout=self.rollout, wave=self.wave, **kwargs)

    def act(self, form: ChangeWaveForm) -> str:
        reason = form.cleaned_data["reason"]
        rollouts.change_wave(wave=self.wave, plan=form.plan(), reason=reason, actor=self.actor)
        return self.home()


def _wave_counts(rollout: Rollout) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    rows = Delivery.objects.of_rollout(rollout.pk).order_by().values_list("wave", "state")
    for wave, state, number in rows.annotate(number=Count("pk")):
        found.setdefault(wave, {})[state] = number
    return found


def _totals(counts: dict[int, dict[str, int]]) -> dict[str, int]:
    states = ("pending", "notified", "leased", "applied", "failed", "superseded")
    totals = {state: sum(wave.get(state, 0) for wave in counts.values()) for state in states}
    return {**totals, "total": sum(totals.values())}


def _steps(counts: dict[str, int]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [
        {"label": label, "value": sum(counts.get(state, 0) for state in states)}
        for label, states in REACHED.items()
    ]
    steps[-1]["tone"] = "ok"
    if counts.get("failed"):
        steps.append({"label": "Failed", "value": counts["failed"], "tone": "danger"})
    return steps


def _can_go_back(rollout: Rollout) -> bool:
    """It went through to the whole fleet, and something else held before."""
    return (
        rollout.state == RolloutState.DONE
        and rollout.previous_id is not None
        and rollout.only_release is None
    )


def _state_of(wave: Wave, is_open: bool) -> str:
    if wave.passed_at:
        return "passed"
    if is_open:
        return "running" if wave.started_at else "waiting"
    return "ended" if wave.started_at else "never opened"


def _shown(wave: Wave, name: str, counts: dict[str, int], *, is_open: bool) -> dict[str, Any]:
    """A wave with its numbers, its gates in words, and how far it is."""
    return {
        "wave": wave,
        "who": name,
        "state": _state_of(wave, is_open),
        "counts": counts,
        "total": sum(counts.values()),
        "applied": counts.get("applied", 0),
        "failed": counts.get("failed", 0),
    }


def _readings(rollout: Rollout, wave: Wave) -> list[Reading]:
    """Every gate of the open wave with its present value; the same judgement that the worker makes."""
    assert wave.started_at is not None
    own = gates.readings(
        reach_of(rollout, wave), gate_of(wave), started_at=wave.started_at, now=timezone.now()
    )
    return gates.extra_readings(rollout.pk) + own


def audience_names(waves: Sequence[Wave]) -> list[str]:
    """Whom each wave is for; one question at most."""
    wanted = [wave.audience_value for wave in waves if wave.audience == "group"]
    found = Department.objects.filter(pk__in=wanted).values_list("pk", "name") if wanted else ()
    names = {str(pk): name for pk, name in found}
    return [_name(wave, names) for wave in waves]


def _name(wave: Wave, names: dict[str, str]) -> str:
    if wave.audience == "group":
        return f"group {names.get(wave.audience_value, wave.audience_value)}"
    return f"tag {wave.audience_value}" if wave.audience == "tag" else f"up to {percent(wave.percent / 100)}"
