"""The pages of versions: what was submitted, what it changes in words, and what any two of them differ in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage
from accounts.actors import has_fresh_factor
from accounts.permissions import has
from audits.listing import Column, Empty, ListPage
from capture_policies import approvals, key_status, queries, standing, words
from capture_policies.forms import CommentForm, CompareForm
from capture_policies.models import PolicyVersion, Release, VersionState
from capture_policies.views.decisions import buttons
from capture_policies.views.drafts import TryPage, may
from capture_policies.views.pages import difference_context, one_page
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
        Column("Compared with the live policy", sort="direction"),
        Column("Author", sort="author"),
        Column("Submitted", sort="submitted"),
        Column("Digest"),
    )
    sorts = {
        "number": "number",
        "state": "state",
        "direction": "direction",
        "author": "author__display_name",
        "submitted": "submitted_at",
    }
    default_sort = "-number"
    filterset_class = VersionFilter
    search_fields = ("number", "title", "justification", "digest", "author__display_name")
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
        rows = rows.select_related("author", "compared_with", "replaces").defer("replaces__body")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @cached_property
    def policy_of_version(self) -> Policy:
        found = queries.policy_of(self.version)
        assert found is not None
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            version=self.version, may=may(self.request), **kwargs
        )
        return context


class VersionDetail(OfVersion, TemplateView):
    permission = "capture_policies.view"
    template_name = "capture_policies/version_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version, user = self.version, self.request.user
        able = standing.of_person(version, user)
        return super().get_context_data(
            **difference_context(
                self.request, queries.policy_of(version.compared_with), self.policy_of_version
            ),
            policy=self.policy_of_version,
            decisions=standing.decisions(version),
            still_needed=approvals.missing(version.direction, approvals.given(version)),
            standing=able,
            fresh=has_fresh_factor(self.request),
            buttons=buttons(version, able),
            comments=self._comments(),
            comment_form=CommentForm() if has(user, "capture_policies.comment_version") else None,
            releases=Release.objects.filter(version=version).order_by("number"),
            signatures_wait=key_status.open_words(),
            replaced_by=version.replaced_by.defer("body").order_by("number").first(),
            **kwargs,
        )

    def _comments(self) -> Any:
        """Those who see drafts read what is said about them."""
        if not has(self.request.user, "capture_policies.view_drafts"):
            return None
        return self.version.comments.select_related("author")


class VersionCompare(OfVersion, TemplateView):
    """Any two versions: this one and the one with ``?with=NUMBER``; 0 or nothing: no policy at all."""

    permission = "capture_policies.view"
    template_name = "capture_policies/version_compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = CompareForm(self.request.GET if "with" in self.request.GET else None)
        other = self._other(form) if form.is_bound else self.version.compared_with
        return super().get_context_data(
            **difference_context(self.request, queries.policy_of(other), self.policy_of_version),
            form=form,
            other=other,
            others=PolicyVersion.objects.visible_to(self.request.user)
            .exclude(pk=self.version.pk)
            .only("number", "title")
            .order_by("-number")[:30],
            **kwargs,
        )

    def _other(self, form: CompareForm) -> PolicyVersion | None:
        if not form.is_valid():
            return None
        number = form.cleaned_data["with"]
        found = PolicyVersion.objects.visible_to(self.request.user).filter(number=number).first()
        if found is None and number:
            form.add_error("with", f"There is no version {number}.")
        return found


class VersionCaptured(OfVersion, TemplateView):
    """Everything that a version captures, page by page."""

    permission = "capture_policies.view"
    template_name = "capture_policies/version_captured.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.policy_of_version
        entries = sorted(found.entries, key=lambda entry: entry.label.casefold())
        context = one_page(self.request, entries, "app or site,apps and sites")
        return super().get_context_data(
            **context,
            described=[words.describe_entry(entry) for entry in context["page_obj"].object_list],
            rules=words.describe_rules(found),
            **kwargs,
        )


class VersionTry(OfVersion, TryPage):
    permission = "capture_policies.view"

    def policy(self) -> Policy | None:
        return queries.policy_of(self.version)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(name=f"Version {self.version.number}", **kwargs)


class VersionDocument(OfVersion, View):
    """The canonical bytes, to check the digest with ``sha256sum``."""

    permission = "capture_policies.view"

    def get(self, request: HttpRequest, pk: Any) -> HttpResponse:
        response = HttpResponse(bytes(self.version.body), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="policy-version-{self.version.number}.json"'
        return response
