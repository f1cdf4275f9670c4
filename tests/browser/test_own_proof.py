"""The proof of a look in a real browser, by keyboard alone, and a server that proves another entry."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Route, expect

from audits import checkpoints
from audits.models import AuditEntry
from reviews import actions
from tests.browser.conftest import MakeWalk
from tests.browser.support import Walk
from tests.server import looks
from tests.server.audits.support import advance_all, write
from tests.server.cast import Cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


def _tab_to(walk: Walk, wanted: Locator) -> None:
    """As somebody without a mouse gets there."""
    for _ in range(80):
        walk.page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError("the keyboard does not lead there")


def _checked(walk: Walk) -> str:
    _tab_to(walk, walk.page.locator("[data-verify] button"))
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_selector("[data-verify][data-result=good], [data-verify][data-result=bad]")
    return str(walk.page.get_attribute("[data-verify]", "data-result"))


def test_a_person_proves_a_look_by_keyboard(cast: Cast, walk_as: MakeWalk) -> None:
    write(20)
    grant = looks.looked(cast)
    actions.record_view(grant=grant, what="frame", part="frame 1", actor=cast.actor("officer"))
    walk = walk_as("employee")
    walk.go(f"/me/looks/{grant.pk}/")
    expect(walk.page.locator("main")).to_contain_text("come back in a minute")
    walk.step("01-looks-not-signed")
    advance_all(AuditEntry.objects.count())
    assert checkpoints.sign() is not None
    walk.go(f"/me/looks/{grant.pk}/")
    walk.step("02-looks")
    _tab_to(walk, walk.page.get_by_role("link", name="Proof frame 1"))
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/me/log/entries/*/")
    walk.settle()
    assert _checked(walk) == "good", walk.page.inner_text("[data-steps]")
    expect(walk.page.locator("[data-steps]")).to_contain_text("Proven: this entry stands in the log")
    for part in ("leaf", "proof"):
        with walk.page.expect_download() as fetched:
            _tab_to(walk, walk.page.locator(f"a[href$='?part={part}']"))
            walk.page.keyboard.press("Enter")
        assert fetched.value.suggested_filename.endswith(f".{part}")
    walk.step("03-entry-proven")
    walk.page.route("**/proof/", _another_role)
    walk.go(walk.page.url.removeprefix(walk.base))
    assert _checked(walk) == "bad"


def _another_role(route: Route) -> None:
    given = route.fetch().json()
    route.fulfill(json={**given, "leaf": given["leaf"].replace("privacy_officer", "ml_staff")})


def test_an_entry_that_is_not_signed_says_so_and_the_check_refuses(cast: Cast, walk_as: MakeWalk) -> None:
    grant = looks.looked(cast)
    entry = AuditEntry.objects.get(object_id=str(grant.pk), action="reviews.record_view").pk
    walk = walk_as("employee")
    walk.go(f"/me/log/entries/{entry}/")
    expect(walk.page.locator("main")).to_contain_text("come back in a minute")
    walk.step("04-entry-not-signed")
    assert _checked(walk) == "bad"
    expect(walk.page.locator("[data-steps]")).to_contain_text("has not been signed since")
