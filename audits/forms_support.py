"""Decides how an action's refusal comes back to the form that asked: at its field, with what was typed kept.

Refusals about what was entered or about the state of the object (422, 409, 429) belong to the form. Refusals
about the person (401, 403, 404) do not: they pass on to the gate and the error pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import FormView

from mci_core.errors import ActionError

FORM_STATUSES = frozenset({409, 413, 422, 429, 503})


def page_before(request: HttpRequest) -> str | None:
    """The page of ours that sent this form, as a path; never another host."""
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    # A path that begins with two slashes would be another host to a browser.
    ours = parts.netloc == request.get_host() and path.startswith("/") and parts.path != request.path
    return path if ours and url_has_allowed_host_and_scheme(path, None) else None


@contextmanager
def refusals_on(form: BaseForm) -> Iterator[None]:
    """``with refusals_on(form): actions.verb(...)``; look at ``form.is_valid()`` afterwards."""
    try:
        yield
    except ActionError as refusal:
        if refusal.status not in FORM_STATUSES:
            raise
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, refusal.message)


if TYPE_CHECKING:
    _FormView = FormView[Any]
else:  # generic for the type checker only
    _FormView = FormView


class ActionFormMixin(_FormView):
    """A form page that runs one action: write ``perform(form)``, which calls it.

    ``success_message`` may use ``{result}``. An answer that shows the form again has status 422.
    """

    success_message = ""

    def perform(self, form: Any) -> Any:
        """Call one action with the cleaned data and give back its result."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        with refusals_on(form):
            self.result = self.perform(form)
        if form.errors:
            return self.form_invalid(form)
        if self.success_message:
            messages.success(self.request, self.success_message.format(result=self.result))
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
