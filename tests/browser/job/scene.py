"""Decides what the acts share: one running company, its people at browsers of their own, its agents.

An act is a function that takes the ``Scene``. ``scene.play(act)`` plays the acts before it first, each once,
so that every test can run alone; after an act that failed, those that build on it fail at once and say why.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator

from tests.browser.support import Codes, Walk, open_walk
from tests.end_to_end.company import Company

#: Whose agents run: of the people in these places, those who can sign in.
PLACES = ("employee in US-TX", "employee in US-NY")
WALK = "main-job"
Act = Callable[["Scene"], None]


@dataclass
class Scene:
    company: Company
    browser: Browser
    order: Sequence[Act]
    codes: Codes = field(default_factory=Codes)
    walks: dict[str, Walk] = field(default_factory=dict)
    #: What later acts need to know: addresses of pages and names, by the act that found them.
    known: dict[str, str] = field(default_factory=dict)
    #: Kinds of pages that were looked at in both widths.
    judged: set[str] = field(default_factory=set)
    _played: dict[Act, str] = field(default_factory=dict)
    _agents: list[Future[tuple[Path, Path]]] = field(default_factory=list)

    # ------------------------------------------------------------ acts
    def play(self, act: Act) -> None:
        """Everything up to and including this act."""
        for one in self.order[: self.order.index(act) + 1]:
            if one not in self._played:
                self._played[one] = "did not end"
                one(self)
                self._played[one] = ""
            assert not self._played[one], f"the act before, {one.__name__}, {self._played[one]}"

    # ------------------------------------------------------------ people
    def sign_in(self, name: str) -> Walk:
        """The browser of a person of the seed, by the name in the e-mail address; signed in once."""
        if name not in self.walks:
            account = self._account(name)
            walk = open_walk(self.browser, name=WALK, base=self.company.stack.url)
            walk.codes = self.codes
            self.walks[name] = walk
            walk.sign_in(account["email"], account["password"], account.get("totp", ""))
        return self.walks[name]

    def fresh(self, name: str) -> None:
        """Show the second factor again if the page asks for it."""
        self.walks[name].confirm_if_asked(self._account(name).get("totp", ""))

    @property
    def employees(self) -> list[str]:
        """Who can sign in and has one of the running agents."""
        found = [one["email"] for one in self._seed["sign_ins"] if one["label"] in PLACES]
        return [email.partition("@")[0] for email in found]

    def _account(self, name: str) -> dict[str, str]:
        found: dict[str, str] = next(
            one for one in self._seed["sign_ins"] if one["email"].partition("@")[0] == name
        )
        return found

    @property
    def _seed(self) -> dict[str, Any]:
        path = self.company.stack.var / "demo" / "seed.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    # ------------------------------------------------------------ agents
    def prepare_agents(self) -> None:
        """Enrol them and make their recordings meanwhile, one after the other."""
        pool = ThreadPoolExecutor(max_workers=1)
        self._agents = [pool.submit(self._prepare, name) for name in self.employees]
        pool.shutdown(wait=False)

    def _prepare(self, name: str) -> tuple[Path, Path]:
        emails = [one["email"].partition("@")[0] for one in self._seed["agents"]]
        home = self.company.enrol(emails.index(name))
        return home, self.company.recordings(f"walk-{name}", minutes="1.5")

    def agents_ready(self) -> int:
        """Wait until each is enrolled; how many."""
        return len([one.result() for one in self._agents])

    def start_agents(self) -> None:
        for one in self._agents:
            self.company.start_agent(*one.result(), "--speed", "0")

    @property
    def homes(self) -> list[Path]:
        return [one.result()[0] for one in self._agents]

    # ------------------------------------------------------------ waiting
    def reload_until(self, walk: Walk, there: Locator, *, seconds: float = 240, what: str = "") -> None:
        """Load the page again until something is on it, watching the processes meanwhile."""
        deadline = time.monotonic() + seconds
        while not there.count():
            self.company.stack.watch()
            assert time.monotonic() < deadline, f"{what or there} did not appear within {seconds:.0f} s"
            time.sleep(1)
            walk.page.reload()
        walk.settle()

    def close(self) -> None:
        for walk in self.walks.values():
            walk.context.close()


def path_of(walk: Walk) -> str:
    """The address of the page without the host."""
    return walk.page.url.removeprefix(walk.base)


def row(walk: Walk, *words: str) -> Locator:
    """The rows of the tables on the page that contain all the words."""
    found = walk.page.locator("tbody tr")
    for word in words:
        found = found.filter(has_text=re.compile(re.escape(word)))
    return found
