"""The one staff page about where a person worked: by pseudonym, with a reason that the person sees."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from accounts.models import Subject
from accounts.pages import ActionForm
from accounts.places import stays
from jurisdictions import actions, forms
from jurisdictions.views.parts import LawPage
from mci_core.errors import Invalid


class PlaceHistory(LawPage, ActionForm):
    """Answers the post with the history itself: it is shown once, after the look is on record."""

    permission = "jurisdictions.look_at_places"
    fresh = "jurisdictions.look_at_places"
    template_name = "jurisdictions/place_history.html"
    form_class = forms.LookForm

    shown: dict[str, Any]

    def act(self, form: forms.LookForm) -> str:
        subject = (
            Subject.objects.visible_to(self.request.user)
            .filter(pseudonym=form.cleaned_data["pseudonym"].strip().upper())
            .first()
        )
        if subject is None:
            raise Invalid("Nobody has this pseudonym.", field="pseudonym")
        actions.look_at_places(subject=subject, reason=form.cleaned_data["reason"], actor=self.actor)
        self.shown = {"subject": subject, "stays": stays(subject)[::-1], "now": timezone.now()}
        return ""

    def form_valid(self, form: Any) -> HttpResponse:
        self.shown = {}
        response = super().form_valid(form)
        if not self.shown:
            return response
        page: HttpResponse = self.render_to_response(self.get_context_data(form=form, **self.shown))
        page["Cache-Control"] = "no-store"
        return page
