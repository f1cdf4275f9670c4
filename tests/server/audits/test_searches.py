"""Searches of the log: inside the sealed part, by role and day, kept under a name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from accounts.derived import Scope
from accounts.erased import searches_for
from accounts.keys import destroy_person_keys
from audits import search, timeline
from audits.actions import append
from audits.models import AuditEntry, LogExport, SavedSearch
from tests.server.audits.support import BEAT
from tests.server.cast import Cast

LIST = "/audit/"


def _entry(cast: Cast, reason: str, **details: str) -> int:
    return append(action="audits.one", actor=cast.actor("admin"), obj=None, reason=reason, details=details)


def _inside(cast: Cast, words: str, who: str = "officer", more: str = "") -> list[int]:
    context = cast.client(who).get(f"{LIST}?inside={words}{more}").context
    return [entry.pk for entry in context["page"]]


def test_an_officer_finds_words_in_reasons_and_details(cast: Cast) -> None:
    first = _entry(cast, "Because the council asked")
    second = _entry(cast, "", note="The Council agreed")
    _entry(cast, "Something else")
    assert _inside(cast, "council") == [second, first]
    assert _inside(cast, "council+asked") == [first]
    assert _inside(cast, "nowhere") == []


def test_looking_inside_is_logged_without_the_words(cast: Cast) -> None:
    _entry(cast, "Because the council asked")
    _inside(cast, "council")
    logged = AuditEntry.objects.filter(action="audits.search_details").latest("pk")
    assert logged.actor == f"user:{cast.user('officer').pk}"
    assert "council" not in logged.leaf


def test_others_have_no_search_inside(cast: Cast) -> None:
    made = _entry(cast, "Because the council asked")
    answer = cast.client("auditor").get(f"{LIST}?inside=nowhere")
    assert made in [entry.pk for entry in answer.context["page"]]
    assert "In reason or details" not in answer.content.decode()
    assert not AuditEntry.objects.filter(action="audits.search_details").exists()


def test_a_look_inside_is_bounded_and_goes_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    oldest = _entry(cast, "needle")
    for _ in range(4):
        _entry(cast, "hay")
    monkeypatch.setattr(search, "LOOKS", 3)
    answer = cast.client("officer").get(f"{LIST}?inside=needle&action=")
    looked = answer.context["looked"]
    assert (looked.looked, looked.entries) == (3, [])
    assert "Look further back" in answer.content.decode()
    assert _inside(cast, "needle", more=f"&before={looked.next}") == [oldest]
    monkeypatch.setattr(search, "SECONDS", -1.0)
    assert cast.client("officer").get(f"{LIST}?inside=needle").context["looked"].looked == 1


def test_what_was_erased_is_not_found_inside(cast: Cast) -> None:
    subject = cast.subject()
    append(action="audits.one", actor=BEAT, obj=None, subject=subject.pk, reason="about the needle")
    assert len(_inside(cast, "needle")) == 1
    destroy_person_keys(subject=subject, actor=cast.system())
    assert _inside(cast, "needle") == []


def test_entries_are_found_by_role_and_day(cast: Cast) -> None:
    pk = _entry(cast, "")
    system = append(action="audits.one", actor=BEAT, obj=None)
    by_role = search.found(AuditEntry.objects.all(), QueryDict("actor=role:admin")).values_list(
        "pk", flat=True
    )
    assert pk in by_role
    assert system not in by_role
    today = timezone.localdate()
    for query, there in (
        (f"since={today}", True),
        (f"until={today}", True),
        (f"since={today + timedelta(days=1)}", False),
        (f"until={today - timedelta(days=1)}", False),
        ("until=9999-12-31", True),
        ("since=yesterday", False),
    ):
        found = search.found(AuditEntry.objects.all(), QueryDict(query))
        assert found.filter(pk=pk).exists() == there, query


def test_a_search_is_kept_found_again_and_deleted(cast: Cast) -> None:
    browser = cast.client("auditor")
    address = "/audit/searches/new/?actor=system:beat&before=17&page=2"
    assert "system:beat" in browser.get(address).content.decode()
    answer = browser.post(address, {"name": " By  beat "})
    assert answer["Location"] == "/audit/?actor=system%3Abeat"
    saved = SavedSearch.objects.get()
    assert saved.name == "By beat"
    assert "By beat" in browser.get(answer["Location"]).content.decode()
    assert "By beat" not in cast.client("officer").get(LIST).content.decode()
    assert browser.post(f"/audit/searches/{saved.pk}/forget/").status_code == 302
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize(
    ("query", "name", "wrong"),
    [
        ("q=beat", "", "This field is required"),
        ("", "Everything", "Set a filter"),
        ("q=beat", "Taken", "of this name already"),
    ],
)
def test_a_search_that_cannot_be_kept_says_why(cast: Cast, query: str, name: str, wrong: str) -> None:
    SavedSearch.objects.create(owner=cast.user("auditor").pk, name="Taken", query="q=x")
    answer = cast.client("auditor").post(f"/audit/searches/new/?{query}", {"name": name})
    assert answer.status_code == 422
    assert wrong in answer.content.decode()


def test_somebody_keeps_so_many_searches(cast: Cast) -> None:
    owner = cast.user("auditor").pk
    SavedSearch.objects.bulk_create(SavedSearch(owner=owner, name=str(n), query="q=x") for n in range(20))
    answer = cast.client("auditor").post("/audit/searches/new/?q=a", {"name": "One more"})
    assert "Delete one first" in answer.content.decode()


def test_the_days_are_counted_once_and_today_again(cast: Cast) -> None:
    rows = AuditEntry.objects.all()
    _entry(cast, "")
    before = sum(timeline.counts(rows, "q=").found.values())
    assert before >= 1
    _entry(cast, "")
    assert sum(timeline.counts(rows, "q=").found.values()) == before + 1
    page = cast.client("auditor").get("/audit/timeline/?action=audits.one").content.decode()
    assert "Entries a day" in page
    nothing = cast.client("auditor").get("/audit/timeline/?actor=system:nobody").content.decode()
    assert "No entry in 30 days" in nothing


@pytest.mark.parametrize("settled", [timedelta(0), timedelta(minutes=2)])
def test_a_long_log_is_counted_in_more_than_one_request(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, settled: timedelta
) -> None:
    for name, value in (("BLOCK", 4), ("SECONDS", 0), ("SETTLED", settled)):
        monkeypatch.setattr(timeline, name, value)
    for _number in range(30):
        _entry(cast, "")
    rows, client = AuditEntry.objects.all(), cast.client("auditor")
    seen = [timeline.counts(rows, "") for _time in range(3)]
    assert not seen[0].complete
    assert seen[0].done < seen[1].done < seen[2].done
    assert "Counting" in client.get("/audit/timeline/").content.decode()
    for _time in range(20):
        counted = timeline.counts(rows, "")
    assert counted.complete
    assert sum(counted.found.values()) == rows.count()
    last = client.get("/audit/timeline/", headers={"HX-Request": "true"})
    assert last["HX-Refresh"] == "true"
    assert "Entries a day" in client.get("/audit/timeline/").content.decode()


def test_searches_that_name_an_erased_person_go_with_them(cast: Cast) -> None:
    subject = cast.subject()
    owner = cast.user("auditor").pk
    for number, query in enumerate((f"subject={subject.pseudonym}", "q=beat")):
        SavedSearch.objects.create(owner=owner, name=str(number), query=query)
        LogExport.objects.create(owner=owner, query=query, format="csv")
    assert searches_for(Scope(subject.pk, (), False)) == 0
    assert searches_for(Scope(subject.pk, (), True)) == 2
    assert [row.query for row in SavedSearch.objects.all()] == ["q=beat"]
