"""The pages of drafts: the list, one draft with what it would change, its settings, and how it is
submitted.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from django_filters import ChoiceFilter, FilterSet

from accounts.access import StaffPage
from accounts.pages import ActionForm, ActionPost
from accounts.permissions import has
from audits.listing import Column, Empty, ListPage
from capture_policies import document, narrowings, queries, standing, words
from capture_policies.actions import drafts
from capture_policies.draft_forms import DraftForm, SettingsForm
from capture_policies.models import DraftState, PolicyDraft, PolicyVersion
from capture_policies.rule_forms import TryForm
from capture_policies.try_out import same_as, try_policy
from capture_policies.views.pages import first_differences, one_page
from mci_core.errors import ActionError
from mci_core.policy import PURPOSE_WORDS, Policy, parse_entry, parse_rule

APP = "capture_policies"


class OfDraft(StaffPage):
    """A page about one draft; the draft is in the context."""

    @cached_property
    def draft(self) -> PolicyDraft:
        rows = PolicyDraft.objects.visible_to(self.request.user).select_related("author", "based_on")
        return get_object_or_404(rows.prefetch_related("entries", "rules"), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            draft=self.draft, may=may(self.request), **kwargs
        )
        return context

    def home(self) -> str:
        return reverse("capture_policies:draft_detail", args=[self.draft.pk])


def may(request: HttpRequest) -> dict[str, bool]:
    """Which buttons a page shows; the actions ask again."""
    verbs = ("create_draft", "put_entry", "submit_draft", "approve_version", "start_rollout", "rollback_to")
    found = {verb: has(request.user, f"{APP}.{verb}") for verb in verbs}
    return {**found, "open_stop": has(request.user, "agents.open_stop")}


class DraftFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    state = ChoiceFilter(choices=DraftState.choices, label="State", empty_label="Any state")

    class Meta:
        model = PolicyDraft
        fields = ("state",)


class DraftList(StaffPage, ListPage):
    permission = "capture_policies.view_drafts"
    template_name = "capture_policies/draft_list.html"
    columns = (
        Column("Draft", sort="title"),
        Column("State", sort="state"),
        Column("Apps and sites", numeric=True),
        Column("Rules", numeric=True),
        Column("Author"),
        Column("Changed", sort="changed"),
    )
    sorts = {"title": "title", "state": "state", "changed": "updated_at"}
    default_sort = "-changed"
    filterset_class = DraftFilter
    search_fields = ("title", "justification")
    search_label = "Search drafts"
    noun = "draft"
    empty = Empty(
        "No drafts yet",
        "A draft lists what may be captured. Nothing happens before others approve it.",
        icon="pencil",
    )

    def get_queryset(self) -> QuerySet[PolicyDraft]:
        return PolicyDraft.objects.visible_to(self.request.user).with_counts().select_related("author")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may=may(self.request), **kwargs)


class DraftNew(StaffPage, ActionForm):
    """An empty draft, or with ``?from=`` one with the content of a version."""

    permission = "capture_policies.create_draft"
    template_name = "capture_policies/draft_new.html"
    form_class = DraftForm
    success_message = "The draft is open. Nothing is captured by it until it was approved and rolled out."

    @cached_property
    def source(self) -> PolicyVersion | None:
        wanted = self.request.GET.get("from")
        rows = PolicyVersion.objects.visible_to(self.request.user)
        try:
            return get_object_or_404(rows, pk=wanted) if wanted else None
        except ValidationError:  # no id at all
            raise Http404 from None

    def get_initial(self) -> dict[str, Any]:
        return {"title": self.source.title if self.source else ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(source=self.source, **kwargs)

    def act(self, form: DraftForm) -> str:
        draft = drafts.create_draft(**form.cleaned_data, from_version=self.source, actor=self.actor)
        return reverse("capture_policies:draft_detail", args=[draft.pk])


class DraftDetail(OfDraft, TemplateView):
    """Everything about a draft: its parts, what it lacks, and what would change if it went live."""

    permission = "capture_policies.view_drafts"
    template_name = "capture_policies/draft_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        draft = self.draft
        live = queries.live_version()
        page = one_page(self.request, list(draft.entries.all()), "app or site,apps and sites")
        return super().get_context_data(
            **page,
            **first_differences(queries.policy_of(live), _parsed(draft)),
            open=draft.state == DraftState.OPEN,
            entries=[
                (row, words.describe_entry(parse_entry(document.entry_doc(row))))
                for row in page["page_obj"].object_list
            ],
            rules=_rules(draft),
            settings=document.settings_of(draft),
            purpose=PURPOSE_WORDS.get(draft.purpose, draft.purpose),
            problems=document.problems_of(draft) if draft.state == DraftState.OPEN else [],
            left_out=document.left_out(draft) if draft.state == DraftState.OPEN else [],
            back_again=narrowings.undone_by_draft(draft) if draft.state == DraftState.OPEN else [],
            live=live,
            version=draft.versions.defer("body").order_by("-number").first(),
            sent_back=standing.sent_back(draft) if draft.state == DraftState.OPEN else None,
            **kwargs,
        )


class TryPage(TemplateView):
    """Ask the evaluator what the policy of this page would capture at a place."""

    template_name = "capture_policies/try.html"

    def policy(self) -> Policy | None:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = TryForm(self.request.GET or None, initial={"kind": "site", "system": "windows"})
        asked = form.is_bound and form.is_valid()
        try:
            found = self.policy() if asked else None
        except ActionError as fault:
            kwargs["refused"] = fault.message
            found = None
        now = int(timezone.now().timestamp())
        trial = try_policy(found, same_as(form.cleaned_data), now=now) if found is not None else None
        return super().get_context_data(form=form, trial=trial, **kwargs)


class DraftTry(OfDraft, TryPage):
    permission = "capture_policies.view_drafts"

    def policy(self) -> Policy | None:
        return document.parsed(self.draft)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(name=self.draft.title, **kwargs)


class DraftSettings(OfDraft, ActionForm):
    permission = "capture_policies.update_draft_settings"
    template_name = "capture_policies/draft_settings.html"
    form_class = SettingsForm
    success_message = "The settings were saved."

    def get_initial(self) -> dict[str, Any]:
        return SettingsForm.start(self.draft, document.settings_of(self.draft))

    def act(self, form: SettingsForm) -> str:
        with form.faults_at_fields():
            drafts.update_draft_settings(draft=self.draft, data=form.data_for_action(), actor=self.actor)
        return self.home()


class DraftSubmit(OfDraft, ActionPost):
    permission = "capture_policies.submit_draft"
    success_message = "Submitted. The version cannot be changed any more; others decide on it."

    def act(self, **kwargs: Any) -> str:
        version = drafts.submit_draft(draft=self.draft, actor=self.actor)
        return reverse("capture_policies:version_detail", args=[version.pk])


class DraftDiscard(OfDraft, ActionPost):
    permission = "capture_policies.discard_draft"
    success_message = "The draft was put away."

    def act(self, **kwargs: Any) -> str:
        drafts.discard_draft(draft=self.draft, actor=self.actor)
        return reverse("capture_policies:draft_list")


def _rules(draft: PolicyDraft) -> list[tuple[Any, words.DescribedRule]]:
    labels = {entry.key: entry.label for entry in draft.entries.all()}
    rows = draft.rules.all()
    return [(row, words.describe_rule(parse_rule(document.rule_doc(row)), labels)) for row in rows]


def _parsed(draft: PolicyDraft) -> Policy | None:
    """None while the draft is no valid document."""
    try:
        return document.parsed(draft)
    except ActionError:
        return None
