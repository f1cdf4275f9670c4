"""What other redaction rules would do, before anybody approves them; and how good the live ones are."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from accounts.access import StaffPage
from accounts.pages import ActionPost
from accounts.permissions import has
from capture_policies import document, effect_words, queries
from capture_policies.actions import effects
from capture_policies.models import RuleEffect
from capture_policies.models_effect import EffectState
from capture_policies.views.drafts import OfDraft
from capture_policies.views.versions import OfVersion
from mci_core.errors import ActionError
from mci_core.policy import Policy

#: Days on the page of the live rules.
DAYS = 90


class _EffectPage(ActionPost, TemplateView):
    """Shows the result of today, how far it is, or a button to ask for one."""

    http_method_names = ("get", "post")  # type: ignore[assignment]  # a page as well as a button
    template_name = "capture_policies/effect.html"
    title = ""

    def policy(self) -> Policy | None:
        raise NotImplementedError

    @cached_property
    def judged(self) -> Policy | None:
        """The policy, or None while a draft is none."""
        try:
            return self.policy()
        except ActionError:
            return None

    def act(self, **kwargs: Any) -> str:
        policy = self.policy()
        assert policy is not None
        effects.request_effect(policy=policy, title=self.title, actor=self.actor)
        return self.request.path

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self._found()
        done = found is not None and found.state == EffectState.DONE
        return super().get_context_data(
            title=self.title,
            policy=self.judged,
            found=found,
            results=effect_words.results(found, self.judged) if found and done else None,
            stored=effect_words.stored(found) if found and done else [],
            working=found is not None and found.state in (EffectState.QUEUED, EffectState.RUNNING),
            may_run=has(self.request.user, "capture_policies.request_effect"),
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


class VersionEffect(OfVersion, _EffectPage):
    permission = "capture_policies.view"

    @property
    def title(self) -> str:  # type: ignore[override]  # made of the version
        return f"Version {self.version.number}: {self.version.title}"

    def policy(self) -> Policy | None:
        return queries.policy_of(self.version)


class DraftEffect(OfDraft, _EffectPage):
    permission = "capture_policies.view_drafts"

    @property
    def title(self) -> str:  # type: ignore[override]  # that of the draft
        return self.draft.title

    def policy(self) -> Policy | None:
        return document.parsed(self.draft)


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
