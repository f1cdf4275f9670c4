"""Decides what a browser test gets: one Chromium per session, a fresh profile per test.

``console_url`` is a running console (``make demo``), named by MCI_BROWSER_URL; tests that need it are skipped
without. Tests of the components use pytest-django's ``live_server`` and start nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configuration
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.support import PATIENCE, Walk, chromium_path, launch, open_walk
from tests.server.capture_policies.support import found_repository
from tests.server.cast import Cast, cast  # noqa: F401  # the same people and
from tests.server.conftest import (  # noqa: F401  # the same database as the server tests
    _clean_redis,
    _own_state_of_the_log,
    django_db_setup,
)

pytest.register_assert_rewrite("tests.browser.job")
MakeWalk = Callable[[str], Walk]
expect.set_options(timeout=PATIENCE)
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the test's own thread


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium_path() is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="session")
def console_url() -> str:
    url = os.environ.get("MCI_BROWSER_URL", "")
    if not url:
        pytest.skip("MCI_BROWSER_URL names no running console (make demo)")
    return url.rstrip("/")


@pytest.fixture
def make_walk(browser: Browser, request: pytest.FixtureRequest) -> Iterator[MakeWalk]:
    """``make_walk(base)`` opens a browser of its own for one person; more than one may be open at a time."""
    opened: list[Walk] = []

    def make(base: str) -> Walk:
        name = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
        walk = open_walk(browser, name=name, base=base)
        opened.append(walk)
        return walk

    yield make
    for walk in opened:
        walk.context.close()


@pytest.fixture
def walk_as(cast: Cast, make_walk: MakeWalk, live_server: Any) -> MakeWalk:  # noqa: F811  # as a parameter
    """``walk_as("officer")`` is a browser of one of the cast, signed in with a fresh second factor."""

    def make(name: str) -> Walk:
        walk = make_walk(live_server.url)
        cookie = configuration.SESSION_COOKIE_NAME
        value = cast.client(name).cookies[cookie].value
        walk.context.add_cookies([{"name": cookie, "value": value, "url": live_server.url}])
        return walk

    return make


@pytest.fixture
def repository(cast: Cast, settings: Any, tmp_path: Path) -> None:  # noqa: F811
    """The release repository, with keys of its own."""
    settings.KEYS_DIR = tmp_path
    found_repository()


@pytest.fixture
def walk(make_walk: MakeWalk, console_url: str) -> Walk:
    """One person at the running console."""
    return make_walk(console_url)
