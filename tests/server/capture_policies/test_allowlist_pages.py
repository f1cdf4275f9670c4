"""The allowlist page, the page of one entry and the API: what they say, and what they never tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Department
from capture_policies import usage
from capture_policies.models import PolicyDraft, Release
from capture_policies.usage import Use
from tests.server.capture_policies.living import live, people, site
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db
Text = Callable[[Any], str]


def today() -> date:
    return timezone.now().date()


def url(name: str, *args: Any) -> str:
    return reverse(f"capture_policies:{name}", args=args)


@pytest.fixture
def uses() -> Iterator[dict[str, Use]]:
    """What the stored sessions are said to tell of entries."""
    before, known = list(usage._providers), dict[str, Use]()

    def told(entry_ids: Any) -> Mapping[str, Use]:
        return {key: use for key, use in known.items() if entry_ids is None or key in entry_ids}

    usage.register(told)
    yield known
    usage._providers[:] = before


def in_days(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def shown(client: Any, query: str = "") -> list[str]:
    page = client.get(f"{url('allowlist')}?{query}")
    assert page.status_code == 200
    return [row.entry.id for row in page.context["page_obj"]]


def asked(client: Any, query: str = "") -> list[str]:
    answer = client.get(f"/api/v1/allowlist/?{query}")
    assert answer.status_code == 200
    return [row["id"] for row in answer.json()["results"]]


def test_before_the_first_release_nothing_is_listed(desk: Desk, as_text: Text) -> None:
    client = desk.cast.client("auditor")
    page = as_text(client.get(url("allowlist")))
    assert "No policy is live" in page
    assert asked(client) == []
    assert client.get(url("allowlist_entry", "jira")).status_code == 404
    assert client.get(url("allowlist_csv")).content.decode().count("\n") == 1


def test_entries_are_listed_with_all_that_is_known_of_them(
    desk: Desk, as_text: Text, uses: dict[str, Use]
) -> None:
    uses["jira"] = Use(date(2026, 11, 3), few=False)
    people(desk, 6)
    entry = {
        **JIRA,
        "owner": "Support tools",
        "review_by": in_days(-1),
        "expires": in_days(10),
        "signals": ["shortcut"],
        "keystrokes": "shortcut",
        "scope": {"platforms": ["windows"]},
    }
    live(desk, [entry, {**EXCEL, "scope": {"tags": ["pilot"]}}])
    page = as_text(desk.cast.client("auditor").get(url("allowlist")))
    for words in (
        "https://jira.example.com",
        "keyboard shortcuts",
        "Of keys: only shortcuts and function keys",
        "Support tools",
        "Overdue",
        "Soon",
        "3 Nov 2026",
        "6 people",
        "nobody",
        "Only on Windows.",
    ):
        assert words in page


def test_few_people_are_never_counted_and_their_days_never_told(
    desk: Desk, as_text: Text, uses: dict[str, Use]
) -> None:
    people(desk, 4, os="macos")
    uses["jira"] = Use(today(), few=False)
    uses["wide"] = Use(None, few=True)
    live(desk, [{**JIRA, "scope": {"platforms": ["macos"]}}, site(1, id="wide")])
    client = desk.cast.client("admin")
    rows = {row.entry.id: row for row in client.get(url("allowlist")).context["page_obj"]}
    assert rows["jira"].people == "fewer than 5 people"
    for row in rows.values():
        assert row.last is None
        assert row.last_words == "not told: fewer than 5 people"
        assert not row.unused
    page = as_text(client.get(url("allowlist_entry", "jira")))
    assert "fewer than 5 people" in page
    assert "4 people" not in page
    told = {row["id"]: row for row in client.get("/api/v1/allowlist/").json()["results"]}
    assert told["jira"]["people"] == "fewer than 5 people"
    assert told["jira"]["last_hit"] is None


def test_search_filters_and_sorting_are_the_same_on_the_page_and_over_the_api(
    desk: Desk, uses: dict[str, Use]
) -> None:
    uses |= {"jira": Use(date(2026, 11, 3), few=False), "excel": Use(date(2026, 11, 9), few=False)}
    entries = [
        {**JIRA, "owner": "Support", "review_by": in_days(-1), "expires": in_days(40)},
        {
            **EXCEL,
            "owner": "finance",
            "purpose": "data_quality",
            "expires": in_days(3),
            "review_by": in_days(9),
        },
        site(1, signals=["scroll"], expires=in_days(14)),
    ]
    live(desk, entries)
    client = desk.cast.client("ml")
    for query, expected in {
        "": ["excel", "jira", "s00001"],
        "q=jira+EXAMPLE": ["jira"],
        "q=nothing": [],
        "kind=app": ["excel"],
        "kind=site&signal=click": ["jira"],
        "owner=Support": ["jira"],
        "purpose=agent_training": ["jira", "s00001"],
        "attention=expiring": ["excel", "s00001"],
        "attention=overdue": ["jira"],
        "attention=unused": [],
        "sort=-label": ["s00001", "jira", "excel"],
        "sort=owner": ["s00001", "excel", "jira"],
        "sort=review_by": ["jira", "excel", "s00001"],
        "sort=-review_by": ["excel", "jira", "s00001"],
        "sort=expires": ["excel", "s00001", "jira"],
        "sort=last": ["jira", "excel", "s00001"],
        "sort=-last": ["excel", "jira", "s00001"],
        "sort=nonsense": ["excel", "jira", "s00001"],
    }.items():
        assert shown(client, query) == expected, query
        assert asked(client, query) == expected, query
    assert shown(client, "owner=Nobody") == []
    refused = client.get("/api/v1/allowlist/?kind=robot")
    assert refused.status_code == 422
    assert refused.json()["field"] == "kind"


def test_unused_is_an_entry_that_was_there_for_a_month_and_of_no_use(
    desk: Desk, uses: dict[str, Use], as_text: Text
) -> None:
    first = live(desk, [JIRA, site(1), site(2)])
    Release.objects.filter(pk=first.pk).update(signed_at=timezone.now() - timedelta(days=40))
    second = live(desk, [JIRA, site(1), site(2), site(3)])
    assert second.number == 2
    uses["jira"] = Use(today() - timedelta(days=40), few=False)
    uses["s00001"] = Use(today(), few=False)
    client = desk.cast.client("officer")
    assert shown(client, "attention=unused") == ["jira", "s00002"]
    assert asked(client, "attention=unused") == ["jira", "s00002"]
    assert "Unused" in as_text(client.get(url("allowlist_entry", "jira")))


def test_the_page_of_an_entry_tells_everything_about_it(desk: Desk, as_text: Text) -> None:
    group = Department.objects.create(name="Field service")
    everywhere = {**CUSTOMERS, "id": "everywhere", "label": "Everywhere"}
    selector = CUSTOMERS["selector"]
    elsewhere = {
        **CUSTOMERS,
        "id": "elsewhere",
        "label": "Elsewhere",
        "selector": {**selector, "entries": ["excel"]},
    }
    of_keys = {
        **CUSTOMERS,
        "id": "keys",
        "label": "Of keys",
        "selector": {**selector, "signals": ["keystroke"]},
    }
    live(desk, [{**JIRA, "signals": ["click"]}, EXCEL])
    live(
        desk,
        [
            {
                **JIRA,
                "scope": {"groups": [str(group.pk)], "places": ["US-NY"], "tags": ["pilot"]},
                "windows_excluded": ["*salary*"],
                "justification": "Tickets are written there.",
                "expires": in_days(-1),
                "frame_interval_s": 30,
            },
            EXCEL,
        ],
        [everywhere, elsewhere, of_keys],
    )
    live(desk, [{**JIRA, "windows_excluded": ["*salary*"]}, {**EXCEL, "signals": ["click", "scroll"]}])
    live(
        desk, [{**JIRA, "scope": {"groups": [str(group.pk)]}, "windows_excluded": ["*salary*"]}], [everywhere]
    )
    page = as_text(desk.cast.client("auditor").get(url("allowlist_entry", "jira")))
    for words in ("Field service", "*salary*", "Everywhere", "How it changed", "typed text"):
        assert words in page
    for words in ("Propose a change", "Remove now"):
        assert words not in page
    assert page.count("· release ") == 4
    assert "for the groups Field service" in page
    assert str(group.pk) not in page
    assert "is added" in page
    excel = desk.cast.client("admin").get(url("allowlist_entry", "excel"))
    assert excel.status_code == 404


def test_rules_that_look_elsewhere_are_left_out(desk: Desk, as_text: Text) -> None:
    selector = CUSTOMERS["selector"]
    live(
        desk,
        [JIRA, EXCEL],
        [
            {**CUSTOMERS, "id": "a", "label": "Looks everywhere"},
            {
                **CUSTOMERS,
                "id": "b",
                "label": "Looks in Excel",
                "selector": {**selector, "entries": ["excel"]},
            },
            {
                **CUSTOMERS,
                "id": "c",
                "label": "Looks at keys",
                "selector": {**selector, "signals": ["keystroke"]},
            },
            {**CUSTOMERS, "id": "d", "label": "Looks at text", "selector": {**selector, "signals": ["text"]}},
        ],
    )
    page = as_text(desk.cast.client("admin").get(url("allowlist_entry", "jira")))
    assert [
        words in page for words in ("Looks everywhere", "Looks in Excel", "Looks at keys", "Looks at text")
    ] == [
        True,
        False,
        False,
        True,
    ]
    assert "Remove now" in page


def test_a_change_is_proposed_in_a_draft_of_the_live_policy(desk: Desk, as_text: Text) -> None:
    release = live(desk, [JIRA, EXCEL])
    client = desk.cast.client("ml")
    made = client.post(url("allowlist_propose", "jira"))
    draft = PolicyDraft.objects.get(title="Change Jira")
    assert draft.based_on_id == release.version_id
    assert made["Location"] == url("draft_entry", draft.pk, draft.entries.get(key="jira").pk)
    assert "https://jira.example.com" in as_text(client.get(made["Location"]))
    assert client.post(url("allowlist_propose", "gone")).status_code == 404
