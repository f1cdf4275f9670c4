"""The pages of versions: the difference in sentences, decisions, comments, and any two versions compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from capture_policies import differences, queries
from capture_policies.actions import drafts, versions
from capture_policies.models import PolicyVersion, VersionComment
from jurisdictions.actions import load_packs
from mci_core import canonical, policy
from mci_core.errors import Invalid
from tests.server.capture_policies import deciding
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk
from tests.server.capture_policies.test_cool_down import live
from tests.server.capture_policies.test_impact import people

pytestmark = pytest.mark.django_db
Text = Callable[[Any], str]


def url(name: str, version: PolicyVersion) -> str:
    return reverse(f"capture_policies:{name}", args=[version.pk])


def api(name: str, version: PolicyVersion) -> str:
    return reverse(f"capture_policies_api:version-{name}", args=[version.pk])


def big(desk: Desk, count: int, *, signals: tuple[str, ...] = ("click",), base: Any = None) -> PolicyVersion:
    """A version of so many sites, past the draft."""
    doc: dict[str, Any] = {**policy.new_document("Many")}
    doc["entries"] = [
        {**JIRA, "id": f"s{n}", "label": f"Site {n}", "signals": list(signals),
         "match": {**JIRA["match"], "origin": f"https://s{n}.example.com"}}
        for n in range(count)
    ]  # fmt: skip
    body = policy.canonical_bytes(doc)
    return PolicyVersion.objects.create(
        number=PolicyVersion.objects.count() + 1,
        title="Many",
        body=body,
        digest=canonical.digest(body),
        ruleset_digest="0" * 64,
        direction="wider",
        compared_with=base,
        author=desk.admin,
    )


# ------------------------------------------------------------ sentences
def sentences(old: list[dict[str, Any]], new: list[dict[str, Any]], **changes: Any) -> list[tuple[str, str]]:
    before, after = policy.new_document("A"), {**policy.new_document("A"), **changes}
    found = differences.between(
        policy.parse({**before, "entries": old}), policy.parse({**after, "entries": new})
    )
    return [(line.direction, line.sentence) for line in differences.shown(found.lines)]


def test_a_sentence_says_what_holds_now_for_whom_and_what_held_before(desk: Desk) -> None:
    load_packs(actor=desk.cast.system())
    people(desk, "Sales", 6)
    people(desk, "Support", 6, place="US-CA")
    clicks = {**JIRA, "signals": ["click"]}
    typing = {**JIRA, "signals": ["click", "keystroke"], "keystrokes": "text"}
    assert sentences([clicks], [typing]) == [
        (
            "wider",
            (
                "Captures mouse clicks and keystroke text in Jira (https://jira.example.com/) for 12 people"
                " in 2 states; before: mouse clicks only."
            ),
        )
    ]


def test_wider_lines_come_first_and_every_kind_has_its_words(desk: Desk) -> None:
    removed = {
        **EXCEL,
        "id": "old",
        "label": "Old",
        "match": {**EXCEL["match"], "names": ["Old"], "windows": ["O.EXE"]},
    }
    found = sentences([JIRA, removed], [{**JIRA, "signals": ["click"]}, EXCEL], retention_days=90, name="B")
    assert [way for way, _ in found] == ["wider", "wider", "narrower", "narrower", "neutral"]
    told = " ".join(words for _, words in found)
    assert "Captures mouse clicks in Excel (EXCEL.EXE, Excel) for nobody; before: nothing." in told
    assert "Captures nothing more in Old" in told
    assert "Days that sessions are kept: 90 instead of 30." in told
    assert "before: mouse clicks and typed text." in told


def test_a_changed_reach_is_told_in_parts_with_the_names_of_departments(desk: Desk) -> None:
    people(desk, "Sales", 6)
    people(desk, "Support", 3)
    group = str(desk.cast.subject().department_id)
    from accounts.models import Department

    sales = Department.objects.get(name="Sales")
    scoped = {**JIRA, "scope": {"groups": [str(sales.pk)]}}
    found = differences.between(
        policy.parse({**policy.new_document("A"), "entries": [scoped]}),
        policy.parse({**policy.new_document("A"), "entries": [{**JIRA, "frame_interval_s": 10}]}),
    )
    (line,) = differences.shown(found.lines)
    assert group not in line.sentence
    assert [part.direction for part in line.parts] == ["neutral", "wider"]
    assert "for every group instead of for the groups Sales" in line.parts[1].words
    (line,) = differences.shown(
        differences.between(
            policy.parse({**policy.new_document("A"), "entries": [JIRA]}),
            policy.parse({**policy.new_document("A"), "entries": [{**JIRA, "owner": "Desk"}]}),
        ).lines
    )
    assert line.sentence.endswith("before: the same.")
    assert differences.between(None, policy.parse(policy.new_document("A"))).direction == "neutral"


@pytest.mark.parametrize(
    ("keys", "words"),
    [("count", "that keys were pressed"), ("class", "kinds of keys"), ("text", "keystroke text")],
)
def test_keys_and_intervals_have_words(desk: Desk, keys: str, words: str) -> None:
    entry = policy.parse_entry(
        {**JIRA, "signals": ["keystroke", "screenshot"], "keystrokes": keys, "frame_interval_s": 10}
    )
    assert differences.captured_words(entry) == f"{words} and screenshots (at most one in 10 s)"
    assert differences.captured_words(policy.parse_entry({**JIRA, "signals": []})) == "nothing"


# ------------------------------------------------------------ pages
def test_the_page_of_a_version_is_bounded_however_many_entries_it_has(desk: Desk, as_text: Text) -> None:
    client = desk.cast.client("auditor")
    asked = []
    for count in (3, 200):
        version = big(desk, count)
        with CaptureQueriesContext(
            connection,
        ) as queries_made:
            page = client.get(url("version_detail", version))
        asked.append(len(queries_made))
        assert as_text(page).count("before: nothing.") == min(count, 25)
    assert asked[0] == asked[1]
    text = as_text(client.get(url("version_detail", version), {"page": 8}))
    assert "176 to 200 shown" in text
    assert as_text(client.get(url("version_captured", version), {"page": 2})).count("<code") == 25
    assert "No difference" in as_text(client.get(url("version_compare", version), {"with": version.number}))


def test_lists_of_versions_and_pages_of_drafts_ask_as_much_for_many_as_for_few(
    desk: Desk, as_text: Text
) -> None:
    client = desk.cast.client("admin")
    actor = desk.actor(desk.admin)
    asked: dict[str, list[int]] = {"list": [], "draft": []}
    for count in (3, 200):
        last = big(desk, count)
        while PolicyVersion.objects.count() < count:
            big(desk, 1)
        draft = drafts.create_draft(title="Many", actor=actor, from_version=last)
        for name, address in (
            ("list", reverse("capture_policies:version_list")),
            ("draft", reverse("capture_policies:draft_detail", args=[draft.pk])),
        ):
            with CaptureQueriesContext(connection) as made:
                page = as_text(client.get(address))
            asked[name].append(len(made))
    assert "apps and sites, 1 to 25 shown" in page
    assert all(few == many for few, many in asked.values())


def test_a_draft_shows_the_first_differences_and_how_many_there_are(desk: Desk, as_text: Text) -> None:
    live(desk, entries=[JIRA])
    draft = drafts.create_draft(title="Many", actor=desk.actor(desk.admin), from_version=big(desk, 40))
    text = as_text(desk.cast.client("ml").get(reverse("capture_policies:draft_detail", args=[draft.pk])))
    assert "And 28\xa0more changes" in text


def test_the_difference_can_be_read_in_one_direction(desk: Desk, as_text: Text) -> None:
    one = big(desk, 3, signals=("click", "text"))
    two = big(desk, 4, base=one)
    client = desk.cast.client("ml")
    text = as_text(client.get(url("version_detail", two), {"way": "narrower"}))
    assert "All 4" in text
    assert "Narrower 3" in text
    assert "Wider 1" in text
    assert "Site 3" not in text


def test_any_two_versions_are_compared(desk: Desk, as_text: Text) -> None:
    one, two = big(desk, 1), big(desk, 2)
    client = desk.cast.client("auditor")
    assert "Captures mouse clicks in Site 1" in as_text(client.get(url("version_compare", two), {"with": 1}))
    back = as_text(client.get(url("version_compare", one), {"with": 2}))
    assert "Captures nothing more in Site 1" in back
    assert "compared with nothing" in as_text(client.get(url("version_compare", one), {"with": 0}))
    assert "There is no version 9." in as_text(client.get(url("version_compare", one), {"with": 9}))
    assert client.get(url("version_compare", one), {"with": "x"}).status_code == 200


def test_versions_are_searched_filtered_and_sorted(desk: Desk, as_text: Text) -> None:
    desk.version(title="Support desk")
    deciding.sent_back(desk)
    client = desk.cast.client("officer")
    listed = reverse("capture_policies:version_list")
    assert "Office work" not in as_text(client.get(listed, {"q": "support"}))
    text = as_text(client.get(listed, {"state": "changes_requested", "sort": "author"}))
    assert "Office work" in text
    assert "Support desk" not in text


def test_a_version_that_waits_says_until_when_and_who_can_stop_it(desk: Desk, as_text: Text) -> None:
    version = deciding.waiting(desk)
    text = as_text(desk.cast.client("officer").get(url("version_detail", version)))
    assert "Approved, waits" in text
    assert "Withdraw approval…" in text
    assert "Counts until" in text
    second = as_text(desk.cast.client("second_officer").get(url("version_detail", version)))
    assert "Withdraw approval…" not in second
    assert "Reject…" in second
    assert "Approve…" not in second
    author = as_text(desk.cast.client("admin").get(url("version_detail", version)))
    assert "Reject…" not in author


def test_ended_and_withdrawn_approvals_are_shown_as_such(desk: Desk, as_text: Text) -> None:
    version = deciding.lapsed(desk)
    client = desk.cast.client("officer")
    assert as_text(client.get(url("version_detail", version))).count("Approval ended") == 2
    fresh = desk.approve(desk.version(), desk.officer)
    given = {"digest": fresh.digest, "reason": "I misread it"}
    assert client.post(url("version_withdraw", fresh), given).status_code == 302
    text = as_text(client.get(url("version_detail", fresh)))
    assert "Approval withdrawn" in text
    assert "Withdrawn: I misread it" in text


def test_comments_are_written_and_read_by_those_who_see_drafts(desk: Desk, as_text: Text) -> None:
    version = desk.version()
    client = desk.cast.client("ml")
    assert client.post(url("version_comment", version), {"text": " "}).status_code == 422
    assert client.post(url("version_comment", version), {"text": "Why this site?"}).status_code == 302
    assert "Why this site?" in as_text(desk.cast.client("officer").get(url("version_detail", version)))
    assert "Why this site?" not in as_text(desk.cast.client("auditor").get(url("version_detail", version)))
    assert client.get(url("version_comment", version)).status_code == 200
    with pytest.raises(Invalid):
        versions.comment_version(version=version, text="x" * 2001, actor=desk.actor(desk.ml))


def test_changes_are_requested_and_the_next_version_takes_its_place(desk: Desk, as_text: Text) -> None:
    version = desk.version()
    versions.comment_version(version=version, text="Too many sites.", actor=desk.actor(desk.ml))
    client = desk.cast.client("officer")
    given = {"digest": version.digest, "reason": "Leave typed text out."}
    assert client.post(url("version_changes", version), given).status_code == 302
    version.refresh_from_db()
    draft = version.draft
    assert draft is not None
    assert (version.state, draft.state) == ("changes_requested", "open")
    author = desk.cast.client("admin")
    text = as_text(author.get(reverse("capture_policies:draft_detail", args=[draft.pk])))
    assert "Leave typed text out." in text
    assert "Too many sites." in text
    assert "Its draft is open again." in as_text(author.get(url("version_detail", version)))
    successor = drafts.submit_draft(draft=draft, actor=desk.actor(desk.admin))
    assert successor.replaces == version
    assert f"version {version.number}" in as_text(author.get(url("version_detail", successor)))
    assert "Its successor is" in as_text(client.get(url("version_detail", version)))


def test_a_version_without_a_draft_is_sent_back_all_the_same(desk: Desk) -> None:
    version = big(desk, 1)
    versions.request_changes(
        version=version, digest=version.digest, reason="no", actor=desk.actor(desk.officer)
    )
    version.refresh_from_db()
    assert version.state == "changes_requested"


def test_a_stale_version_says_why_it_cannot_be_approved(desk: Desk, as_text: Text) -> None:
    version = desk.version(rules=[CUSTOMERS])
    live(desk, entries=[EXCEL])
    text = as_text(desk.cast.client("officer").get(url("version_detail", version)))
    assert "Another policy went live" in text
    assert "Approve…" not in text


# ------------------------------------------------------------ API
def test_the_api_tells_the_difference_page_by_page(desk: Desk) -> None:
    one = big(desk, 60)
    client = desk.cast.api("auditor")
    first = client.get(api("difference", one)).json()
    assert (first["pages"], len(first["changes"]), first["counts"]["wider"]) == (2, 50, 60)
    assert first["changes"][0]["people"] == "nobody"
    assert first["changes"][0]["places"] == []
    assert len(client.get(api("difference", one), {"page": 2}).json()["changes"]) == 10
    two = big(desk, 61)
    other = client.get(api("difference", two), {"with": one.number}).json()
    assert (other["compared_with"], len(other["changes"])) == (one.number, 1)
    assert client.get(api("difference", two), {"with": 0}).json()["compared_with"] is None
    assert client.get(api("difference", two), {"with": 99}).status_code == 404
    assert client.get(api("difference", two), {"with": "x"}).status_code == 422


def test_the_api_keeps_comments_and_refuses_decisions_by_token(desk: Desk) -> None:
    version = desk.approve(desk.version(), desk.officer)
    client = desk.cast.api("officer")
    assert client.post(api("comments", version), {"text": "Hm."}).status_code == 201
    assert [row["text"] for row in client.get(api("comments", version)).json()] == ["Hm."]
    for name in ("approve", "reject", "request-changes"):
        answer = client.post(api(name, version), {"digest": version.digest, "reason": "x"})
        assert (name, answer.status_code) == (name, 403)
    assert client.post(api("withdraw", version), {"reason": "x"}).status_code == 403
    assert VersionComment.objects.count() == 1
    shown = client.get(reverse("capture_policies_api:version-detail", args=[version.pk])).json()
    assert shown["approvals"][0]["valid_until"]
    assert shown["approvals"][0]["withdrawn_at"] is None
    assert queries.policy_of(version) is not None


def test_a_signed_in_person_with_a_fresh_factor_decides_by_the_api(desk: Desk) -> None:
    version = desk.version()
    said = {"digest": version.digest, "reason": "x"}
    client = desk.cast.client("officer")

    def sent(name: str, of: PolicyVersion, data: dict[str, str]) -> Any:
        return client.post(api(name, of), data, content_type="application/json")

    assert sent("approve", version, said).json()["role"] == "privacy_officer"
    assert sent("withdraw", version, {"reason": "x"}).json()["approvals"][0]["withdrawn_at"]
    assert sent("request-changes", version, said).json()["decision"] == "changes"
    other = desk.version()
    assert sent("reject", other, {"digest": other.digest, "reason": "x"}).json()["decision"] == "reject"
    listed = client.get(reverse("capture_policies_api:approval-list")).json()
    assert listed["count"] == 3
