"""The pages of requests, of removals at once, and of what a person excludes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Subject
from agents.actions import exclude_entry
from agents.models import Device, SubjectExclusion
from capture_policies.actions import requests, waves
from capture_policies.models import AllowlistRequest, Narrowing, PolicyDraft, RequestVoice, Rollout
from capture_policies.request_things import to_add, to_remove
from tests.server.capture_policies.rolling import roll_out, run
from tests.server.capture_policies.support import EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db
WIKI = {"kind": "add", "entry_kind": "site", "label": "Wiki", "where": "wiki.example.com", "words": "x"}


def _client(desk: Desk, name: str) -> Client:
    return desk.cast.client(name)


def _live(desk: Desk, *entries: dict[str, Any]) -> None:
    desk.devices(2)
    roll_out(desk, desk.release(entries=list(entries) or [JIRA, EXCEL]))


def _asked(desk: Desk, name: str = "employee", entry: str = "") -> AllowlistRequest:
    thing = to_remove(entry) if entry else to_add(entry_kind="site", label="Wiki", where="wiki.example.com")
    words = f"Words of {name}."
    return requests.ask_for_entry(thing=thing, words=words, actor=desk.cast.actor(name))


def _page(client: Client, name: str, *args: Any, **query: Any) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200, response.content
    return str(response.content.decode())


def test_an_employee_asks_and_follows_what_becomes_of_it(desk: Desk) -> None:
    client = _client(desk, "employee")
    assert "You have asked for nothing yet" in _page(client, "capture_policies_me:request_list")
    url = reverse("capture_policies_me:request_new")
    wrong = client.post(url, {**WIKI, "label": "", "where": ""})
    assert wrong.status_code == 422
    assert client.post(url, {**WIKI, "where": "not an address"}).status_code == 422
    assert client.post(url, {"kind": "remove", "words": "x"}).status_code == 422
    assert client.post(url, {"words": "x"}).status_code == 422
    assert client.post(url, WIKI).status_code == 302
    page = _page(client, "capture_policies_me:request_list")
    assert "Wiki" in page
    assert "Open" in page
    row = AllowlistRequest.objects.get()
    requests.decline_request(request=row, reason="Holds health data.", actor=desk.cast.actor("officer"))
    assert "Holds health data." in _page(client, "capture_policies_me:request_list")


def test_an_employee_withdraws_and_sees_nobody_elses(desk: Desk) -> None:
    row = _asked(desk)
    other = _client(desk, "colleague")
    url = reverse("capture_policies_me:request_withdraw", args=[row.pk])
    assert other.post(url).status_code == 404
    assert "Wiki" not in _page(other, "capture_policies_me:request_list")
    client = _client(desk, "employee")
    _asked(desk, "colleague")
    assert client.post(url).status_code == 302
    assert "Withdrawn by you" in _page(client, "capture_policies_me:request_list")
    row.refresh_from_db()
    assert row.state == "open"


def test_staff_see_the_wish_and_not_who_has_it(desk: Desk) -> None:
    row = _asked(desk)
    _asked(desk, "colleague")
    subject = desk.cast.subject("employee")
    for name in ("admin", "officer", "ml", "auditor"):
        client = _client(desk, name)
        for page in (
            _page(client, "capture_policies:request_list"),
            _page(client, "capture_policies:request_detail", row.pk),
        ):
            assert "fewer than 5 people" in page
            for hidden in (desk.employee.display_name, subject.pseudonym, str(subject.pk)):
                assert hidden not in page
        page = _page(client, "capture_policies:request_detail", row.pk)
        assert "an employee" in page
        assert "Words of employee." in page
        assert "Words of colleague." not in page


def test_with_enough_people_the_page_shows_more_of_their_words(desk: Desk) -> None:
    row = _asked(desk)
    for name in ("colleague", "admin", "officer", "ml"):
        _asked(desk, name)
    page = _page(_client(desk, "auditor"), "capture_policies:request_detail", row.pk)
    assert "5 people" in page
    assert "Words of colleague." in page


def test_open_removals_stand_first(desk: Desk) -> None:
    _live(desk)
    _asked(desk, entry="jira")
    _asked(desk)
    page = _page(_client(desk, "officer"), "capture_policies:request_list")
    assert page.index("Jira") < page.index("Wiki")
    page = _page(_client(desk, "officer"), "capture_policies:request_list", sort="-label")
    assert page.index("Wiki") < page.index("Jira")
    page = _page(_client(desk, "officer"), "capture_policies:request_list", kind="add", q="wiki")
    assert "Jira" not in page


def test_a_member_of_staff_asks_by_name_and_withdraws(desk: Desk) -> None:
    _live(desk)
    client = _client(desk, "ml")
    page = _page(client, "capture_policies:request_new", entry="jira")
    assert 'value="jira" selected' in page
    answer = client.post(
        reverse("capture_policies:request_new"), {"kind": "remove", "entry": "jira", "words": "No use."}
    )
    row = AllowlistRequest.objects.get()
    assert answer["Location"] == reverse("capture_policies:request_detail", args=[row.pk])
    assert desk.ml.display_name in _page(client, "capture_policies:request_detail", row.pk)
    client.post(reverse("capture_policies:request_withdraw", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == "withdrawn"


def test_the_form_offers_a_chosen_entry_beyond_its_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture_policies.request_forms.MAX_CHOICES", 1)
    _live(desk)
    client = _client(desk, "ml")
    assert 'value="jira"' not in _page(client, "capture_policies:request_new")
    assert 'value="jira" selected' in _page(client, "capture_policies:request_new", entry="jira")


def test_taking_declining_and_their_buttons(desk: Desk) -> None:
    row = _asked(desk)
    admin = _client(desk, "admin")
    page = _page(admin, "capture_policies:request_detail", row.pk)
    assert "Take into a draft" in page
    assert "Decline" in page
    other = desk.draft(title="Next month")
    url = reverse("capture_policies:request_take", args=[row.pk])
    assert admin.post(url, {"draft": "nonsense"}).status_code == 404
    answer = admin.post(url, {"draft": str(other.pk)})
    assert answer["Location"] == reverse("capture_policies:draft_detail", args=[other.pk])
    assert "Next month" in _page(admin, "capture_policies:request_detail", row.pk)
    admin.post(reverse("capture_policies:request_decline", args=[row.pk]), {"reason": "Not now."})
    assert "Not now." in _page(_client(desk, "ml"), "capture_policies:request_detail", row.pk)
    second = _asked(desk)
    answer = admin.post(reverse("capture_policies:request_take", args=[second.pk]), {"draft": ""})
    made = PolicyDraft.objects.get(title="Add Wiki")
    assert answer["Location"] == reverse("capture_policies:draft_detail", args=[made.pk])


def test_the_page_of_a_removal_says_what_will_happen_to_whom(desk: Desk) -> None:
    _live(desk)
    row = _asked(desk, entry="jira")
    client = _client(desk, "officer")
    assert "Remove now" in _page(client, "capture_policies:request_detail", row.pk)
    page = _page(client, "capture_policies:entry_remove_now", "jira")
    assert "mouse clicks" in page
    assert "fewer than 5 people" in page
    assert "one wave" in page
    assert "stays on the list" not in page
    url = reverse("capture_policies:entry_remove_now", args=["jira"])
    assert client.post(url, {"reason": ""}).status_code == 422
    answer = client.post(url, {"reason": "Asked for."})
    rollout = Rollout.objects.running().get()
    assert answer["Location"] == reverse("capture_policies:rollout_detail", args=[rollout.pk])
    row.refresh_from_db()
    assert row.state == "done"
    assert "Version 2" in _page(client, "capture_policies:request_detail", row.pk)
    run(rollout)


def test_a_second_click_leads_to_the_version_that_removed_it(desk: Desk) -> None:
    _live(desk)
    client = _client(desk, "officer")
    url = reverse("capture_policies:entry_remove_now", args=["jira"])
    client.post(url, {"reason": "x"})
    assert "It is on its way" in _page(client, "capture_policies:entry_remove_now", "jira")
    again = client.post(url, {"reason": "x"})
    assert again["Location"] == reverse(
        "capture_policies:version_detail", args=[Narrowing.objects.get().version_id]
    )
    run(Rollout.objects.running().get())
    Rollout.objects.update(state="done")
    assert client.get(url).status_code == 404


def test_where_another_site_would_take_over_the_page_says_so(desk: Desk) -> None:
    board = {**JIRA, "id": "board", "label": "Board", "match": {**JIRA["match"], "path_prefix": "/board"}}
    _live(desk, JIRA, board)
    page = _page(_client(desk, "officer"), "capture_policies:entry_remove_now", "board")
    assert "stays on the list without any signal" in page


def test_removing_asks_for_a_fresh_second_factor(desk: Desk) -> None:
    _live(desk)
    client = desk.cast.client("officer", fresh=False)
    answer = client.get(reverse("capture_policies:entry_remove_now", args=["jira"]))
    assert answer.status_code == 302
    assert answer["Location"] == reverse("mfa_index")


def _own_policy(desk: Desk, *entries: dict[str, Any]) -> Device:
    """The policy is on the employee's only device."""
    desk.devices(1)
    release = desk.release(entries=list(entries))
    Rollout.objects.create(release=release, reason="x", state="done")
    device = Device.objects.get()
    waves.assign_device(device_id=device.pk, actor=desk.cast.system())
    return device


def test_an_employee_switches_an_entry_off_and_on(desk: Desk) -> None:
    _own_policy(desk, JIRA, EXCEL)
    client = _client(desk, "employee")
    page = _page(client, "capture_policies_me:excluded")
    assert page.index("Excel") < page.index("Jira")
    answer = client.post(reverse("capture_policies_me:exclude"), {"entry": "jira", "q": "ji ra"})
    assert answer["Location"] == f"{reverse('capture_policies_me:excluded')}?q=ji+ra"
    page = _page(client, "capture_policies_me:excluded", q="jira")
    assert "Excluded by you" in page
    assert "Excel" not in page
    assert "Switched off by you" in _page(client, "capture_policies_me:captured")
    client.post(reverse("capture_policies_me:include"), {"entry": "jira"})
    assert not SubjectExclusion.objects.exists()
    client.post(reverse("capture_policies_me:exclude"), {"entry": "No entry"})
    assert not SubjectExclusion.objects.exists()


def test_what_was_excluded_on_a_computer_or_is_listed_no_more_is_shown(desk: Desk) -> None:
    device = _own_policy(desk, JIRA)
    device.exclusions = ["jira"]
    device.save(update_fields=["exclusions"])
    exclude_entry(entry="old-tool", actor=desk.cast.actor("employee"))
    page = _page(_client(desk, "employee"), "capture_policies_me:excluded")
    assert f"Excluded on {device.name}" in page
    assert "no longer captured" in page


def test_without_a_device_there_is_nothing_to_switch_off(desk: Desk) -> None:
    page = _page(_client(desk, "colleague"), "capture_policies_me:excluded")
    assert "Nothing is captured on your computers" in page


def test_staff_never_see_what_a_person_excludes(desk: Desk) -> None:
    device = _own_policy(desk, JIRA, EXCEL)
    exclude_entry(entry="jira", actor=desk.cast.actor("employee"))
    client = _client(desk, "admin")
    before = _page(client, "agents:device_detail", device.pk)
    SubjectExclusion.objects.all().delete()
    after = _page(client, "agents:device_detail", device.pk)
    assert "jira" not in before.casefold().replace("jira.example.com", "")
    assert before.count("xclu") == after.count("xclu")


@pytest.mark.parametrize("where", ["staff", "own"])
def test_ten_thousand_requests_ask_no_more_questions(desk: Desk, where: str) -> None:
    name = "capture_policies:request_list" if where == "staff" else "capture_policies_me:request_list"
    client = _client(desk, "officer" if where == "staff" else "employee")
    subject = Subject.objects.get(user=desk.employee)
    _many(subject, 0, 3)
    few = _questions(client, name)
    _many(subject, 3, 200)
    assert _questions(client, name) == few


def _many(subject: Subject, start: int, end: int) -> None:
    rows = AllowlistRequest.objects.bulk_create(
        AllowlistRequest(kind="add", entry_kind="app", label=f"App {n}", same=f"add:app:{n}")
        for n in range(start, end)
    )
    RequestVoice.objects.bulk_create(RequestVoice(request=row, subject=subject, words="x") for row in rows)


def _questions(client: Client, name: str) -> int:
    _page(client, name)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        _page(client, name)
    return len(seen)
