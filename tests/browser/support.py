"""How a browser test looks at the console: no console error, no policy violation, axe, screenshots.

``Walk`` drives one page. ``walk.step("03-approve")`` proves that the page as it stands is clean at 1440
pixels in light and 390 in dark. Axe judges steps in these two looks by turns, with ``MCI_LOOKS=both`` (as in
CI) each step in both. With ``MCI_PICTURES=looks`` it keeps what the page looks like in both, under
``artifacts/browser/<name of the walk>/``; with ``MCI_PICTURES=all`` in both widths and both themes. Pictures
and axe cost more time than anything else in these tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import os
import shutil
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "artifacts" / "browser"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = ((1440, 900), (390, 844))
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Where axe looks: both widths and both themes, each once.
Looks = tuple[tuple[int, str], ...]
JUDGED: Looks = ((1440, "light"), (390, "dark"))
SETTLED = """!document.querySelector(".htmx-request")
    && [...document.querySelectorAll("[data-chart]")].every((area) => area.dataset.drawn)"""
#: The next frame is drawn; charts follow the width a little later.
DRAWN = """new Promise((done) => requestAnimationFrame(() =>
    setTimeout(done, document.querySelector("[data-chart]") ? 120 : 0)))"""
#: Only what is broken comes back: the list of what is right takes longer than finding out.
RUN_AXE = 'axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations)'
SERIOUS = ("serious", "critical")
#: Noise that says nothing about a page: a refused request is judged by its response, not by this line.
QUIET = ("Failed to load resource",)
PICTURES = os.environ.get("MCI_PICTURES", "")
ALL_PICTURES = PICTURES == "all"
BOTH_LOOKS = os.environ.get("MCI_LOOKS") == "both"


#: The first that is there. The shell without windows takes a quarter less of the processor.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
#: A busy machine is slow and not broken: what comes ends the wait at once, however long it may be.
PATIENCE = 45_000


def chromium_path() -> str | None:
    """Debian's Chromium, or the one named by CHROMIUM."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def launch(playwright: Playwright) -> Browser:
    """Headless; ``--no-sandbox`` because tests may run as root in a container."""
    return playwright.chromium.launch(
        executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    )


def totp(secret: str, at: float | None = None) -> str:
    """The code of an authenticator app (RFC 6238: SHA-1, 30 s, 6 digits)."""
    padded = secret + "=" * (-len(secret) % 8)
    counter = int((time.time() if at is None else at) // 30)
    mac = hmac.new(base64.b32decode(padded, casefold=True), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = mac[-1] & 15
    (number,) = struct.unpack(">I", mac[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


def open_walk(browser: Browser, *, name: str, base: str) -> Walk:
    """A browser with a fresh profile for one person."""
    context = browser.new_context(
        viewport={"width": WIDTHS[0][0], "height": WIDTHS[0][1]},
        locale="en-GB",
        timezone_id="Europe/Berlin",
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    return Walk(name=name, base=base, context=context, page=context.new_page())


@dataclass
class Codes:
    """Codes of authenticator apps. A code is accepted once, so the next one waits for its half minute."""

    used: dict[str, str] = field(default_factory=dict)

    def next(self, secret: str) -> str:
        while (code := totp(secret)) == self.used.get(secret):
            time.sleep(1)
        self.used[secret] = code
        return code


@dataclass
class Walk:
    """One person at one browser. ``problems`` collects what went wrong since the last look."""

    name: str
    base: str
    context: BrowserContext
    page: Page
    codes: Codes = field(default_factory=Codes)
    problems: list[str] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        self.context.add_init_script(path=Path(__file__).with_name("violations.js"))
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("response", self._on_response)

    # ------------------------------------------------------------ moving about
    def go(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.settle()

    def settle(self) -> None:
        """Until the page and what htmx asked for are there, and charts are drawn."""
        self.page.wait_for_load_state("load")
        deadline = time.monotonic() + PATIENCE / 1000
        # Asked from outside: a function that waits inside the page would need eval, which its policy forbids.
        while not self.page.evaluate(SETTLED):
            assert time.monotonic() < deadline, "the page does not come to rest"
            self.page.wait_for_timeout(50)

    def sign_in(self, email: str, password: str, totp_secret: str = "") -> None:
        """By e-mail and password, and the second factor where the account has one."""
        self.context.clear_cookies()
        self.go("/accounts/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("main button[type=submit]:not([form])")
        self.settle()
        if totp_secret and "/2fa/" in self.page.url:
            self.enter_code(totp_secret)
        if "/accounts/login" in self.page.url:
            raise AssertionError(f"the sign-in of {email} was refused")

    def enter_code(self, totp_secret: str) -> None:
        """On a page that asks for the second factor."""
        self.page.fill("input[name=code]", self.codes.next(totp_secret))
        self.page.click("main form:has(input[name=code]) button[type=submit]")
        self.settle()

    def confirm_if_asked(self, totp_secret: str) -> None:
        """A fresh second factor, if the last step led to the page that asks for it."""
        if "/2fa/reauthenticate" in self.page.url or "/reauthenticate" in self.page.url:
            self.enter_code(totp_secret)

    # ------------------------------------------------------------ looking
    def step(self, name: str, *, axe: bool = True, shots: bool = True, judged_as: Looks = ()) -> None:
        """The page is clean now; keep what it looks like, when pictures are asked for."""
        self.settle()
        self.steps += 1
        judged_as = judged_as or (JUDGED if BOTH_LOOKS else (JUDGED[self.steps % len(JUDGED)],))
        found = list(self.problems)
        for (width, height), theme in itertools.product(WIDTHS, THEMES):
            judged = (width, theme) in judged_as
            shown = shots and (ALL_PICTURES or (PICTURES == "looks" and (width, theme) in JUDGED))
            if not (judged or (width, theme) in JUDGED or (shots and ALL_PICTURES)):
                continue
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.page.evaluate(DRAWN)
            if shown:
                self._shot(f"{name}-{width}-{theme}")
            if axe and judged:
                found += [f"{width} {theme}: {line}" for line in self.axe()]
            found += self._too_wide(width)
        self.page.set_viewport_size({"width": WIDTHS[0][0], "height": WIDTHS[0][1]})
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found += self._violations()
        self.problems.clear()
        if found:
            raise AssertionError(f"step {name} at {self.page.url}:\n" + "\n".join(dict.fromkeys(found)))

    def axe(self) -> list[str]:
        """What axe finds serious or critical, one line each."""
        if not self.page.evaluate("'axe' in window"):
            session = self.context.new_cdp_session(self.page)
            session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
            session.detach()
        broken: list[dict[str, Any]] = self.page.evaluate(RUN_AXE)
        return [
            f"axe {rule['id']} ({rule['impact']}): {node['html'][:160]}"
            for rule in broken
            if rule["impact"] in SERIOUS
            for node in rule["nodes"][:3]
        ]

    def _shot(self, name: str) -> None:
        self.page.evaluate("document.querySelector('dialog[open]') || window.scrollTo(0, 0)")
        folder = ARTIFACTS / self.name
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)

    def _too_wide(self, width: int) -> list[str]:
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        return [f"the page is {wide} pixels wide at {width}"] if wide > width else []

    def _violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.policyViolations.splice(0)")
        return [f"content security policy: {line}" for line in found]

    # ------------------------------------------------------------ what the browser says
    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(QUIET):
            self.problems.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        page_itself = response.request.resource_type == "document"
        limit = 500 if page_itself or response.status in (409, 422) else 400
        if response.status >= limit:
            self.problems.append(f"{response.status} for {response.request.method} {response.url}")
