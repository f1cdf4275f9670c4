"""The page on which a person sets theme and time zone."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from accounts import actions, forms
from accounts.access import EmployeePage
from accounts.models import User
from accounts.pages import ActionForm

#: What the switch in the page head writes for one machine; saving the profile takes it back.
THEME_COOKIE = "mci_theme"


class Profile(EmployeePage, ActionForm):
    template_name = "accounts/profile.html"
    form_class = forms.ProfileForm
    success_message = "Saved."

    def get_initial(self) -> dict[str, Any]:
        user = self.request.user
        assert isinstance(user, User)
        return {"theme": user.theme, "time_zone": user.time_zone}

    def act(self, form: forms.ProfileForm) -> str:
        actions.update_profile(**form.cleaned_data, actor=self.actor)
        return reverse("accounts:profile")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if response.status_code == 302:
            response.delete_cookie(THEME_COOKIE)
        return response
