"""The editor of an entry and of a rule. A rule can be tried on a text before it is saved; nothing of that is
kept.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from accounts.pages import ActionForm, ActionPost
from capture_policies.actions import drafts
from capture_policies.draft_forms import EntryForm
from capture_policies.models import DraftEntry, DraftRule
from capture_policies.preview import try_rule
from capture_policies.rule_forms import RuleForm
from capture_policies.views.drafts import OfDraft
from mci_core.redaction.hashed_words import SALT_BYTES

# Of lists that are only tried out and not kept.
TRY_SALT = bytes(SALT_BYTES)


class EntryEdit(OfDraft, ActionForm):
    """A new app or site, or with a key in the address one that is there."""

    permission = "capture_policies.put_entry"
    template_name = "capture_policies/entry_edit.html"
    form_class = EntryForm
    success_message = "Saved in the draft."

    @cached_property
    def row(self) -> DraftEntry | None:
        wanted = self.kwargs.get("entry")
        return get_object_or_404(DraftEntry, draft=self.draft, pk=wanted) if wanted else None

    def get_initial(self) -> dict[str, Any]:
        return EntryForm.start(self.row) if self.row else {"kind": "site", "keystrokes": "none"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(row=self.row, **kwargs)

    def act(self, form: EntryForm) -> str:
        with form.faults_at_fields():
            drafts.put_entry(draft=self.draft, entry=self.row, data=form.data_for_action(), actor=self.actor)
        return self.home()


class EntryRemove(OfDraft, ActionPost):
    permission = "capture_policies.remove_entry"
    success_message = "Taken out of the draft."

    def act(self, **kwargs: Any) -> str:
        entry = get_object_or_404(DraftEntry, draft=self.draft, pk=kwargs["entry"])
        drafts.remove_entry(draft=self.draft, entry=entry, actor=self.actor)
        return self.home()


class RuleEdit(OfDraft, ActionForm):
    """A rule. The button "Try it" (and htmx while somebody types) shows what it does to a text."""

    permission = "capture_policies.put_rule"
    template_name = "capture_policies/rule_edit.html"
    form_class = RuleForm
    success_message = "Saved in the draft."

    @cached_property
    def row(self) -> DraftRule | None:
        wanted = self.kwargs.get("rule")
        return get_object_or_404(DraftRule, draft=self.draft, pk=wanted) if wanted else None

    def get_initial(self) -> dict[str, Any]:
        return RuleForm.start(self.row) if self.row else {"method": "mask"}

    def get_form_kwargs(self) -> dict[str, Any]:
        salt = TRY_SALT if "preview" in self.request.POST else None
        return {**super().get_form_kwargs(), "draft": self.draft, "row": self.row, "salt": salt}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(row=self.row, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "preview" in request.POST:
            return self._preview(self.get_form())
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def act(self, form: RuleForm) -> str:
        with form.faults_at_fields():
            drafts.put_rule(draft=self.draft, rule=self.row, data=form.data_for_action(), actor=self.actor)
        return self.home()

    def _preview(self, form: RuleForm) -> HttpResponse:
        text = self.request.POST.get("preview_text", "")
        complete = form.is_valid()
        preview = try_rule(form.data_for_action(), text) if complete else None
        return self.render_to_response(
            self.get_context_data(form=form, preview=preview, preview_text=text, incomplete=not complete)
        )


class RuleRemove(OfDraft, ActionPost):
    permission = "capture_policies.remove_rule"
    success_message = "Taken out of the draft."

    def act(self, **kwargs: Any) -> str:
        rule = get_object_or_404(DraftRule, draft=self.draft, pk=kwargs["rule"])
        drafts.remove_rule(draft=self.draft, rule=rule, actor=self.actor)
        return self.home()
