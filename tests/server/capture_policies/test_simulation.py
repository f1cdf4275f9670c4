"""Recent decisions under another policy: what would stay and what would go, never of a few people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audits import background
from capture_policies import document, past_cells, queries, simulating, simulation_run, tasks
from capture_policies.actions import simulations
from capture_policies.models import PastWeeks, Simulation
from capture_policies.past_cells import Cell, Counted, Facts, cells_of
from mci_core import policy as policies
from mci_core.errors import Forbidden, NotFound
from mci_core.policy import Policy, new_document
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, SYSTEM, Desk

AT = datetime(2026, 11, 15, 23, 59, tzinfo=UTC)
WIDE: dict[str, Any] = {
    **JIRA,
    "signals": ["click", "keystroke", "shortcut", "url", "window_title", "screenshot"],
    "keystrokes": "text",
    "frame_interval_s": 10,
}
NY = Facts(1, "linux", "US-NY")


def made(*entries: dict[str, Any]) -> Policy:
    return policies.parse({**new_document("x"), "entries": list(entries), "rules": []})


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> Policy:
    """The policy under which everything was captured."""
    found = made(WIDE, EXCEL)
    monkeypatch.setattr(queries, "policy_by_release", lambda number: found)
    return found


def kinds(new: Policy, *signals: str, facts: Facts = NY, entry: str = "jira") -> dict[str, str]:
    held = simulating.Simulation(new, AT)
    return {signal: held.outcome(entry, signal, facts).kind for signal in signals}


def test_the_same_policy_keeps_everything(old: Policy) -> None:
    signals = ("click", "keystroke", "shortcut", "url", "focus", "marker", "screenshot")
    assert set(kinds(old, *signals).values()) == {"kept"}
    facts = Facts(1, "windows", "US-NY")
    assert kinds(old, "click", facts=facts, entry="excel") == {"click": "kept"}
    assert kinds(old, "click", facts=Facts(1, "linux", "DE"), entry="excel") == {"click": "kept"}


def test_a_signal_that_is_taken_away_is_dropped(old: Policy) -> None:
    new = made({**WIDE, "signals": ["click", "keystroke"], "keystrokes": "class"})
    assert kinds(new, "click", "keystroke", "url", "focus") == {
        "click": "kept",
        "keystroke": "less",
        "url": "dropped",
        "focus": "less",
    }


def test_fewer_screenshots_are_less(old: Policy) -> None:
    assert kinds(made({**WIDE, "frame_interval_s": 60}), "screenshot") == {"screenshot": "less"}
    assert kinds(made({**WIDE, "frame_interval_s": 1}), "screenshot") == {"screenshot": "kept"}


def test_scope_expiry_and_removal_drop_with_their_reason(old: Policy) -> None:
    held = simulating.Simulation(made({**WIDE, "scope": {"places": ["DE"], "tags": ["pilot"]}}), AT)
    assert held.outcome("jira", "click", NY).reason == "out_of_scope"
    tagged = Facts(1, "linux", "DE", tags=("pilot",))
    assert held.outcome("jira", "click", tagged).kind == "kept"
    over = simulating.Simulation(made({**WIDE, "expires": "2026-11-01"}), AT)
    assert over.outcome("jira", "click", NY).reason == "entry_expired"
    assert simulating.Simulation(made(EXCEL), AT).outcome("jira", "click", NY).reason == "no_entry"
    denied = Facts(1, "linux", "DE", denied=("keystroke",))
    assert (
        simulating.Simulation(old, AT).outcome("jira", "keystroke", denied).reason == "signal_denied_by_law"
    )


def test_what_a_title_would_decide_is_open(old: Policy) -> None:
    assert kinds(made({**WIDE, "windows_excluded": ["*payroll*"]}), "click") == {"click": "open"}
    assert kinds(made({**WIDE, "windows_excluded": ["*"]}), "click") == {"click": "dropped"}


def counted(people: int, facts: Facts = NY, signal: str = "click", events: int = 10) -> list[Counted]:
    return [Counted(signal, facts, uuid.uuid4(), events) for _ in range(people)]


def test_a_cell_holds_enough_people_and_small_ones_go_together() -> None:
    texas, maine = Facts(1, "linux", "US-TX"), Facts(1, "linux", "US-ME")
    cells = cells_of("jira", "Jira", [*counted(6), *counted(3, texas), *counted(2, maine)])
    assert [(cell.events, [one.place for one in cell.facts]) for cell in cells] == [
        (60, ["US-NY"]),
        (50, ["US-ME", "US-TX"]),
    ]
    assert [Cell.of(cell.as_json()) for cell in cells] == cells


def test_too_few_people_are_not_counted_at_all() -> None:
    texas = Facts(1, "linux", "US-TX")
    cells = cells_of("jira", "Jira", [*counted(6), *counted(4, texas)])
    assert cells[1] == Cell("jira", "Jira", "click")
    one = uuid.uuid4()
    places = [Facts(1, "linux", f"US-{name}") for name in ("AL", "AK", "AZ", "AR", "CA", "CO")]
    assert cells_of("jira", "Jira", [Counted("click", facts, one, 9) for facts in places])[0].events == 0


def test_a_group_that_falls_apart_is_not_told(old: Policy) -> None:
    texas, maine = Facts(1, "linux", "US-TX"), Facts(1, "linux", "US-ME")
    cells = cells_of("jira", "Jira", [*counted(6), *counted(3, texas), *counted(2, maine)])
    only_texas = made({**WIDE, "scope": {"places": ["US-NY", "US-TX"]}})
    (row,) = simulating.Simulation(only_texas, AT).rows(cells)
    assert (row.kept, row.dropped, row.hidden) == (60, 0, True)
    nobody = made({**WIDE, "scope": {"places": ["DE"]}})
    (row,) = simulating.Simulation(nobody, AT).rows(cells)
    assert (row.kept, row.dropped, row.hidden) == (0, 110, False)
    assert row.why == "The entry does not count for this group, platform, tag or place of work."


PEOPLE = st.lists(
    st.tuples(st.sampled_from(["US-NY", "US-TX", "US-ME", "DE"]), st.integers(1, 9)), min_size=1, max_size=25
)


@given(PEOPLE, st.sets(st.sampled_from(["US-NY", "US-TX", "US-ME", "DE"]), min_size=1))
def test_whatever_is_asked_the_answer_is_a_sum_of_whole_cells(
    people: Iterable[tuple[str, int]], places: set[str]
) -> None:
    rows = [Counted("click", Facts(1, "linux", place), uuid.uuid4(), events) for place, events in people]
    cells = cells_of("jira", "Jira", rows)
    for cell in cells:
        inside = {row.subject for row in rows if row.facts in cell.facts}
        assert not cell.facts or len(inside) >= 5
    assert sum(cell.events for cell in cells) <= sum(row.events for row in rows)


def test_whole_weeks_end_before_this_one() -> None:
    sunday, monday = date(2026, 11, 22), date(2026, 11, 23)
    assert past_cells.weeks_before(sunday) == (date(2026, 10, 19), date(2026, 11, 16))
    assert past_cells.weeks_before(monday) == (date(2026, 10, 26), monday)


class Source:
    """An app that keeps what was captured."""

    def __init__(self) -> None:
        self.asked = 0

    def entries(self, since: date, until: date) -> list[tuple[str, str]]:
        self.asked += 1
        return [("jira", "Jira")]

    def counted(self, entry: str, since: date, until: date) -> list[Counted]:
        return counted(7) + counted(2, signal="text")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    found = Source()
    monkeypatch.setattr(past_cells, "_provider", [found])
    return found


def ask(desk: Desk, policy: Policy) -> Simulation:
    return simulations.request_simulation(policy=policy, title="Narrower", actor=desk.actor(desk.officer))


def test_a_simulation_runs_once_and_is_kept(desk: Desk, old: Policy, source: Source, queued: Any) -> None:
    row = ask(desk, made({**WIDE, "signals": ["url"]}))
    assert ("capture_policies.tasks.run_simulation", (str(row.pk),)) in queued.calls
    tasks.sweep_simulations()
    row.refresh_from_db()
    assert (row.state, row.result[0]["dropped"], row.result[1]["hidden"]) == ("done", 70, True)
    assert ask(desk, made({**WIDE, "signals": ["url"]})) == row
    assert simulation_run.run(row.pk, SYSTEM) is False
    again = simulations.finish_simulation(simulation=row, error="late", actor=SYSTEM)
    assert again.state == "done"


def test_the_weeks_are_counted_once_for_all_policies(desk: Desk, old: Policy, source: Source) -> None:
    for entries in ([WIDE], [EXCEL], [WIDE, EXCEL]):
        simulation_run.run(ask(desk, made(*entries)).pk, SYSTEM)
    assert source.asked == 1
    weeks = PastWeeks.objects.get()
    assert simulations.count_weeks(since=weeks.since, until=weeks.until, cells=[], actor=SYSTEM) == weeks
    assert len(weeks.cells) == 2


def test_one_that_fails_says_so_and_can_be_asked_again(
    desk: Desk, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(number: int) -> Policy:
        raise NotFound("There is no release with this number.", code="release_unknown")

    monkeypatch.setattr(queries, "policy_by_release", lost)
    row = ask(desk, made(WIDE))
    simulation_run.run(row.pk, SYSTEM)
    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", "release_unknown")
    assert ask(desk, made(WIDE)).state == "queued"


def test_a_lost_worker_s_run_is_begun_again(desk: Desk, old: Policy, source: Source) -> None:
    row = ask(desk, made(WIDE))
    claimed = background.claim(Simulation.objects.all(), row.pk)
    assert claimed is not None
    tasks.sweep_simulations()
    row.refresh_from_db()
    assert row.state == "running"
    Simulation.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    tasks.sweep_simulations()
    row.refresh_from_db()
    assert row.state == "done"


def test_a_worker_whose_run_is_another_s_keeps_nothing(
    desk: Desk, old: Policy, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(desk, made(WIDE))
    later = timezone.now() + timedelta(minutes=5)

    def taken(entry: str, since: date, until: date) -> list[Counted]:
        Simulation.objects.update(claimed_until=later)
        return counted(7)

    monkeypatch.setattr(source, "counted", taken)
    assert simulation_run.run(row.pk, SYSTEM) is False
    row.refresh_from_db()
    assert (row.state, row.claimed_until, row.result) == ("running", later, [])


def test_without_an_app_that_keeps_sessions_nothing_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_cells, "_provider", [])
    row = ask(desk, made(WIDE))
    simulation_run.run(row.pk, SYSTEM)
    row.refresh_from_db()
    assert (row.state, row.result) == ("done", [])


def test_an_auditor_reads_and_does_not_run(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        simulations.request_simulation(policy=made(WIDE), title="x", actor=desk.actor(desk.auditor))
    url = reverse("capture_policies:version_simulation", args=[desk.version().pk])
    page = desk.cast.client("auditor").get(url)
    assert page.status_code == 200
    assert b'type="submit">' not in page.content.split(b"<main")[1]


def test_the_page_runs_waits_and_shows_the_rows(desk: Desk, old: Policy, source: Source) -> None:
    version = desk.version(entries=[{**WIDE, "signals": ["url", "text"]}], rules=[CUSTOMERS])
    client = desk.cast.client("officer")
    url = reverse("capture_policies:version_simulation", args=[version.pk])
    first = client.get(url).content.decode()
    assert "Recent decisions" in first
    assert "was never captured" in first
    assert "in Jira" in first
    assert client.post(url)["Location"] == url
    assert 'hx-trigger="every 2s"' in client.get(url).content.decode()
    tasks.sweep_simulations()
    done = client.get(url).content.decode()
    assert "hx-trigger" not in done
    assert "Too few people to show a number" in done
    assert "The entry does not allow this signal." in done


def test_a_draft_is_simulated_and_one_that_is_no_policy_says_so(desk: Desk) -> None:
    draft = desk.draft()
    url = reverse("capture_policies:draft_simulation", args=[draft.pk])
    client = desk.cast.client("ml")
    assert client.get(url).status_code == 200
    client.post(url)
    assert Simulation.objects.get().title == "Office work"
    Simulation.objects.update(state="failed")
    assert b"The last run failed" in client.get(url).content
    draft.entries.update(kind="no")
    assert b"no policy yet" in client.get(url).content


def test_rows_are_summed() -> None:
    told = simulating.Told(
        [simulating.Row("a", "A", "focus", kept=3, open=1), simulating.Row("a", "A", "click")]
    )
    assert told.sums == {"kept": 3, "less": 0, "dropped": 0, "open": 1}
    assert not told.hidden
    assert told.rows[0].signal_words == "Window in front"


def test_old_weeks_and_their_answers_are_forgotten(desk: Desk, old: Policy, source: Source) -> None:
    simulation_run.run(ask(desk, made(WIDE)).pk, SYSTEM)
    tasks.forget_weeks()
    assert PastWeeks.objects.exists()
    long_ago = timezone.now().date() - timedelta(days=200)
    Simulation.objects.update(until=long_ago)
    PastWeeks.objects.update(until=long_ago)
    tasks.forget_weeks()
    assert not PastWeeks.objects.exists()
    assert not Simulation.objects.exists()


def test_many_rows_come_in_pages_and_take_no_more_questions(desk: Desk) -> None:
    draft = desk.draft()
    policy = document.parsed(draft)
    row = ask(desk, policy)
    client, counts = desk.cast.client("ml"), []
    url = reverse("capture_policies:draft_simulation", args=[draft.pk])
    for many in (3, 200):
        rows = [simulating.Row(f"e{n}", f"Entry {n:03}", "click", kept=n) for n in range(many)]
        Simulation.objects.filter(pk=row.pk).update(state="done", result=simulating.as_json(rows))
        with CaptureQueriesContext(connection) as asked:
            page = client.get(url, {"page": 2})
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert page.content.decode().count("Mouse clicks") == 50
    assert "Entry 050" in page.content.decode()
