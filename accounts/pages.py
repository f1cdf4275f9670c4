"""How a page calls an action: a form whose refusals come back beside its fields, and a button that only acts.

Bases for class views, used after :class:`accounts.access.StaffPage` or ``EmployeePage``. What is not a
matter of input (403, 404) goes on to the error pages.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views import View
from django.views.generic import FormView

from accounts.actors import user_actor
from audits import reasons
from audits.actor import Actor
from audits.forms_support import page_before
from mci_core.errors import ActionError, Forbidden, Invalid, NotFound, Unauthenticated

_NOT_INPUT = (Forbidden, NotFound, Unauthenticated)


class _Acting(View):
    @property
    def actor(self) -> Actor:
        return user_actor(self.request)


class ActionForm(_Acting, FormView[Any]):
    """Implement ``act(form)``: call one action and return the address to go to. An invalid form answers
    422.
    """

    success_message = ""

    def act(self, form: Any) -> str:
        raise NotImplementedError

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            url = self.act(form)
        except _NOT_INPUT:
            raise
        except ActionError as fault:
            form.add_error(fault.field if fault.field in form.fields else None, fault.message)
            return self.form_invalid(form)
        if self.success_message:
            messages.success(self.request, self.success_message)
        return HttpResponseRedirect(url)

    def form_invalid(self, form: Form) -> HttpResponse:
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
        return response


class ActionPost(_Acting):
    """Implement ``act(**kwargs)`` for a button or a confirm dialog; a refusal becomes a message on the
    page before.
    """

    success_message = ""
    http_method_names = ("post",)

    @property
    def reason(self) -> str:
        """What was typed into the dialog."""
        text: str = self.request.POST.get("reason", "")
        if len(text) > reasons.MOST or "\x00" in text:
            raise Invalid(f"Write a reason of at most {reasons.MOST} characters.", field="reason")
        return text

    def act(self, **kwargs: Any) -> str:
        """Call one action and return the address to go to."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            url = self.act(**kwargs)
        except _NOT_INPUT:
            raise
        except ActionError as fault:
            messages.error(request, fault.message)
            return HttpResponseRedirect(page_before(request) or "/")
        if self.success_message:
            messages.success(request, self.success_message)
        return HttpResponseRedirect(url)
