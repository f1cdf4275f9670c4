"""A page that asks about the policy of a version or of a draft: the result, how far it is, or a button."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.views.generic import TemplateView

from accounts.pages import ActionPost
from accounts.permissions import has
from capture_policies import document, queries
from capture_policies.views.drafts import OfDraft
from capture_policies.views.versions import OfVersion
from mci_core.errors import ActionError
from mci_core.policy import Policy


class JudgedPage(ActionPost, TemplateView):
    """``request_permission`` is what the button asks for; ``ask`` is what it does."""

    http_method_names = ("get", "post")  # type: ignore[assignment]  # a page as well as a button
    request_permission = ""

    @property
    def title(self) -> str:
        raise NotImplementedError

    def policy(self) -> Policy | None:
        raise NotImplementedError

    def ask(self, policy: Policy) -> None:
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
        self.ask(policy)
        return self.request.path

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=self.title,
            policy=self.judged,
            may_run=has(self.request.user, self.request_permission),
            **kwargs,
        )


class OfVersionPolicy(OfVersion):
    """The policy of the version in the address."""

    permission = "capture_policies.view"

    @property
    def title(self) -> str:
        return f"Version {self.version.number}: {self.version.title}"

    def policy(self) -> Policy | None:
        return queries.policy_of(self.version)


class OfDraftPolicy(OfDraft):
    """The policy of the draft in the address, as it stands."""

    permission = "capture_policies.view_drafts"

    @property
    def title(self) -> str:
        return self.draft.title

    def policy(self) -> Policy | None:
        return document.parsed(self.draft)
