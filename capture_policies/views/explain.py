"""Would this be captured? One event under one policy, or the same event under two of them, side by side.

Both pages are asked by their address, so that an answer can be sent to somebody else.
"""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from accounts.access import StaffPage
from capture_policies import asking, explaining
from capture_policies.explain_forms import EventForm, MomentForm, WhichForm, WhoForm
from capture_policies.explaining import Explanation
from mci_core.errors import ActionError


class _Asking(StaffPage, TemplateView):
    """A page that shows its forms, and an answer once they are filled in well."""

    permission = "capture_policies.view"

    @cached_property
    def given(self) -> Any:
        """What was asked, or None when nothing was yet."""
        return self.request.GET if "signal" in self.request.GET else None

    @cached_property
    def event(self) -> EventForm:
        return EventForm(self.given, label_suffix="")

    @cached_property
    def who(self) -> WhoForm:
        return WhoForm(self.given, label_suffix="")

    def forms(self) -> list[Form]:
        raise NotImplementedError

    def answer(self) -> dict[str, Any]:
        """What is shown once every form is valid; an `ActionError` becomes an error of a field."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.get_context_data(**kwargs)
        if self.given is not None and all(form.is_valid() for form in self.forms()):
            context |= self.answer()
        wrong = self.given is not None and any(form.errors for form in self.forms())
        context["wrong"] = wrong
        return self.render_to_response(context, status=422 if wrong else 200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            event=self.event, who=self.who, places=WhoForm.known_places(), **kwargs
        )

    def explained(self, form: WhichForm, at: Any = None) -> Explanation | None:
        """The answer under the policy of a form, or None when the form names none."""
        question = asking.question_of({**self.event.cleaned_data, **self.who.cleaned_data}, at=at)
        try:
            asked = asking.asked_of(self.request.user, form.cleaned_data, question.at)
        except ActionError as fault:
            form.add_error(fault.field if fault.field in form.fields else None, fault.message)
            return None
        return explaining.explain(question, asked)


class Explain(_Asking):
    """One event under one policy."""

    template_name = "capture_policies/explain.html"

    @cached_property
    def which(self) -> WhichForm:
        return WhichForm(self.given, user=self.request.user, label_suffix="")

    def forms(self) -> list[Form]:
        return [self.event, self.who, self.which]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(which=self.which, **kwargs)

    def answer(self) -> dict[str, Any]:
        return {"found": self.explained(self.which)}


class Compare(_Asking):
    """The same event under two policies, or under the live one at two moments."""

    template_name = "capture_policies/explain_compare.html"

    @cached_property
    def sides(self) -> list[MomentForm]:
        return [
            MomentForm(self.given, prefix=prefix, user=self.request.user, label_suffix="") for prefix in "ab"
        ]

    def forms(self) -> list[Form]:
        return [self.event, self.who, *self.sides]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(sides=self.sides, **kwargs)

    def answer(self) -> dict[str, Any]:
        found = [self.explained(form, form.cleaned_data["at"]) for form in self.sides]
        return {"answers": found if all(found) else None}
