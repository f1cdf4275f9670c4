"""The navigation offers what the pages open, and the theme is known before anything is drawn."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import resolve

from mci_admin import context, navigation

TEMPLATES = Path(settings.BASE_DIR) / "templates"
SPRITE = (Path(settings.BASE_DIR) / "static" / "img" / "icons.svg").read_text()


def request_for(path: str, user: Any = None) -> Any:
    request = RequestFactory().get(path)
    request.user = user or AnonymousUser()
    return request


def labels(sections: tuple[navigation.Section, ...]) -> set[str]:
    return {link.label for section in sections for link in section.links}


@pytest.mark.django_db
def test_every_offered_place_opens_for_the_one_it_is_offered_to(cast: Any) -> None:
    for name in ("admin", "officer", "ml", "auditor", "employee"):
        user, client = getattr(cast, name), cast.client(name)
        for path in ("/", "/me/"):
            for section in navigation.sections_for(request_for(path, user), user):
                for link in section.links:
                    assert client.get(link.url).status_code == 200, (name, link.url)


@pytest.mark.django_db
def test_plain_employee_is_offered_own_places_only(cast: Any) -> None:
    user = cast.employee
    assert labels(navigation.sections_for(request_for("/", user), user)) <= {
        entry.label for entry in navigation.OWN_ENTRIES
    }


def test_visitor_is_offered_nothing() -> None:
    visitor = AnonymousUser()
    assert navigation.sections_for(request_for("/"), visitor) == ()


def test_place_without_a_page_is_left_out() -> None:
    assert navigation.address_of("nowhere:list") == ""
    assert not navigation.open_to(AnonymousUser(), "nowhere:list")


def test_present_place_is_marked() -> None:
    request = request_for("/me/")
    entry = navigation.Entry("", "Sign in", "account_login", "key", "k", ("account_",))
    request.resolver_match = resolve("/accounts/password/reset/")
    (section,) = navigation._sections(request, AnonymousUser(), [entry])
    assert section.links[0].current


def test_keys_are_given_once() -> None:
    for entries in (navigation.STAFF_ENTRIES, navigation.OWN_ENTRIES):
        keys = [entry.key for entry in entries]
        assert len(keys) == len(set(keys))


def test_every_named_icon_is_in_the_sprite() -> None:
    named = {entry.icon for entry in (*navigation.STAFF_ENTRIES, *navigation.OWN_ENTRIES)}
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        named |= set(re.findall(r'{% icon "([a-z0-9-]+)"', text)) | set(
            re.findall(r'icon="([a-z0-9-]+)"', text)
        )
    assert {name for name in named if f'id="{name}"' not in SPRITE} == set()


def test_no_template_has_inline_style_script_or_handler() -> None:
    pattern = re.compile(r"""\sstyle=|\son[a-z]+=|<style|hx-on|<script(?![^>]*(\ssrc=|application/json))""")
    wrong = [
        f"{template.name}: {found.group()}"
        for template in TEMPLATES.rglob("*.html")
        for found in [pattern.search(re.sub(r"{%.*?%}|{{.*?}}", "", template.read_text()))]
        if found
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("cookie", "profile", "theme"),
    [("dark", "light", "dark"), ("", "dark", "dark"), ("", "auto", ""), ("purple", "", ""), ("", "", "")],
)
def test_theme_of_the_machine_wins_over_the_profile(cookie: str, profile: str, theme: str) -> None:
    request = request_for("/")
    if cookie:
        request.COOKIES["mci_theme"] = cookie
    if profile:
        request._cached_user = type("Someone", (), {"theme": profile})()
    assert context.console(request)["theme"] == theme
