"""Every place that the navigation offers is clean: no error, no policy violation, nothing serious for axe."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from mci_admin import navigation
from tests.browser.conftest import MakeWalk
from tests.server.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
#: Whose places are looked at; each address once, as the first of these who is offered it.
ROLES = ("officer", "admin", "ml", "auditor")


def places(cast: Cast, name: str, area: str) -> list[str]:
    user = cast.user(name)
    sections = navigation.sections_for(RequestFactory().get(area), user)
    return [link.url for section in sections for link in section.links]


def visit(make_walk: MakeWalk, base: str, client: Client, urls: list[str]) -> None:
    walk = make_walk(base)
    name = settings.SESSION_COOKIE_NAME
    walk.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": base}])
    faults: list[str] = []
    for url in urls:
        walk.go(url)
        try:
            walk.step(url.strip("/").replace("/", "-") or "home", shots=False)
        except AssertionError as fault:
            faults.append(str(fault))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", ROLES)
def test_staff_places_are_clean(name: str, cast: Cast, make_walk: MakeWalk, live_server: Any) -> None:
    seen = {url for earlier in ROLES[: ROLES.index(name)] for url in places(cast, earlier, "/")}
    urls = [url for url in places(cast, name, "/") if url == "/" or url not in seen]
    visit(make_walk, live_server.url, cast.client(name), urls)


def test_own_places_are_clean(cast: Cast, make_walk: MakeWalk, live_server: Any) -> None:
    visit(make_walk, live_server.url, cast.client("employee"), places(cast, "employee", "/me/"))
