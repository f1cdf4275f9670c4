"""What other redaction rules would do, before anybody approves them; and how good the live ones are."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.views.generic import TemplateView

from accounts.access import StaffPage
from audits.models_run import RunState
from capture_policies import effect_words, queries
from capture_policies.actions import effects
from capture_policies.models import RuleEffect
from capture_policies.views.judging import JudgedPage, OfDraftPolicy, OfVersionPolicy
from mci_core.policy import Policy

#: Days on the page of the live rules.
DAYS = 90


class _EffectPage(JudgedPage):
    """The result of today."""

    template_name = "capture_policies/effect.html"
    request_permission = "capture_policies.request_effect"

    def ask(self, policy: Policy) -> None:
        effects.request_effect(policy=policy, title=self.title, actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self._found()
        done = found is not None and found.state == RunState.DONE
        return super().get_context_data(
            found=found,
            results=effect_words.results(found, self.judged) if found and done else None,
            stored=effect_words.stored(found) if found and done else [],
            working=found is not None and found.working,
            **kwargs,
        )

    def _found(self) -> RuleEffect | None:
        if self.judged is None:
            return None
        live = queries.policy_of(queries.live_version())
        rows = RuleEffect.objects.visible_to(self.request.user).filter(
            digest=self.judged.ruleset_digest, against="" if live is None else live.ruleset_digest
        )
        return rows.filter(day=timezone.now().date()).first()


class VersionEffect(OfVersionPolicy, _EffectPage):
    """Of a version."""


class DraftEffect(OfDraftPolicy, _EffectPage):
    """Of a draft."""


class RuleQuality(StaffPage, TemplateView):
    """The live rules and the default detectors, measured once a day."""

    permission = "capture_policies.view"
    template_name = "capture_policies/rule_quality.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wanted = self.request.GET.get("corpus", "")
        measured = RuleEffect.objects.visible_to(self.request.user).measured().order_by("-day")[:DAYS]
        days = list(reversed(measured))
        last = days[-1] if days else None
        found = effect_words.results(last, queries.policy_of(queries.live_version())) if last else []
        shown = next((one for one in found if one.name == wanted), found[0] if found else None)
        return super().get_context_data(
            last=last,
            shown=shown,
            tabs=[(one.name, one.words) for one in found],
            has_corpus=any(one.name == "corpus" for one in found),
            precision=effect_words.trend(days, shown.name, "rules") if shown else None,
            coverage=effect_words.trend(days, shown.name, "labels") if shown else None,
            **kwargs,
        )
