"""Every shared component, by hand and by keyboard, in a real browser under the console's own policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import Department
from tests.browser.conftest import MakeWalk
from tests.browser.support import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GALLERY = Path(__file__).parent / "gallery" / "templates"


@pytest.fixture
def gallery(make_walk: MakeWalk, live_server: Any, settings: Any) -> Walk:
    templates = [{**settings.TEMPLATES[0], "DIRS": [GALLERY, *settings.TEMPLATES[0]["DIRS"]]}]
    settings.TEMPLATES = templates
    settings.ROOT_URLCONF = "tests.browser.gallery.urls"
    Department.objects.bulk_create(Department(name=f"Group {number:03d}") for number in range(60))
    return make_walk(live_server.url)


def test_components_are_clean_in_both_themes_and_widths(gallery: Walk) -> None:
    gallery.go("/")
    gallery.step("components")


def test_lists_are_clean(gallery: Walk) -> None:
    gallery.go("/list/")
    gallery.step("list")
    gallery.go("/list/?q=nothing-like-it")
    expect(gallery.page.locator(".empty-title")).to_have_text("Nothing matches")
    gallery.step("no-match")


def test_wrong_form_says_what_is_wrong_where_it_is(gallery: Walk) -> None:
    gallery.go("/form/")
    gallery.page.click("text=Save entry")
    label = gallery.page.locator("#id_label")
    expect(label).to_be_focused()
    expect(label).to_have_attribute("aria-invalid", "true")
    expect(label).to_have_attribute("aria-describedby", "id_label_helptext id_label_error")
    gallery.step("form")


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/nowhere/"])
def test_entrance_and_error_pages_are_clean(gallery: Walk, path: str) -> None:
    gallery.go(path)
    gallery.step("page")


def test_fault_page_says_nothing_was_half_saved(gallery: Walk) -> None:
    gallery.go("/broken/")
    expect(gallery.page.locator("main")).to_contain_text("Nothing was half saved")
    assert [line[:3] for line in gallery.problems] == ["500"]
    gallery.problems.clear()
    gallery.step("fault")


def test_search_narrows_while_typing_and_keeps_the_sort(gallery: Walk) -> None:
    page = gallery.page
    gallery.go("/list/")
    page.click("th a:has-text('Name')")
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    page.keyboard.press("/")
    expect(page.locator("#list-search")).to_be_focused()
    page.keyboard.type("group 02")
    expect(page.locator("tbody tr")).to_have_count(11)  # 002 and 020 to 029
    expect(page.locator("#list-search")).to_be_focused()
    assert "sort=-name" in page.url
    assert "q=group" in page.url
    page.click("text=Clear")
    expect(page.locator(".pages p")).to_contain_text("60")
    assert not gallery.problems


def test_pages_keep_the_search(gallery: Walk) -> None:
    gallery.go("/list/?q=group")
    gallery.page.click("a[rel=next]")
    expect(gallery.page.locator(".page-number[aria-current]")).to_have_text("2")
    assert "q=group" in gallery.page.url


def test_dialog_opens_with_the_focus_inside_and_closes_with_escape(gallery: Walk) -> None:
    gallery.go("/")
    gallery.page.click("text=Halt…")
    expect(gallery.page.locator("#confirm-halt")).to_be_visible()
    expect(gallery.page.locator("#confirm-halt textarea")).to_be_focused()
    gallery.step("dialog")
    gallery.page.keyboard.press("Escape")
    expect(gallery.page.locator("#confirm-halt")).to_be_hidden()


def test_keys_explain_themselves_and_can_be_switched_off(gallery: Walk) -> None:
    page = gallery.page
    gallery.go("/list/")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.locator("[data-shortcuts-on]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#list-search")).not_to_be_focused()


def test_go_keys_lead_to_places(gallery: Walk) -> None:
    gallery.go("/list/")
    gallery.page.keyboard.press("g")
    gallery.page.keyboard.press("m")
    gallery.page.wait_for_url("**/me/")


def test_theme_is_kept_on_this_machine(gallery: Walk) -> None:
    gallery.go("/list/")
    root = gallery.page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")
    gallery.page.click("[data-theme-toggle]")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    gallery.go("/list/")
    expect(root).to_have_attribute("data-bs-theme", "dark")


def test_menu_of_a_phone_opens_and_closes(gallery: Walk) -> None:
    page = gallery.page
    page.set_viewport_size({"width": 390, "height": 844})
    gallery.go("/list/")
    expect(page.locator("#sidebar")).to_be_hidden()
    page.click(".menu-button")
    expect(page.locator("#sidebar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_hidden()


def test_times_are_shown_in_the_readers_zone(gallery: Walk) -> None:
    gallery.go("/")
    signed = gallery.page.locator(".facts time[data-time=both]")
    expect(signed).to_contain_text("5 hours ago")
    expect(signed).to_contain_text("CE")  # the browser of the test lives in Berlin


def test_messages_close_and_faults_stay_until_then(gallery: Walk) -> None:
    gallery.go("/")
    toasts = gallery.page.locator(".toast-card")
    expect(toasts).to_have_count(2)
    gallery.page.locator(".toast-error [data-toast-close]").click()
    expect(toasts).to_have_count(1)


def test_unreachable_server_is_said_and_changes_nothing(gallery: Walk) -> None:
    gallery.go("/list/")
    gallery.page.route("**/list/?*", lambda route: route.abort())
    gallery.page.fill("#list-search", "group 02")
    expect(gallery.page.locator(".toast-error")).to_contain_text("could not be reached")
    expect(gallery.page.locator("tbody tr")).to_have_count(25)
