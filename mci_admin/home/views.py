"""The first page of each role: what waits for this person, asked of every app, and how the programme stands.

An app takes part by having ``waiting.py`` with ``waiting(user) -> list[WaitingItem]``. Somebody without a
staff role starts in the employee portal.
"""

from __future__ import annotations

import importlib.util
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.views.generic import TemplateView

from accounts.access import EmployeePage
from accounts.models import Role, User
from accounts.permissions import roles_of
from accounts.waiting import WaitingItem
from mci_admin.home.programme import standing

PORTAL = "privacy_requests_me:home"


def waiting_for(user: User) -> list[WaitingItem]:
    """What every app says, the largest number first."""
    found: list[WaitingItem] = []
    for app in settings.OUR_APPS:
        name = f"{app}.waiting"
        if importlib.util.find_spec(name) is not None:
            found += import_module(name).waiting(user)
    return sorted(found, key=lambda item: -item.count)


class Home(EmployeePage, TemplateView):
    template_name = "home.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        portal = _address(PORTAL)
        if not roles_of(request.user) and portal:
            return redirect(portal)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        assert isinstance(user, User)
        return super().get_context_data(
            items=waiting_for(user),
            standing=standing(user),
            role_names=[Role(role).label for role in sorted(user.roles)],
            portal=_address(PORTAL),
            **kwargs,
        )


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
