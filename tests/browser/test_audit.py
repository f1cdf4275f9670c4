"""The log in a real browser: an entry, its proof computed in the page, and a proof that does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Route

from audits import checkpoints, export_run, timeline
from audits.actions import append
from audits.actor import Actor
from audits.models import AuditEntry, LogExport
from tests.browser.conftest import MakeWalk
from tests.browser.support import Walk
from tests.server.audits.support import advance_all, write
from tests.server.cast import REASON, Cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


def _verified(walk: Walk) -> str:
    walk.page.click("[data-verify] button")
    walk.page.wait_for_selector("[data-verify][data-result=good], [data-verify][data-result=bad]")
    return str(walk.page.get_attribute("[data-verify]", "data-result"))


def test_an_entry_is_read_and_proven_in_the_page(cast: Cast, walk_as: MakeWalk) -> None:
    write(300)
    details = {"before": {"label": "Old name", "place": "DE"}, "after": {"label": "New name", "place": "DE"}}
    with transaction.atomic():
        pk = append(
            action="agents.set_tags",
            actor=cast.actor("admin"),
            obj=cast.device,
            reason=REASON,
            details=details,
        )
    write(20)
    advance_all(AuditEntry.objects.count())
    checkpoints.sign()
    walk = walk_as("officer")
    walk.go(f"/audit/{pk}/")
    assert _verified(walk) == "good", walk.page.inner_text("[data-steps]")
    assert "steps up lead to the signed root" in walk.page.inner_text("[data-steps]")
    walk.step("01-entry-verified")

    for wrong in (_other_leaf, _other_path, _other_signature):
        walk.page.route("**/proof/", wrong)
        assert _verified(walk) == "bad", wrong.__name__
        walk.page.unroute("**/proof/")
    walk.step("02-entry-refused", shots=False)


def _other_leaf(route: Route) -> None:
    given = route.fetch().json()
    route.fulfill(json={**given, "leaf": given["leaf"].replace("set_tags", "get_tags")})


def _other_path(route: Route) -> None:
    given = route.fetch().json()
    head, index, first, *rest = given["proof"].split("\n")
    other = ("B" if first[0] == "A" else "A") + first[1:]
    route.fulfill(json={**given, "proof": "\n".join([head, index, other, *rest])})


def _other_signature(route: Route) -> None:
    given = route.fetch().json()
    name, key_id, key = given["vkey"].split("+", 2)
    route.fulfill(json={**given, "vkey": "+".join([name, key_id, key[:-6] + "AAAAA="])})


def test_the_log_is_searched_and_exported(cast: Cast, walk_as: MakeWalk) -> None:
    for number in range(60):
        with transaction.atomic():
            append(
                action="agents.set_tags",
                actor=cast.actor("admin"),
                obj=cast.device,
                reason=f"Asked for by the works council, number {number}",
            )
    walk = walk_as("officer")
    walk.go("/audit/?inside=council")
    assert "Looking was logged" in walk.page.inner_text("main")
    walk.step("03-searched-inside")
    walk.page.click("text=Keep this search")
    walk.page.fill("input[name=name]", "What the council asked for")
    walk.step("04-keep-search")
    walk.page.click("main form button.btn-primary")
    walk.settle()
    walk.go("/audit/?action=agents.set_tags")
    walk.step("05-list")
    walk.page.click("main >> text=Entries a day")
    walk.settle()
    walk.step("06-entries-a-day")
    walk.go("/audit/?action=agents.set_tags")
    walk.page.click("text=Export as JSON Lines")
    walk.settle()
    assert "Waiting" in walk.page.inner_text("table")
    export_run.run(LogExport.objects.get().pk, Actor.system("worker"))
    walk.page.wait_for_selector("text=Ready")
    walk.step("07-exports")
    with walk.page.expect_download() as fetched:
        walk.page.click("table a >> text=Fetch")
    assert len(fetched.value.path().read_text().splitlines()) == 60


def test_a_person_keeps_a_checkpoint_and_compares_it_later(
    cast: Cast, walk_as: MakeWalk, tmp_path: Path, settings: Any
) -> None:
    settings.AUDIT_STATE_DIR = tmp_path / "state"
    write(40)
    advance_all(AuditEntry.objects.count())
    assert checkpoints.sign() is not None
    walk = walk_as("employee")
    walk.go("/me/log/")
    walk.step("08-my-log")
    with walk.page.expect_download() as fetched:
        walk.page.click("text=Download the checkpoint")
    kept = tmp_path / fetched.value.suggested_filename
    fetched.value.save_as(kept)
    write(25)
    advance_all(AuditEntry.objects.count())
    assert checkpoints.sign() is not None
    assert _compared(walk, kept) == "good", walk.page.inner_text("[data-kept] [data-steps]")
    assert "25 came after them" in walk.page.inner_text("[data-kept] [data-steps]")
    walk.step("09-my-log-compared")
    first, size, rest = kept.read_text(encoding="utf-8").split("\n", 2)
    altered = tmp_path / "altered.txt"
    altered.write_text("\n".join((first, str(int(size) + 1), rest)), encoding="utf-8")
    assert _compared(walk, altered) == "bad"
    walk.page.route("**/audit/witness?*", _shorter)
    assert _compared(walk, kept) == "bad"
    assert "shorter than what you kept" in walk.page.inner_text("[data-kept] [data-steps]")


def _compared(walk: Walk, file: Path) -> str:
    walk.page.evaluate("document.querySelector('[data-kept]').dataset.result = ''")
    walk.page.set_input_files("#kept-file", [])
    walk.page.set_input_files("#kept-file", file)
    walk.page.wait_for_selector("[data-kept][data-result=good], [data-kept][data-result=bad]")
    return str(walk.page.get_attribute("[data-kept]", "data-result"))


def _shorter(route: Route) -> None:
    route.fulfill(status=409, content_type="text/x.tlog.size", body="12\n")


def test_a_long_log_is_counted_while_the_reader_waits(
    cast: Cast, walk_as: MakeWalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "BLOCK", 8)
    monkeypatch.setattr(timeline, "SECONDS", 0)
    write(60)
    walk = walk_as("auditor")
    walk.go("/audit/timeline/")
    walk.page.wait_for_selector("[data-chart][data-drawn]")
    assert "entries in 30 days" in walk.page.inner_text("main")
    walk.step("10-counted", shots=False)
