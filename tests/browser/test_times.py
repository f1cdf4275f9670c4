"""The exact moment is at hand beside "3 hours ago": by mouse, touch, keyboard and screen reader, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from agents.models import Device
from tests.browser.conftest import MakeWalk
from tests.browser.support import Walk
from tests.server.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AGO, EXACT = ".rows .time-ago", ".rows .time-exact"
SEEN = "3 hours ago"
#: Whether a person sees it: what is kept for screen readers is one pixel wide.
WIDE = "element => element.getBoundingClientRect().width > 1"
TAB_STOPS = """[...document.querySelectorAll("main :is(a, button, input, select, summary, [tabindex])")]
    .filter((one) => one.tabIndex >= 0).length"""
HEIGHTS = "[...document.querySelectorAll('.rows tbody tr')].map((row) => row.offsetHeight)"


@pytest.fixture
def devices(cast: Cast, walk_as: MakeWalk) -> Walk:
    Device.objects.filter(pk=cast.device.pk).update(last_seen_at=timezone.now() - timedelta(hours=3))
    walk = walk_as("admin")
    walk.go("/devices/")
    return walk


def shown(page: Page) -> tuple[bool, bool]:
    """Whether "ago" and the exact moment are seen in the first row that has them."""
    return page.locator(AGO).first.evaluate(WIDE), page.locator(EXACT).first.evaluate(WIDE)


def test_the_button_shows_exact_times_and_is_remembered_without_growing_the_table(devices: Walk) -> None:
    page = devices.page
    expect(page.locator(AGO).first).to_have_text(SEEN)
    heights, stops = page.evaluate(HEIGHTS), page.evaluate(TAB_STOPS)
    assert shown(page) == (True, False)
    button = page.get_by_role("button", name="Exact times")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert shown(page) == (False, True)
    assert (page.evaluate(HEIGHTS), page.evaluate(TAB_STOPS)) == (heights, stops)
    devices.step("exact")
    devices.go("/devices/")
    assert shown(page) == (False, True)
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("t")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert shown(page) == (True, False)


def test_the_exact_time_is_that_of_the_readers_zone_and_read_out_with_the_other(devices: Walk) -> None:
    time = devices.page.locator(".rows time").first
    expect(time).to_contain_text(f"{SEEN}, ")
    expect(time).to_contain_text("CE")  # the browser of the test lives in Berlin
    assert "CE" in (time.get_attribute("title") or "")


def test_a_phone_and_paper_show_both(devices: Walk) -> None:
    page = devices.page
    page.set_viewport_size({"width": 390, "height": 844})
    assert shown(page) == (True, True)
    expect(page.locator("[data-times-toggle]")).to_be_hidden()
    ago, exact = page.locator(AGO).first.bounding_box(), page.locator(EXACT).first.bounding_box()
    assert ago is not None
    assert exact is not None
    assert exact["y"] > ago["y"]
    devices.step("phone", judged_as=((390, "light"), (390, "dark")))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(media="print")
    assert shown(page) == (True, True)


@pytest.fixture
def tablet(browser: Browser, cast: Cast, live_server: Any) -> Iterator[Page]:
    """A large screen that is touched: nothing hovers over a title."""
    context = browser.new_context(viewport={"width": 1024, "height": 768}, has_touch=True, is_mobile=True)
    cookie = settings.SESSION_COOKIE_NAME
    value = cast.client("admin").cookies[cookie].value
    context.add_cookies([{"name": cookie, "value": value, "url": live_server.url}])
    Device.objects.filter(pk=cast.device.pk).update(last_seen_at=timezone.now() - timedelta(hours=3))
    page = context.new_page()
    page.goto(f"{live_server.url}/devices/")
    yield page
    context.close()


def test_a_screen_that_is_touched_shows_exact_times_unless_asked_otherwise(tablet: Page) -> None:
    assert shown(tablet) == (False, True)
    tablet.get_by_role("button", name="Exact times").tap()
    assert shown(tablet) == (True, False)
    tablet.reload()
    assert shown(tablet) == (True, False)


def test_where_no_time_is_relative_there_is_no_button(devices: Walk) -> None:
    devices.go("/profile/")
    button = devices.page.locator("[data-times-toggle]")
    expect(button).to_be_hidden()
    devices.page.keyboard.press("t")
    expect(button).to_have_attribute("aria-pressed", "false")
