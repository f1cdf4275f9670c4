"""Would this be captured? The answer of the evaluator, with law, entry and release of that day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from capture_policies import asking, explaining, past
from capture_policies.explaining import Explanation, Question
from capture_policies.models import Release, Rollout
from jurisdictions.actions import load_packs, record_agreement
from mci_core import policy as policies
from mci_core.policy import Policy, new_document
from tests.server.capture_policies.support import CUSTOMERS, EXCEL, JIRA, Desk
from tests.server.cast import Cast

KEYS: dict[str, Any] = {
    **JIRA,
    "signals": ["click", "keystroke", "shortcut", "url", "window_title", "text", "screenshot"],
    "keystrokes": "class",
}
PAGE = "https://jira.example.com/browse/1"


@pytest.fixture
def lawful(cast: Cast) -> Cast:
    load_packs(actor=cast.system())
    return cast


@pytest.fixture
def signing(lawful: Cast, desk: Desk) -> Desk:
    """The law, and a desk that signs releases."""
    return desk


def made(*entries: dict[str, Any], rules: tuple[Any, ...] = ()) -> Policy:
    document: dict[str, Any] = {**new_document("x"), "entries": list(entries), "rules": list(rules)}
    return policies.parse(document)


def asked(policy: Policy | None) -> past.Asked:
    return past.Asked("Version 1", policy)


def ask(policy: Policy | None = None, **facts: Any) -> Explanation:
    values = {"signal": "click", "address": PAGE, "place": "US-NY", "at": timezone.now(), **facts}
    return explaining.explain(Question(**values), asked(policy or made(KEYS)))


def test_a_click_is_captured_where_entry_and_law_allow_it(lawful: Cast) -> None:
    found = ask()
    assert (found.captured, found.code) == (True, "allowed")
    assert found.entry is not None
    assert found.entry.label == "Jira"
    assert found.law.pack is not None
    assert "52-c" in str(found.law.ruling.source)
    kept = {part.name: part.stays for part in found.parts}
    assert kept == {"Position": True, "Mouse button": True, "Name and kind of the field": True}


def test_nothing_is_captured_in_a_place_that_is_not_known(lawful: Cast) -> None:
    assert ask(place=None).code == "unknown_place"
    assert ask(place="US").code == "unknown_place"


def test_in_germany_an_agreement_decides_and_keys_stay_off(lawful: Cast) -> None:
    assert ask(place="DE").code == "law_forbids"
    assert "agreement" in ask(place="DE").law.words
    assert ask(place="DE").why == ask(place="DE").law.words
    assert ask(place="DE").entry_words == "Not asked: something else comes first"
    today = timezone.now().date()
    record_agreement(
        place="DE",
        kind="works_council",
        number="BV 7",
        signals=["click", "keystroke"],
        valid_from=today,
        valid_to=today + timedelta(days=3),
        actor=lawful.actor("officer"),
    )
    found = ask(place="DE")
    assert found.captured
    assert found.law.agreement is not None
    assert found.law.agreement.number == "BV 7"
    assert ask(place="DE", signal="keystroke").code == "signal_denied_by_law"
    assert ask(place="DE", at=timezone.now() + timedelta(days=4)).code == "law_forbids"


def test_the_law_of_the_day_decides(lawful: Cast) -> None:
    before = ask(place="US-CT", at=datetime(2026, 9, 30, 12, tzinfo=UTC))
    after = ask(place="US-CT", at=datetime(2026, 10, 1, 12, tzinfo=UTC))
    assert before.law.pack is not None
    assert after.law.pack is not None
    assert before.law.pack.pk != after.law.pack.pk


@pytest.mark.parametrize(
    ("key", "signal", "granularity", "code", "stored"),
    [
        ("letter", "keystroke", "class", "allowed", "letter"),
        ("digit", "keystroke", "count", "allowed", "*"),
        ("enter", "keystroke", "text", "allowed", "Enter"),
        ("letter", "keystroke", "shortcut", "keystroke_granularity", ""),
        ("combination", "shortcut", "shortcut", "allowed", "s"),
        ("function", "shortcut", "none", "keystroke_granularity", ""),
    ],
)
def test_a_key_is_shown_at_its_granularity(
    lawful: Cast, key: str, signal: str, granularity: str, code: str, stored: str
) -> None:
    found = ask(made({**KEYS, "keystrokes": granularity}), signal=signal, key=key)
    assert found.code == code
    assert "".join(part.value for part in found.parts) == stored


def test_what_is_typed_into_a_password_field_is_not_captured(lawful: Cast) -> None:
    assert ask(signal="keystroke", secure=True).code == "secure_field"
    assert ask(signal="text", secure=True).code == "secure_field"


def test_titles_and_addresses_are_shown_as_they_would_be_stored(lawful: Cast) -> None:
    found = ask(
        made(KEYS, rules=(CUSTOMERS,)),
        signal="window_title",
        title="Olivia Sample, mail olivia@example.com",
    )
    values = {part.name: part.value for part in found.parts}
    assert "Olivia" not in values["Window title"]
    assert "[" in values["Window title"]
    assert values["Web address"].startswith("https://jira.example.com/")
    assert [rule.label for rule in found.rules] == ["Customer names"]


def test_a_title_that_the_entry_or_the_law_leaves_out_is_not_captured(lawful: Cast) -> None:
    untitled = made({**KEYS, "signals": ["click"]})
    assert ask(untitled, signal="window_title", title="x").code == "signal_not_allowed"
    law = explaining.law_at(Question("click", timezone.now(), place="US-NY"))
    denied = replace(law, ruling=replace(law.ruling, denied_signals=("window_title",)))
    question = Question("window_title", timezone.now(), address=PAGE, place="US-NY", title="x")
    assert explaining.explain(question, asked(made(KEYS)), denied).code == "signal_denied_by_law"


def test_scope_and_last_day_and_windows_count(lawful: Cast) -> None:
    group = str(lawful.department.pk)
    scoped = made({**KEYS, "scope": {"groups": [group], "tags": ["pilot"]}})
    assert ask(scoped, group=group, tags=("pilot",)).captured
    assert ask(scoped, group=group).code == "out_of_scope"
    over = made({**KEYS, "expires": "2026-01-31"})
    assert ask(over, at=datetime(2026, 1, 31, 23, tzinfo=UTC)).captured
    assert ask(over, at=datetime(2026, 2, 1, tzinfo=UTC)).code == "entry_expired"
    parted = made({**KEYS, "windows_excluded": ["*payroll*"]})
    assert ask(parted, title="The Payroll of May").code == "window_excluded"
    assert ask(parted, title="A ticket").captured
    assert ask(parted).code == "window_excluded"


def test_a_program_is_asked_as_its_platform_names_it(lawful: Cast) -> None:
    policy = made({**EXCEL, "match": {**EXCEL["match"], "macos": ["com.microsoft.Excel"]}})
    values = {"address": "", "signal": "click"}
    assert ask(policy, **values, program="EXCEL.EXE").captured
    assert ask(policy, **values, program="com.microsoft.Excel", platform="macos").captured
    assert ask(policy, **values, program="EXCEL.EXE", platform="linux").code == "no_entry"
    assert ask(policy, **values, program_name="Excel", platform="linux").captured
    assert ask(policy, address=PAGE, private=True).code == "private_window"


def test_a_screenshot_and_a_page_are_explained(lawful: Cast) -> None:
    assert "The picture, masked" in {part.name for part in ask(signal="screenshot").parts}
    assert {part.name: part.value for part in ask(signal="url").parts} == {"Web address": PAGE}
    assert [part.name for part in ask(signal="text").parts if part.stays]


def test_without_a_release_nothing_was_captured(lawful: Cast) -> None:
    found = explaining.explain(
        Question("click", timezone.now(), place="US-NY"), past.live_policy_at(timezone.now())
    )
    assert (found.captured, found.code, found.entry) == (False, "no_release", None)
    assert found.described is None


def live(desk: Desk, *, days_ago: int, **changes: Any) -> Release:
    """A release that was signed and went through so many days ago."""
    then = timezone.now() - timedelta(days=days_ago)
    with patch("django.utils.timezone.now", lambda: then):
        release = desk.release(**changes)
    Rollout.objects.create(release=release, reason="x", state="done", started_at=then, finished_at=then)
    return release


def test_the_release_of_the_day_is_found(signing: Desk) -> None:
    first = live(signing, days_ago=10, entries=[JIRA])
    second = live(signing, days_ago=3, entries=[JIRA, EXCEL])
    now = timezone.now()
    assert past.live_at(now - timedelta(days=20)) is None
    assert past.live_at(now - timedelta(days=5)) == first
    assert past.live_at(now) == past.live_at(now + timedelta(days=400)) == second
    Release.objects.filter(pk=second.pk).update(withdrawn_at=now - timedelta(days=1))
    assert past.live_at(now) == first
    assert past.live_at(now - timedelta(days=2)) == second


def test_a_release_on_its_way_is_named(signing: Desk) -> None:
    now = timezone.now()
    assert past.under_way_at(now) is None
    release = signing.release(entries=[JIRA])
    Rollout.objects.create(release=release, reason="x", state="running", started_at=now)
    assert past.under_way_at(now) == release
    assert past.under_way_at(now - timedelta(hours=1)) is None


def test_the_page_answers_from_its_address(signing: Desk) -> None:
    live(signing, days_ago=2, entries=[KEYS])
    client = signing.cast.client("auditor")
    url = reverse("capture_policies:explain")
    assert client.get(url).status_code == 200
    asked = {"kind": "site", "address": PAGE, "signal": "click", "platform": "linux", "place": "US-NY"}
    page = client.get(url, {**asked, "which": "live"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "Captured" in text
    assert "52-c" in text
    assert "Release 1" in text
    assert "holds a lease" in text
    assert 'value="https://jira.example.com/browse/1"' in text


def test_what_is_wrong_stands_at_its_field_and_input_stays(lawful: Cast) -> None:
    client = lawful.client("auditor")
    url = reverse("capture_policies:explain")
    page = client.get(url, {"kind": "site", "signal": "click", "platform": "linux", "place": "New York"})
    assert page.status_code == 422
    text = page.content.decode()
    assert "Say which page." in text
    assert "Write a country" in text
    assert 'value="New York"' in text
    wanted: dict[str, Any] = {"kind": "app", "program": "x", "signal": "click", "platform": "linux"}
    assert b"no version with" in client.get(url, {**wanted, "which": "version", "version": 9}).content
    assert b"Say which version" in client.get(url, {**wanted, "which": "version"}).content
    assert b"Choose a draft" in client.get(url, {**wanted, "which": "draft"}).content
    assert b"Say which program" in client.get(url, {**wanted, "program": "", "which": "live"}).content


def test_a_draft_is_asked_by_those_who_see_it(signing: Desk) -> None:
    draft = signing.draft(entries=[KEYS])
    wanted: dict[str, Any] = {
        "kind": "site",
        "address": PAGE,
        "signal": "click",
        "platform": "linux",
        "place": "US-NY",
    }
    wanted |= {"which": "draft", "draft": str(draft.pk)}
    url = reverse("capture_policies:explain")
    page = signing.cast.client("ml").get(url, wanted)
    assert b"Draft: Office work" in page.content
    assert b"allowed" in page.content
    assert signing.cast.client("auditor").get(url, wanted).status_code == 422


def test_a_draft_that_is_no_policy_is_refused_at_its_field(signing: Desk) -> None:
    draft = signing.draft()
    draft.entries.update(kind="no")
    answer = signing.cast.api("ml").post(
        reverse("capture_policies_api:explain"),
        {"signal": "click", "address": PAGE, "which": "draft", "draft": str(draft.pk)},
        format="json",
    )
    assert answer.status_code == 422
    assert answer.json()["field"] == "draft"


def test_two_policies_are_compared_side_by_side(signing: Desk) -> None:
    live(signing, days_ago=10, entries=[JIRA])
    live(signing, days_ago=3, entries=[EXCEL])
    client = signing.cast.client("officer")
    url = reverse("capture_policies:explain_compare")
    assert client.get(url).status_code == 200
    then = (timezone.now() - timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    wanted: dict[str, Any] = {
        "kind": "site",
        "address": PAGE,
        "signal": "click",
        "platform": "linux",
        "place": "US-NY",
    }
    wanted |= {"a-which": "live", "a-at": then, "b-which": "live"}
    page = client.get(url, wanted)
    assert [one.code for one in page.context["answers"]] == ["allowed", "no_entry"]
    wrong = client.get(url, {**wanted, "b-which": "version", "b-version": 77})
    assert wrong.status_code == 422
    assert wrong.context["answers"] is None


def test_the_api_answers_like_the_page(signing: Desk) -> None:
    live(signing, days_ago=2, entries=[KEYS])
    url = reverse("capture_policies_api:explain")
    api = signing.cast.api("auditor", "capture_policies:read")
    answer = api.post(url, {"signal": "keystroke", "address": PAGE, "place": "US-NY"}, format="json").json()
    assert (answer["captured"], answer["code"], answer["entry"]) == (True, "allowed", "jira")
    assert answer["policy"]["live_release"] == 1
    assert "52-c" in answer["law"]["source"]
    assert {"name": "Key", "stays": True, "value": "letter"} in answer["parts"]
    for wrong, field in (
        ({"signal": "click"}, "address"),
        ({"signal": "click", "address": PAGE, "which": "version"}, "version"),
        ({"signal": "click", "address": PAGE, "which": "version", "version": 5}, "version"),
        ({"signal": "x", "address": PAGE}, "signal"),
    ):
        refused = api.post(url, wrong, format="json")
        assert refused.status_code in (400, 422)
        assert refused.json().get("field") == field
    assert signing.cast.api("auditor", "reviews:read").post(url, {}, format="json").status_code == 403


def test_a_question_has_plain_meanings_for_what_is_missing() -> None:
    question = asking.question_of({"signal": "click"})
    assert (question.title, question.place, question.group, question.tags) == (None, None, "", ())
    assert explaining.focus_of(question)["app"] == {}


def test_an_answer_takes_as_many_questions_however_much_there_is(signing: Desk) -> None:
    live(signing, days_ago=4, entries=[KEYS])
    client = signing.cast.client("auditor")
    wanted = {"kind": "site", "address": PAGE, "signal": "click", "platform": "linux", "place": "US-NY"}
    url = reverse("capture_policies:explain")
    client.get(url, {**wanted, "which": "live"})
    with CaptureQueriesContext(connection) as few:
        client.get(url, {**wanted, "which": "live"})
    for index in range(15):
        signing.draft(title=f"Draft {index}", entries=[], rules=[])
    many = [
        {**KEYS, "id": f"site-{n}", "match": {**KEYS["match"], "path_prefix": f"/{n}/"}} for n in range(15)
    ]
    live(signing, days_ago=1, entries=[KEYS, *many])
    with CaptureQueriesContext(connection) as more:
        page = client.get(url, {**wanted, "which": "live"})
    assert page.status_code == 200
    assert len(more) <= len(few)
