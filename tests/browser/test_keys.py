"""Signing keys and a release that waits for its approvers, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as configuration

from capture_policies.actions import releases
from tests.browser.conftest import MakeWalk
from tests.server.capture_policies.ceremony import Ceremony
from tests.server.capture_policies.support import EXCEL, SYSTEM, Desk, found_repository
from tests.server.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def test_keys_and_a_release_that_waits(
    cast: Cast, make_walk: MakeWalk, live_server: Any, settings: Any, tmp_path: Any
) -> None:
    settings.KEYS_DIR = tmp_path
    found_repository()
    walk = make_walk(live_server.url)
    cookie = configuration.SESSION_COOKIE_NAME
    value = cast.client("officer").cookies[cookie].value
    walk.context.add_cookies([{"name": cookie, "value": value, "url": live_server.url}])
    walk.go("/policies/keys/")
    walk.step("01-keys-of-the-server")

    people = Ceremony().begin()
    desk = Desk(cast)
    version = desk.approve(desk.version(entries=[EXCEL]), desk.officer, desk.ml)
    releases.sign_release(version=version, actor=SYSTEM)
    people.sign(0)
    walk.go(f"/policies/versions/{version.pk}/")
    assert "waits for 1 of 2 signatures" in walk.page.inner_text("#releases")
    walk.step("02-version-waits")
    walk.page.click("#releases a")
    walk.step("03-waits-for-signatures")
    walk.page.click("text=Withdraw…")
    walk.page.fill("#id_withdraw_reason", "It should be asked again")
    walk.step("04-withdraw")
    walk.page.click("dialog[open] button[type=submit]")
    walk.page.wait_for_selector("text=The request is withdrawn.")
    assert "Waits for signatures" not in walk.page.inner_text("main")
