"""Staff see what arrived and never whose it is; a person sees the own sessions and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from capture_policies.queries import rule_labels
from capture_sessions import actions
from capture_sessions.charts import events_by_day
from capture_sessions.models import CaptureSession
from capture_sessions.summaries import Masked, class_words, own_summary, redaction_of, signal_words
from mci_core.errors import Conflict
from tests.server import recordings
from tests.server.capture_policies.support import CUSTOMERS
from tests.server.cast import PEOPLE, Cast

STAFF, MINE, API = "/sessions/", "/me/sessions/", "/api/v1/sessions/"


def page(cast: Cast, who: str, path: str) -> str:
    response = cast.client(who).get(path)
    assert response.status_code == 200, response.content
    return str(response.content.decode())


def begun(cast: Cast) -> None:
    with pytest.raises(Conflict):
        recordings.upload(cast).send(cast, parts=[])


def test_the_staff_list_shows_what_arrived_and_nothing_of_the_person(cast: Cast) -> None:
    session = recordings.available(cast)
    begun(cast)
    shown = page(cast, "officer", STAFF)
    assert str(session.pk)[:8] in shown
    assert "Available" in shown
    assert shown.count("row-link") + shown.count(str(session.pk)[:8]) > 0
    hidden = [
        session.subject.pseudonym,
        str(cast.device.pk)[:8],
        cast.device.name,
        recordings.PLACE,
        "Kept until",
    ]
    hidden += [
        word for shown_name, _ in PEOPLE.values() if shown_name != "Olga Oak" for word in shown_name.split()
    ]
    assert [word for word in hidden if word in shown] == []


def test_the_staff_list_filters_by_state_platform_and_release_only(cast: Cast) -> None:
    available, quarantined = recordings.available(cast), recordings.quarantined(cast)
    CaptureSession.objects.filter(pk=quarantined.pk).update(os="windows")
    for query, expected in (
        ("state=quarantined", {quarantined.pk}),
        ("os=windows", {quarantined.pk}),
        ("os=linux", {available.pk}),
        ("release_number=901", {available.pk, quarantined.pk}),
        ("release_number=1", set()),
        *(
            (f"{name}=x", {available.pk, quarantined.pk})
            for name in ("subject", "device", "place", "q", "user")
        ),
        (f"subject={available.subject_id}&device={cast.device.pk}", {available.pk, quarantined.pk}),
        (f"q={available.subject.pseudonym}", {available.pk, quarantined.pk}),
    ):
        shown = page(cast, "admin", f"{STAFF}?{query}")
        api = cast.api("admin").get(f"{API}?{query}").json()["results"]
        assert {row["id"] for row in api} == {str(pk) for pk in expected}, query
        assert {pk for pk in (available.pk, quarantined.pk) if str(pk)[:8] in shown} == expected, query


def test_the_api_names_no_person_device_place_or_time_of_capture(cast: Cast) -> None:
    session = recordings.available(cast)
    row = cast.api("ml").get(f"{API}{session.pk}/").json()
    assert row["manifest_sha256"] == session.manifest_sha256
    assert row.keys().isdisjoint({"subject", "device", "place", "captured_from", "captured_to", "report"})
    said = str(row)
    for word in (session.subject.pseudonym, str(session.subject_id), str(session.device_id)):
        assert word not in said


def test_an_upload_that_is_not_complete_is_shown_to_nobody(cast: Cast) -> None:
    begun(cast)
    pk = CaptureSession.objects.get().pk
    assert cast.api("admin").get(f"{API}{pk}/").status_code == 404
    assert cast.client("employee").get(f"{MINE}{pk}/").status_code == 404
    assert "Nothing was recorded" in page(cast, "employee", MINE)


def test_a_person_sees_the_own_sessions_and_the_colleague_does_not(cast: Cast) -> None:
    session = recordings.available(cast)
    assert f"{MINE}{session.pk}/" in page(cast, "employee", MINE)
    assert "Nothing was recorded" in page(cast, "colleague", MINE)
    for who in ("colleague", "officer", "admin"):
        assert cast.client(who).get(f"{MINE}{session.pk}/").status_code == 404
    assert cast.client("employee").post(f"{MINE}{session.pk}/").status_code == 405


def test_the_own_list_filters_by_state_and_day(cast: Cast) -> None:
    session = recordings.available(cast)
    today = session.captured_from.date()
    for query, found in (
        (f"since={today}", True),
        (f"since={today + timedelta(days=1)}", False),
        (f"until={today}", True),
        (f"until={today - timedelta(days=1)}", False),
        ("state=available", True),
        ("state=erased", False),
        ("state=nonsense", False),
        ("since=nonsense", False),
        ("sort=-size", True),
    ):
        assert (f"{MINE}{session.pk}/" in page(cast, "employee", f"{MINE}?{query}")) is found, query


def test_the_own_page_tells_what_was_kept_what_was_taken_out_and_how_long(cast: Cast) -> None:
    session = recordings.available(cast)
    shown = page(cast, "employee", f"{MINE}{session.pk}/")
    for words in (
        "Excel",
        class_words("EMAIL"),
        class_words("no_entry"),
        signal_words("mouse_move"),
        cast.device.name,
        recordings.PLACE,
        "Kept until",
    ):
        assert words in shown, words
    assert f"/me/requests/new/?session={session.pk}" in shown
    assert "Legal hold" not in shown


REPORT: dict[str, Any] = {
    "labels": {"EMAIL": 3},
    "rules": [
        {"rule": "r1", "label": "PROJECT", "count": 1, "method": "hash.mask", "confidence": 100},
        {
            "rule": "detector.CREDIT_CARD",
            "label": "CREDIT_CARD",
            "count": 3,
            "method": "mask",
            "validator": "luhn",
            "confidence": 95,
        },
    ],
    "events_in": 9,
    "bytes_in": 90_000,
    "millis": 12,
    "blanked": 1,
}


def test_a_report_is_told_in_words_the_most_frequent_first() -> None:
    told = redaction_of(REPORT, {"r1": "Projects"})
    assert told.rows == [
        Masked("Credit card", "default detector", "replace by a placeholder", "luhn", "95 %", 3),
        Masked(
            "Project", "Projects", "replace by a keyed hash, replace by a placeholder", "", "100 %", 1, "r1"
        ),
    ]
    assert told.facts[0] == ("Size before", "90,000 bytes")
    assert ("Masked as a whole, because it could not be searched", "1") in told.facts
    assert redaction_of({}) == redaction_of({"rules": ["a"]})


def test_the_own_page_tells_which_rule_did_it_and_how_sure_it_was(cast: Cast) -> None:
    session = recordings.available(cast)
    CaptureSession.objects.filter(pk=session.pk).update(report=REPORT)
    shown = page(cast, "employee", f"{MINE}{session.pk}/")
    for words in ("How it was masked", "default detector", "luhn", "95 %", "90,000 bytes"):
        assert words in shown, words


def test_the_own_page_names_a_rule_by_its_label_with_the_id_at_hand(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {**recordings.policy_document(), "rules": [CUSTOMERS]}
    monkeypatch.setattr(recordings, "policy_document", lambda: document)
    session = recordings.available(cast)
    report = {**REPORT, "rules": [{**REPORT["rules"][0], "rule": CUSTOMERS["id"]}]}
    CaptureSession.objects.filter(pk=session.pk).update(report=report)
    shown = page(cast, "employee", f"{MINE}{session.pk}/")
    assert CUSTOMERS["label"] in shown
    assert f"<code>{CUSTOMERS['id']}</code>" in shown
    assert rule_labels(session.release_number + 1) == {}


def test_the_own_page_of_an_erased_session_says_so(cast: Cast) -> None:
    session = recordings.available(cast)
    actions.erase_sessions(session_ids=[session.pk], because="request", actor=cast.system())
    shown = page(cast, "employee", f"{MINE}{session.pk}/")
    assert "has been erased" in shown
    assert "Ask to delete it" not in shown
    assert class_words("EMAIL") not in shown


def test_the_own_summary_adds_up_and_is_the_own_one(cast: Cast) -> None:
    recordings.available(cast)
    recordings.available(cast)
    summary = own_summary(cast.employee)
    assert (summary.events, [row.label for row in summary.by_app]) == (14, ["Excel"])
    assert sum(row.events for row in summary.by_signal) == 14
    assert sum(events for _day, _app, events in summary.by_day) == 14
    assert own_summary(cast.colleague).events == 0
    assert own_summary(cast.employee, days=1).days == 1


def test_the_figure_and_its_table_hold_the_same_numbers(cast: Cast) -> None:
    recordings.available(cast)
    figure: dict[str, Any] = events_by_day(own_summary(cast.employee))
    assert sum(sum(trace["y"]) for trace in figure["data"]) == sum(row[2] for row in figure["rows"]) == 7
    assert figure["definition"]
