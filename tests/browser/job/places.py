"""Every list and detail page that a role is offered, with data in it; and a form filled by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.browser.job.scene import Scene, path_of
from tests.browser.support import JUDGED, Walk

STAFF = ("admin", "officer", "ml", "auditor")
#: No pages, or of one look only: each visit is a look that is logged, or they need a grant that is over.
LEFT_OUT = re.compile(
    r"/grants/|^/audit/(?:checkpoint|keys)$|/file/$|\.(?:json|csv|yaml|yml)$|\.webp$|/accounts/|/frames/|/looks/.+/frames"
)
_HREF = re.compile(r'<a [^>]*href="(/[^"?#]*)')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/)")


def visit(scene: Scene, name: str) -> None:
    """Follow the navigation, then from each page every link to a kind of page that was not seen yet.

    What another role was shown before is fetched without being drawn: it differs in a few buttons only.
    """
    walk = scene.sign_in(name)
    walk.problems.clear()
    start = "/" if name in STAFF else "/me/"
    seen: set[str] = {_kind(start)}
    queue = [start]
    faults: list[str] = []
    while queue:
        path = queue.pop(0)
        known = path != start and _kind(path) in scene.judged
        links = _fetched(walk, path) if known else None
        for link in _shown(scene, name, path, faults) if links is None else links:
            if _kind(link) not in seen:
                seen.add(_kind(link))
                queue.append(link)
    assert not faults, "\n".join(faults)
    assert len(seen) > 8


def _shown(scene: Scene, name: str, path: str, faults: list[str]) -> list[str]:
    """The links of a page in the browser, which is judged in one look: the walks of its own part judge it
    in both.
    """
    walk = scene.walks[name]
    try:
        walk.go(path)
    except PlaywrightError as fault:
        if "Download is starting" in fault.message:
            return []  # a file that is handed out is no page
        raise
    if "/reauthenticate/" in walk.page.url:
        scene.fresh(name)
    if walk.page.evaluate("document.contentType") != "text/html":
        return []
    try:
        kind = _kind(path_of(walk))
        look = JUDGED[len(scene.judged) % 2]
        walk.step(f"{name}{kind}", shots=False, axe=kind not in scene.judged, judged_as=(look,))
        scene.judged.add(kind)
    except AssertionError as fault:
        faults.append(str(fault))
    assert not re.search(r"(403|404|500)\s", walk.page.title() + " "), path
    found: list[str] = walk.page.eval_on_selector_all(
        "a[href]",
        "(links) => links.map((link) => new URL(link.href))"
        ".filter((url) => url.origin === location.origin).map((url) => url.pathname)",
    )
    return [link for link in found if not LEFT_OUT.search(link)]


def _fetched(walk: Walk, path: str) -> list[str] | None:
    """The links of a page that is only fetched; None where the second factor is asked for first."""
    answer = walk.context.request.get(walk.base + path)
    if "/reauthenticate/" in answer.url:
        return None
    assert answer.ok, f"{answer.status} for {path}"
    if "attachment" in answer.headers.get("content-disposition", ""):
        return []
    return [link for link in _HREF.findall(answer.text()) if not LEFT_OUT.search(link)]


def _kind(path: str) -> str:
    """Two pages of the same kind differ in an id only."""
    return _UUID.sub("*", path.partition("?")[0])


def write_a_draft_by_keyboard(scene: Scene) -> None:
    """From the home page with ``g d`` to the list, then Tab, letters and Enter; the focus always shows."""
    walk = scene.walks["admin"]
    page = walk.page
    walk.go("/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/policies/drafts/")
    _tab_to(walk, "New draft")
    page.keyboard.press("Enter")
    page.wait_for_url("**/policies/drafts/new/")
    _tab_to(walk, "title")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type("Nobody needs a mouse.")
    _tab_to(walk, "Open draft")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("By keyboard")
    _tab_to(walk, "Discard…")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_role("button", name="Discard…")).to_be_focused()


def _tab_to(walk: Walk, wanted: str) -> None:
    """Press Tab until the element with this text or name has the focus, and see that the focus shows."""
    look = """() => { const it = document.activeElement; const style = getComputedStyle(it);
        return { words: it.innerText || "", name: it.name || "",
            shown: style.outlineStyle !== "none" || style.boxShadow !== "none" } }"""
    for _ in range(80):
        walk.page.keyboard.press("Tab")
        found = walk.page.evaluate(look)
        if wanted in (found["words"].strip(), found["name"]):
            assert found["shown"], f"the focus on {wanted} cannot be seen"
            return
    raise AssertionError(f"{wanted} cannot be reached with Tab")
