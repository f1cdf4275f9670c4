"""The page on which a person sets theme and time zone. The theme also goes into a cookie, which pages
read.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from accounts import actions, forms
from accounts.access import EmployeePage
from accounts.models import User
from accounts.pages import ActionForm

THEME_COOKIE = "mci_theme"
_YEAR = 365 * 86_400


def remember_theme(response: HttpResponse, theme: str) -> None:
    """No cookie means: as the system."""
    if theme == "auto":
        response.delete_cookie(THEME_COOKIE)
        return
    secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR, secure=secure, samesite="Lax")


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
            remember_theme(response, form.cleaned_data["theme"])
        return response
