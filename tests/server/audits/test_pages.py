"""The pages of the log: filters, search, paging by key, and who sees the sealed part."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.permissions import table
from audits import views
from audits.actions import append
from audits.models import AuditEntry
from tests.server.audits.test_words import UNWRITTEN
from tests.server.cast import REASON, Cast

LIST = "/audit/"


@pytest.fixture
def entries(cast: Cast) -> list[int]:
    subject = cast.subject()
    return [
        append(action="audits.one", actor=cast.actor("admin"), obj=cast.device, subject=subject.pk),
        append(action="audits.two", actor=cast.actor("officer"), obj=None, reason=REASON, details={"a": 1}),
        append(action="audits.own", actor=cast.actor("employee"), obj=cast.device, subject=subject.pk),
        append(action="audits.sys", actor=cast.system(), obj=None),
    ]


def _shown(cast: Cast, query: str, who: str = "auditor") -> list[int]:
    page = cast.client(who).get(LIST + query).context["page"]
    return [entry.pk for entry in page]


def test_entries_are_shown_newest_first(cast: Cast, entries: list[int]) -> None:
    assert _shown(cast, "")[:4] == entries[::-1]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?actor=olga.oak@example.com", [1]),
        ("?actor=system:tests", [3]),
        ("?actor=nobody@example.com", []),
        ("?subject={pseudonym}", [2, 0]),
        ("?subject=P-000000", []),
        ("?object={device}", [2, 0]),
        ("?object=agents.device:{device}", [2, 0]),
        ("?object=agents.lease:{device}", []),
        ("?q=audits.two", [1]),
        ("?q={first}", [0]),
        ("?q={device}", [2, 0]),
        ("?q=99999999999999999999999", []),
        ("?request=request-of-the-cast", [2, 1, 0]),
        ("?since=2999-01-01", []),
        ("?until=2000-01-01", []),
        ("?action=accounts.create_user", []),
    ],
)
def test_filters_narrow_the_list(cast: Cast, entries: list[int], query: str, wanted: list[int]) -> None:
    given = {"pseudonym": cast.subject().pseudonym, "device": cast.device.pk, "first": entries[0]}
    assert _shown(cast, query.format(**given)) == [entries[number] for number in wanted]


def test_a_wrong_filter_value_shows_nothing_and_says_why(cast: Cast, entries: list[int]) -> None:
    answer = cast.client("auditor").get(LIST + "?since=yesterday")
    assert answer.status_code == 200
    assert "Enter a valid date" in answer.content.decode()


def test_pages_follow_keys_in_both_directions(
    cast: Cast, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE", 2)
    browser = cast.client("auditor")
    first = browser.get(LIST).context["page"]
    assert [entry.pk for entry in first] == [entries[3], entries[2]]
    assert first.newer is None
    second = browser.get(f"{LIST}?before={first.older}").context["page"]
    assert [entry.pk for entry in second] == [entries[1], entries[0]]
    back = browser.get(f"{LIST}?after={second.newer}").context["page"]
    assert [entry.pk for entry in back] == [entries[3], entries[2]]


@pytest.mark.parametrize("query", ["?before=x", "?after=-1", "?before=99999999999999999999999", "?after=²"])
def test_a_key_that_is_none_is_ignored(cast: Cast, entries: list[int], query: str) -> None:
    assert _shown(cast, query)[:4] == entries[::-1]


def test_the_list_takes_few_queries(
    cast: Cast, entries: list[int], django_assert_max_num_queries: object
) -> None:
    browser = cast.client("auditor")
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        browser.get(LIST)


def test_only_the_officer_sees_reason_and_details(cast: Cast, entries: list[int]) -> None:
    page = reverse("audits:entry_detail", args=[entries[1]])
    assert REASON in cast.client("officer").get(page).content.decode()
    assert REASON not in cast.client("auditor").get(page).content.decode()
    assert REASON not in cast.client("admin").get(page).content.decode()


def test_a_person_who_acts_on_their_own_data_is_shown_as_their_pseudonym(
    cast: Cast, entries: list[int]
) -> None:
    page = reverse("audits:entry_detail", args=[entries[2]])
    text = cast.client("officer").get(page).content.decode()
    assert cast.subject().pseudonym in text
    assert "Emil" not in text
    assert str(cast.employee.pk) not in text


def test_an_employee_sees_entries_about_themselves_only(cast: Cast, entries: list[int]) -> None:
    seen = set(AuditEntry.objects.visible_to(cast.employee).values_list("pk", flat=True))
    assert seen == {entries[0], entries[2]}
    assert not AuditEntry.objects.visible_to(cast.colleague).exists()


def test_an_entry_that_does_not_exist_is_not_found(cast: Cast) -> None:
    for key in (10**9, 10**30):
        assert cast.client("auditor").get(f"/audit/{key}/").status_code == 404


def test_the_api_gives_the_exact_leaf_and_no_details(cast: Cast, entries: list[int]) -> None:
    api = cast.api("auditor")
    entry = AuditEntry.objects.get(pk=entries[1])
    found = api.get(f"/api/v1/audit-entries/{entry.pk}/").json()
    assert found["leaf"] == entry.leaf
    assert REASON not in str(found)
    listed = api.get("/api/v1/audit-entries/?action=audits.two").json()
    assert [row["id"] for row in listed["results"]] == [entry.pk]


def test_every_action_and_event_can_be_looked_for(cast: Cast) -> None:
    """Also those whose module only a worker imports: the filter must not depend on what is loaded."""
    context = cast.client("auditor").get(LIST).context
    groups = dict(context["filter_form"].fields["action"].choices)
    offered = {name for group in groups.values() if not isinstance(group, str) for name, _words in group}
    permitted = {name for name in table() if ".view" not in name}
    assert permitted - offered == {"capture_sessions.complete_upload", *UNWRITTEN}
    assert {"capture_policies.sign_release", "accounts.sign_in_failed", "audits.log_verified"} <= offered
    assert not {name for name in offered if ".view" in name}
