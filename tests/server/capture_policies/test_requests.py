"""Asking for an app or site to come or to go: who may, what joins, what becomes of it, who learns what."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Subject, User
from audits.models import AuditEntry
from capture_policies import catalogue, request_things
from capture_policies.actions import drafts, narrowing, releases, requests
from capture_policies.models import AllowlistRequest, RequestVoice
from capture_policies.request_things import Thing, to_add, to_remove
from mci_core.errors import Conflict, Forbidden, Invalid, TooMany
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import EXCEL, JIRA, SYSTEM, Desk

pytestmark = pytest.mark.django_db
WITHDRAW = "capture_policies.withdraw_request"


def _wiki(where: str = "https://wiki.example.com/team") -> Thing:
    return to_add(entry_kind="site", label="Wiki", where=where)


def _ask(desk: Desk, user: User, thing: Thing | None = None, words: str = "It helps.") -> AllowlistRequest:
    return requests.ask_for_entry(thing=thing or _wiki(), words=words, actor=desk.actor(user))


def _file(desk: Desk, user: User, thing: Thing | None = None) -> AllowlistRequest:
    return requests.file_request(thing=thing or _wiki(), words="Needed.", actor=desk.actor(user))


def _live(desk: Desk, *entries: dict[str, Any]) -> None:
    desk.devices(2)
    roll_out(desk, desk.release(entries=list(entries)))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("wiki.example.com", "https://wiki.example.com/"),
        ("https://Wiki.Example.com/team/?token=x#y", "https://wiki.example.com/team"),
        ("http://wiki.example.com:8080/", "http://wiki.example.com:8080/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
    ],
)
def test_of_an_address_only_the_place_is_kept(db: None, typed: str, kept: str) -> None:
    assert request_things.address(typed) == kept


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"entry_kind": "site", "label": "Wiki", "where": "the wiki"}, "where"),
        ({"entry_kind": "site", "label": "Wiki", "where": "localhost"}, "where"),
        ({"entry_kind": "app", "label": "  ", "where": ""}, "label"),
        ({"entry_kind": "other", "label": "x", "where": ""}, "entry_kind"),
    ],
)
def test_a_wish_says_what_it_is_about(db: None, given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_add(**given)
    assert refused.value.field == field


def test_what_is_listed_already_needs_no_request(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    for given in (("site", "Tickets", "jira.example.com"), ("app", "excel", "")):
        with pytest.raises(Conflict) as refused:
            to_add(entry_kind=given[0], label=given[1], where=given[2])
        assert refused.value.code == "listed_already"


def test_only_what_is_captured_can_be_asked_to_go(desk: Desk) -> None:
    _live(desk, JIRA)
    assert to_remove("jira").label == "Jira"
    with pytest.raises(Conflict):
        to_remove("excel")


def test_staff_ask_by_name_and_employees_without(desk: Desk) -> None:
    staff = _file(desk, desk.ml)
    assert staff.opened_by == desk.ml
    asked = _ask(desk, desk.employee, to_add(entry_kind="app", label="Paint", where=""))
    assert asked.opened_by is None
    assert asked.voices.get().subject == Subject.objects.get(user=desk.employee)


def test_the_log_does_not_tell_which_employee_asked(desk: Desk) -> None:
    asked = _ask(desk, desk.employee)
    requests.withdraw_request(request=asked, actor=desk.actor(desk.employee), as_employee=True)
    subject = Subject.objects.get(user=desk.employee)
    entries = AuditEntry.objects.filter(action__in=("capture_policies.ask_for_entry", WITHDRAW))
    assert entries.count() == 2
    for entry in entries:
        assert '"actor":"system:portal"' in entry.leaf
        assert not any(word in entry.leaf for word in (str(subject.pk), str(desk.employee.pk), "wiki"))


def test_the_same_wish_is_joined_and_one_person_counts_once(desk: Desk) -> None:
    first = _ask(desk, desk.employee)
    assert _ask(desk, desk.employee) == first
    assert _ask(desk, desk.cast.colleague, _wiki("https://WIKI.example.com/team/")) == first
    assert [_file(desk, desk.ml), _file(desk, desk.ml)] == [first, first]
    assert RequestVoice.objects.filter(request=first).count() == 3


def test_few_people_are_not_counted(desk: Desk) -> None:
    asked = _ask(desk, desk.employee)
    assert AllowlistRequest.objects.with_voices().get().asked_by == "fewer than 5 people"
    for name in ("admin", "officer", "ml", "auditor"):
        asked.voices.create(subject=desk.cast.subject(name), words="x")
    assert AllowlistRequest.objects.with_voices().get().asked_by == "5 people"


def test_why_is_needed(desk: Desk) -> None:
    for words in ("  ", "x" * 1001):
        with pytest.raises(Invalid) as refused:
            _ask(desk, desk.employee, words=words)
        assert refused.value.field == "words"


def test_one_person_cannot_flood_the_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_OPEN", 1)
    _ask(desk, desk.employee)
    with pytest.raises(TooMany):
        _ask(desk, desk.employee, to_add(entry_kind="app", label="Paint", where=""))


def test_somebody_without_own_data_cannot_ask(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        requests.ask_for_entry(thing=_wiki(), words="x", actor=SYSTEM)
    subject = Subject.objects.get(user=desk.employee)
    subject.user = None
    subject.save(update_fields=["user"])
    with pytest.raises(Forbidden):
        _ask(desk, desk.employee)


def test_an_addition_becomes_an_entry_without_signals_in_a_new_draft(desk: Desk) -> None:
    _live(desk, JIRA)
    asked = _ask(desk, desk.employee)
    draft = requests.take_request(request=asked, actor=desk.actor(desk.ml))
    asked.refresh_from_db()
    assert (asked.state, asked.draft, draft.title) == ("taken", draft, "Add Wiki")
    entry = draft.entries.get(key="wiki")
    assert entry.match == {
        "origin": "https://wiki.example.com",
        "path_prefix": "/team",
        "subdomains": False,
    }
    assert entry.signals == []
    assert draft.entries.filter(key="jira").exists()
    with pytest.raises(Conflict) as refused:
        requests.take_request(request=asked, actor=desk.actor(desk.ml))
    assert refused.value.code == "request_taken"


def test_an_app_of_the_catalogue_brings_its_identifiers(desk: Desk) -> None:
    thing = to_add(entry_kind="app", label="Some odd program", where="oddprog")
    odd = requests.take_request(request=_ask(desk, desk.employee, thing), actor=desk.actor(desk.ml))
    assert odd.entries.get().match == {"names": ["oddprog"]}
    known = next(item for item in catalogue.items() if item.kind == "app")
    thing = to_add(entry_kind="app", label=known.label.upper(), where="")
    draft = requests.take_request(request=_ask(desk, desk.employee, thing), actor=desk.actor(desk.ml))
    assert draft.entries.get().match == dict(known.match)


def test_a_request_can_go_into_a_draft_that_is_open(desk: Desk) -> None:
    draft = desk.draft(entries=[{**JIRA, "id": "wiki"}])
    taken = requests.take_request(request=_ask(desk, desk.employee), draft=draft, actor=desk.actor(desk.ml))
    assert taken == draft
    assert set(draft.entries.values_list("key", flat=True)) == {"wiki", "wiki-2"}


def test_a_removal_can_go_through_a_draft_too(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    asked = _ask(desk, desk.employee, to_remove("excel"))
    empty = drafts.create_draft(title="Other", actor=desk.actor(desk.ml))
    with pytest.raises(Conflict):
        requests.take_request(request=asked, draft=empty, actor=desk.actor(desk.ml))
    draft = requests.take_request(request=asked, actor=desk.actor(desk.ml))
    assert not draft.entries.filter(key="excel").exists()


def test_a_removal_at_once_answers_everybody_who_asked_for_it(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    asked = _ask(desk, desk.employee, to_remove("excel"))
    other = _ask(desk, desk.employee, to_remove("jira"))
    narrowing.remove_entries_now(entries=["excel"], reason="Gone.", actor=desk.actor(desk.officer))
    asked.refresh_from_db()
    other.refresh_from_db()
    assert (asked.state, asked.answer, asked.answered_by) == ("done", "Gone.", desk.officer)
    assert asked.narrowing is not None
    assert other.state == "open"


def test_declined_with_a_reason_and_then_closed(desk: Desk) -> None:
    asked = _ask(desk, desk.employee)
    officer = desk.actor(desk.officer)
    with pytest.raises(Invalid):
        requests.decline_request(request=asked, reason=" ", actor=officer)
    done = requests.decline_request(request=asked, reason="Holds health data.", actor=officer)
    assert (done.state, done.answer) == ("declined", "Holds health data.")
    with pytest.raises(Conflict):
        requests.decline_request(request=asked, reason="x", actor=officer)
    with pytest.raises(Conflict):
        requests.take_request(request=asked, actor=desk.actor(desk.admin))
    assert _ask(desk, desk.employee).pk != asked.pk


def test_withdrawing_takes_back_the_own_voice_only(desk: Desk) -> None:
    asked = _ask(desk, desk.employee)
    _file(desk, desk.ml)
    requests.withdraw_request(request=asked, actor=desk.actor(desk.employee), as_employee=True)
    asked.refresh_from_db()
    assert asked.state == "open"
    with pytest.raises(Conflict):
        requests.withdraw_request(request=asked, actor=desk.actor(desk.employee), as_employee=True)
    assert _ask(desk, desk.employee) == asked
    requests.withdraw_request(request=asked, actor=desk.actor(desk.employee), as_employee=True)
    requests.withdraw_request(request=asked, actor=desk.actor(desk.ml), as_employee=False)
    asked.refresh_from_db()
    assert asked.state == "withdrawn"


def test_what_became_live_is_done_and_what_was_discarded_is_open_again(desk: Desk) -> None:
    _live(desk, JIRA, EXCEL)
    added = _ask(desk, desk.employee)
    draft = requests.take_request(request=added, actor=desk.actor(desk.admin))
    assert requests.settle_requests(actor=SYSTEM) == 0
    drafts.discard_draft(draft=draft, actor=desk.actor(desk.admin))
    assert requests.settle_requests(actor=SYSTEM) == 1
    added.refresh_from_db()
    assert (added.state, added.draft) == ("open", None)

    gone = _ask(desk, desk.employee, to_remove("excel"))
    draft = requests.take_request(request=added, actor=desk.actor(desk.admin))
    requests.take_request(request=gone, draft=draft, actor=desk.actor(desk.admin))
    wiki = draft.entries.get(key="wiki")
    drafts.put_entry(
        draft=draft,
        entry=wiki,
        data={**JIRA, "id": "wiki", "label": "Wiki", "match": wiki.match},
        actor=desk.actor(desk.admin),
    )
    version = drafts.submit_draft(draft=draft, actor=desk.actor(desk.admin))
    assert requests.settle_requests(actor=SYSTEM) == 0
    desk.approve(version)
    roll_out(desk, releases.sign_release(version=version, actor=SYSTEM))
    assert requests.settle_requests(actor=SYSTEM) == 2
    assert set(AllowlistRequest.objects.values_list("state", flat=True)) == {"done"}


def test_the_erasure_of_everything_forgets_who_asked_and_why(desk: Desk) -> None:
    own = _ask(desk, desk.employee, to_add(entry_kind="app", label="Paint", where=""))
    joined = _ask(desk, desk.employee)
    _ask(desk, desk.cast.colleague)
    subject = desk.cast.subject("employee")
    assert requests.forget_voices(subject=subject, actor=SYSTEM) == 2
    assert requests.forget_voices(subject=subject, actor=SYSTEM) == 0
    assert not RequestVoice.objects.filter(subject=subject).exists()
    own.refresh_from_db()
    joined.refresh_from_db()
    assert (own.state, joined.state) == ("withdrawn", "open")
