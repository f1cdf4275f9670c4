"""What every page knows besides its own content: the navigation, the roles of the reader and the theme.

All of it is lazy: an error page that shows none of it reads nothing.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from mci_admin import navigation

THEMES = ("light", "dark")
THEME_COOKIE = "mci_theme"


def console(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the navigation (``nav_…``) and the theme."""
    roles: Any = SimpleLazyObject(lambda: _roles(request))
    return {
        "nav_roles": roles,
        "nav_sections": SimpleLazyObject(lambda: navigation.sections_for(request, frozenset(roles))),
        "nav_own_area": navigation.in_own_area(request),
        "nav_home": SimpleLazyObject(lambda: navigation.address_of("home") or "/"),
        "nav_own": SimpleLazyObject(lambda: navigation.address_of("privacy_requests_me:home")),
        "theme": _theme(request),
    }


def _roles(request: HttpRequest) -> frozenset[str]:
    from accounts.permissions import roles_of  # at call time: error pages render before every app is ready

    user = getattr(request, "user", None)
    return frozenset(roles_of(user)) if user is not None and user.is_authenticated else frozenset()


def _theme(request: HttpRequest) -> str:
    """The theme chosen on this machine; nothing means the script follows the system."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""
