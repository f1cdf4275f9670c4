"""What every page knows besides its own content: the navigation, the roles of the reader and the theme.

All of it is lazy: an error page that shows none of it reads nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts import permissions
from mci_admin import navigation

THEMES = ("light", "dark")
THEME_COOKIE = "mci_theme"
MENU = {
    "nav_own": "privacy_requests_me:home",
    "nav_profile": "accounts:profile",
    "nav_tokens": "accounts:token_list",
}


def console(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the navigation (``nav_…``) and the theme."""
    user: Any = getattr(request, "user", None)
    found: dict[str, Any] = {
        "nav_roles": _lazy(lambda: permissions.roles_of(user)),
        "nav_sections": _lazy(lambda: navigation.sections_for(request, user)),
        "nav_own_area": navigation.in_own_area(request),
        "nav_home": _lazy(lambda: navigation.address_of("home") or "/"),
        "theme": _theme(request),
    }
    for key, url_name in MENU.items():
        found[key] = _lazy(functools.partial(_menu_address, user, url_name))
    return found


def _menu_address(user: Any, url_name: str) -> str:
    return navigation.address_of(url_name) if navigation.open_to(user, url_name) else ""


def _lazy(make: Callable[[], Any]) -> Any:
    return SimpleLazyObject(make)


def _theme(request: HttpRequest) -> str:
    """What was chosen on this machine, else in the profile; nothing means the script follows the system.

    Only a person who is loaded already is looked at: an error page asks the database for nobody.
    """
    in_profile = getattr(getattr(request, "_cached_user", None), "theme", "")
    chosen = request.COOKIES.get(THEME_COOKIE) or in_profile
    return chosen if chosen in THEMES else ""
