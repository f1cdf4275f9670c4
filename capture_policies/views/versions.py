"""The pages of versions: what was submitted, what it changes in words, and who decided on which bytes."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage
from accounts.actors import has_fresh_factor
from accounts.pages import ActionForm
from accounts.permissions import roles_of
from audits.listing import Column, Empty, ListPage
from capture_policies import approvals, queries, words
from capture_policies.actions import versions
from capture_policies.forms import DecisionForm
from capture_policies.models import PolicyVersion, Release, VersionState
from capture_policies.views.drafts import TryPage, may
from mci_core.errors import ActionError
from mci_core.policy import Policy


class VersionFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    state = ChoiceFilter(choices=VersionState.choices, label="State", empty_label="Any state")
    direction = ChoiceFilter(
        choices=[("wider", "Wider"), ("narrower", "Narrower"), ("neutral", "Neutral")],
        label="Direction",
        empty_label="Any direction",
    )

    class Meta:
        model = PolicyVersion
        fields = ("state", "direction")


class VersionList(StaffPage, ListPage):
    permission = "capture_policies.view"
    template_name = "capture_policies/version_list.html"
    columns = (
        Column("Version", sort="number"),
        Column("State", sort="state"),
        Column("Compared with the live policy"),
        Column("Author"),
        Column("Submitted", sort="submitted"),
        Column("Digest"),
    )
    sorts = {"number": "number", "state": "state", "submitted": "submitted_at"}
    default_sort = "-number"
    filterset_class = VersionFilter
    search_fields = ("title", "justification", "digest")
    search_label = "Search versions"
    noun = "version"
    empty = Empty(
        "No versions yet", "A submitted draft becomes a version that others decide on.", icon="versions"
    )

    def get_queryset(self) -> QuerySet[PolicyVersion]:
        return PolicyVersion.objects.visible_to(self.request.user).light()


class OfVersion(StaffPage):
    """A page about one version; the version is in the context."""

    @cached_property
    def version(self) -> PolicyVersion:
        rows = PolicyVersion.objects.visible_to(self.request.user)
        return get_object_or_404(rows.select_related("author", "compared_with"), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            version=self.version, may=may(self.request), **kwargs
        )
        return context


class VersionDetail(OfVersion, TemplateView):
    permission = "capture_policies.view"
    template_name = "capture_policies/version_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version = self.version
        found = queries.policy_of(version)
        assert found is not None
        given = approvals.given(version)
        return super().get_context_data(
            changes=queries.diff_to(version, version.compared_with),
            described=words.describe(found),
            rules=words.describe_rules(found),
            policy=found,
            approvals=version.approvals.select_related("approver").order_by("at"),
            still_needed=approvals.missing(version.direction, given),
            refusal=self._refusal(given),
            fresh=has_fresh_factor(self.request),
            decision_form=DecisionForm(initial={"digest": version.digest}, auto_id="id_decision_%s"),
            releases=Release.objects.filter(version=version).order_by("number"),
            **kwargs,
        )

    def _refusal(self, given: frozenset[str]) -> str:
        """Why this person cannot approve here; empty when they can."""
        if self.version.state != VersionState.IN_REVIEW:
            return ""
        if self.request.user.pk == self.version.author_id:
            return "You are the author. Other people decide."
        if self.version.approvals.filter(approver_id=self.request.user.pk).exists():
            return "You have decided on this version."
        try:
            approvals.role_for(self.version, roles_of(self.request.user), given)
        except ActionError as fault:
            return fault.message
        return ""


class VersionTry(OfVersion, TryPage):
    permission = "capture_policies.view"

    def policy(self) -> Policy | None:
        return queries.policy_of(self.version)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(name=f"Version {self.version.number}", **kwargs)


class _Decide(OfVersion, ActionForm):
    form_class = DecisionForm

    def get_initial(self) -> dict[str, Any]:
        return {"digest": self.version.digest}

    def get_success_url(self) -> str:
        return reverse("capture_policies:version_detail", args=[self.version.pk])


class VersionApprove(_Decide):
    permission = fresh = "capture_policies.approve_version"
    template_name = "capture_policies/version_decide.html"
    extra_context = {"verb": "Approve", "tone": "primary"}
    success_message = "Your approval was recorded."

    def act(self, form: DecisionForm) -> str:
        versions.approve_version(version=self.version, **form.cleaned_data, actor=self.actor)
        return self.get_success_url()


class VersionReject(_Decide):
    permission = fresh = "capture_policies.reject_version"
    template_name = "capture_policies/version_decide.html"
    extra_context = {"verb": "Reject", "tone": "danger"}
    success_message = "The version was rejected."

    def act(self, form: DecisionForm) -> str:
        versions.reject_version(version=self.version, **form.cleaned_data, actor=self.actor)
        return self.get_success_url()


class VersionDocument(OfVersion, View):
    """The canonical bytes, to check the digest with ``sha256sum``."""

    permission = "capture_policies.view"

    def get(self, request: HttpRequest, pk: Any) -> HttpResponse:
        response = HttpResponse(bytes(self.version.body), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="policy-version-{self.version.number}.json"'
        return response
