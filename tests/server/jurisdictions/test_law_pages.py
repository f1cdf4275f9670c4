"""The pages of officers about law, place by place, and the employee's page about the own places."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import WorkLocation
from audits.models import AuditEntry
from jurisdictions import actions, coverage
from jurisdictions.actions import load_packs
from jurisdictions.models import Agreement, LawPack, LawReview, Notice, PlaceLook, PlaceMode
from jurisdictions.notice_states import notice_states
from jurisdictions.waiting import waiting
from jurisdictions.zones import zone_of
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.cast import REASON, Cast
from tests.server.jurisdictions.policies import SITE, live_policy
from tests.server.jurisdictions.support import agree, notice, work_in


@pytest.fixture(autouse=True)
def _packs(cast: Cast) -> None:
    load_packs(actor=cast.system())


def _days(count: int) -> str:
    return (timezone.now().date() + timedelta(days=count)).isoformat()


def test_an_officer_records_a_look_at_a_law(cast: Cast, as_text: Any) -> None:
    pack, client = LawPack.objects.get(key="de"), cast.client("officer")
    LawPack.objects.filter(pk=pack.pk).update(review_by=timezone.now().date() - timedelta(days=1))
    assert "Germany" in as_text(client.get("/law/?look=due"))
    assert "Italy" not in as_text(client.get("/law/?look=due"))
    assert "Italy" in as_text(client.get("/law/?look=in_force"))
    client.post(f"/law/{pack.pk}/review/", {"note": "Read the ruling", "next_by": "soon"})
    assert not LawReview.objects.exists()
    client.post(f"/law/{pack.pk}/review/", {"note": "Read the ruling", "next_by": _days(180)})
    page = as_text(client.get(f"/law/{pack.pk}/"))
    assert "Read the ruling" in page
    assert "privacy officer" in page
    assert [item for item in waiting(cast.officer) if "law pack" in item.sentence] == []
    assert load_packs(actor=cast.system()) == 0  # a look is no change of the text


def test_a_look_has_a_note_and_a_day_ahead_and_the_law_is_in_force(cast: Cast) -> None:
    pack, officer = LawPack.objects.get(key="de"), cast.actor("officer")
    tomorrow = timezone.now().date() + timedelta(days=1)
    for note, next_by in ((" ", tomorrow), ("x" * 501, tomorrow), ("read", timezone.now().date())):
        with pytest.raises(Invalid):
            actions.review_pack(pack=pack, note=note, next_by=next_by, actor=officer)
    with pytest.raises(Forbidden):
        actions.review_pack(pack=pack, note="read", next_by=tomorrow, actor=cast.actor("admin"))
    old = LawPack.objects.get(key="us-ct", effective_to__isnull=False)
    with pytest.raises(Conflict):
        actions.review_pack(pack=old, note="read", next_by=tomorrow, actor=officer)


def test_the_choice_of_delaware_is_made_with_a_reason(cast: Cast, as_text: Any) -> None:
    pack, client = LawPack.objects.get(key="us-de"), cast.client("officer")
    assert "Nobody has chosen yet" in as_text(client.get(f"/law/{pack.pk}/"))
    client.post(f"/law/{pack.pk}/mode/", {"mode": "never", "reason": REASON})
    client.post(f"/law/{pack.pk}/mode/", {"mode": "each_day", "reason": ""})
    assert not PlaceMode.objects.exists()
    client.post(f"/law/{pack.pk}/mode/", {"mode": "each_day", "reason": REASON})
    page = as_text(client.get(f"/law/{pack.pk}/"))
    assert "A notice on each day of use" in page
    assert "acknowledged on each day" in page
    with pytest.raises(Invalid):
        actions.set_place_mode(
            pack=LawPack.objects.get(key="us-ny"), mode="each_day", reason="x", actor=cast.actor("officer")
        )


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("place=de&on=2026-11-20", ["agreement first", "2 AZR 681/16", "Law pack de"]),
        ("place=US-ME&on=2026-11-20&personal_device=on", ["does not allow capture on a personal device"]),
        ("place=US-CT&on=2026-10-01", ["Public Act 26-73", "it has to name what is captured and where"]),
        ("place=US-CT&on=2026-09-30", ["The law of this place allows capture", "31-48d"]),
        ("place=XX&on=2026-09-30", ["not known"]),
        ("place=XX&on=never", ["Enter a valid date"]),
    ],
)
def test_the_page_says_why_capture_is_on_or_off(
    cast: Cast, as_text: Any, query: str, words: list[str]
) -> None:
    page = as_text(cast.client("auditor").get(f"/law/why/?{query}"))
    for word in words:
        assert word in page


def test_the_agreement_that_counts_is_named(cast: Cast, as_text: Any) -> None:
    agree(cast, "IT", ["click"], days=9)
    day = timezone.now().date().isoformat()
    page = as_text(cast.client("ml").get(f"/law/why/?place=IT&on={day}"))
    assert "1/2026" in page
    assert "9 days" in page


def test_an_officer_previews_and_publishes_the_notice_of_a_place(cast: Cast, as_text: Any) -> None:
    client = cast.client("officer")
    assert client.get("/law/notices/place/US-NY/").status_code == 404
    live_policy(cast, SITE)
    assert "No notice" in as_text(client.get("/law/notices/"))
    page = client.get("/law/notices/place/US-NY/")
    assert "https://jira.example.com" in as_text(page)
    assert client.get("/law/notices/place/MARS/").status_code == 404
    written = coverage.write_for("US-NY")
    assert written is not None
    response = client.post("/law/notices/place/US-NY/", {"shown_sha256": "0" * 64})
    assert response.status_code == 422
    assert "has changed since" in as_text(response)
    response = client.post("/law/notices/place/US-NY/", {"shown_sha256": written.sha256})
    found = Notice.objects.get()
    assert response["Location"] == f"/law/notices/{found.pk}/"
    assert (found.place, found.generated, found.for_everybody) == ("US-NY", True, False)
    assert "generated from the policy" in as_text(client.get(f"/law/notices/{found.pk}/"))
    assert "says exactly this" in as_text(client.get("/law/notices/place/US-NY/"))
    live_policy(cast, {**SITE, "signals": ["click", "text", "scroll"]})
    page = as_text(client.get("/law/notices/place/US-NY/"))
    assert "Captured, and not told" in page
    assert "scrolling" in page
    assert "More is captured" in as_text(client.get("/law/notices/"))
    assert "Preview" not in as_text(cast.client("auditor").get("/law/notices/"))


def test_connecticut_counts_only_its_own_notice(cast: Cast) -> None:
    live_policy(cast, SITE)
    work_in(cast, "US-CT")
    notice(cast)
    states = {state.family: state for state in notice_states()}
    assert (states["US-CT"].state, states["US-CT"].waits) == ("missing", True)
    assert states["US-NY"].state == "older"


def test_an_agreement_with_sites_and_units_is_recorded_and_warned_about(cast: Cast, as_text: Any) -> None:
    client = cast.client("officer")
    form = {
        "place": "fr",
        "also_places": "be, NL",
        "departments": [str(cast.department.pk)],
        "kind": "union",
        "number": "Accord 7",
        "signals": ["click"],
        "valid_from": _days(-1),
        "valid_to": _days(59),
        "retention_ceiling_days": 10,
    }
    response = client.post("/law/agreements/new/", {**form, "also_places": "XX"})
    assert response.status_code == 422
    assert client.post("/law/agreements/new/", form).status_code == 302
    found = Agreement.objects.get()
    assert (found.sites, found.departments) == (["FR", "BE", "NL"], [cast.department.pk])
    page = as_text(client.get("/law/agreements/"))
    for word in ("FR, BE, NL", "Ends soon", "10 days", cast.department.name):
        assert word in page
    for person in (cast.officer, cast.admin):
        assert [item.sentence for item in waiting(person) if "agreement ends" in item.sentence]
    assert waiting(cast.employee) == []
    Agreement.objects.update(valid_to=timezone.now().date() + timedelta(days=60), departments=[cast.admin.pk])
    assert [item for item in waiting(cast.officer) if "agreement" in item.sentence] == []
    assert "a unit that is gone" in as_text(client.get("/law/agreements/"))


def test_a_look_at_places_is_logged_shown_once_and_told_to_the_person(cast: Cast, as_text: Any) -> None:
    work_in(cast, "US-NY")
    client, pseudonym = cast.client("officer"), cast.subject().pseudonym
    assert client.post("/law/places/", {"pseudonym": "P-NOBODY", "reason": "x"}).status_code == 422
    response = client.post("/law/places/", {"pseudonym": pseudonym.lower(), "reason": "Objection 7"})
    page = as_text(response)
    assert "US-NY" in page
    assert response["Cache-Control"] == "no-store"
    assert "Emil" not in page
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject) == ("jurisdictions.look_at_places", cast.subject().pk)
    own = as_text(cast.client("employee").get("/me/places/"))
    assert "Objection 7" in own
    assert "Privacy officer" in own
    assert "Olga" not in own
    assert "Objection 7" not in as_text(cast.client("colleague").get("/me/places/"))
    assert PlaceLook.objects.count() == 1


def test_a_person_states_a_trip_and_reads_why_capture_is_off(cast: Cast, as_text: Any) -> None:
    client = cast.client("employee")
    assert "No place on record" in as_text(client.get("/me/places/"))
    client.post("/me/places/", {"place": "us-ny", "start": _days(0)})
    response = client.post("/me/places/", {"place": "DE", "start": _days(0), "trip": "on"})
    assert response.status_code == 422
    assert "A trip has an end" in as_text(response)
    client.post("/me/places/", {"place": "DE", "start": _days(0), "end": _days(2), "trip": "on"})
    assert {row.source for row in WorkLocation.objects.all()} == {"employee", "trip"}
    page = as_text(client.get("/me/places/"))
    assert "This place needs an agreement first" in page
    assert "2 AZR 681/16" in page
    assert "Trip" in page
    assert "more than a day back" in as_text(client.post("/me/places/", {"place": "DE", "start": _days(-9)}))


def test_the_notice_page_asks_for_the_notice_of_the_own_place(cast: Cast, as_text: Any) -> None:
    live_policy(cast, SITE)
    work_in(cast, "US-NY")
    for family in ("US-NY", "IT"):
        written = coverage.write_for(family)
        assert written is not None
        actions.publish_generated(place=family, shown_sha256=written.sha256, actor=cast.actor("officer"))
    client = cast.client("employee")
    page = as_text(client.get("/me/notices/"))
    assert "What is recorded at work: New York" in page
    assert "Italy" not in page
    client.post(f"/me/notices/{Notice.objects.get(place='US-NY').pk}/acknowledge/")
    assert "You have acknowledged this notice" in as_text(client.get("/me/notices/"))


def test_somebody_without_a_subject_sees_empty_pages(cast: Cast, as_text: Any) -> None:
    notice(cast)
    subject = cast.subject("colleague")
    subject.user = None
    subject.save()
    client = cast.client("colleague")
    assert "No place on record" in as_text(client.get("/me/places/"))
    assert "What is captured" in as_text(client.get("/me/notices/"))


@pytest.mark.parametrize("path", ["/law/agreements/", "/law/", "/law/notices/", "/me/places/"])
def test_a_page_asks_the_same_questions_with_three_and_with_two_hundred_rows(cast: Cast, path: str) -> None:
    live_policy(cast, SITE)
    client = cast.client("officer")
    counts = []
    for number in (1, 2, 197):  # the first look reads policies that are kept by their digest
        _grow(cast, number)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(path).status_code == 200
        counts.append(len(asked))
    assert counts[1] == counts[2] <= counts[0]


def _grow(cast: Cast, number: int) -> None:
    today, subject = timezone.now().date(), cast.subject("officer")
    row = {"kind": "union", "signals": ["click"], "recorded_by": cast.officer}
    Agreement.objects.bulk_create(
        Agreement(
            **row,
            place="FR",
            number=str(i),
            valid_from=today,
            valid_to=today,
            departments=[cast.department.pk],
        )
        for i in range(number)
    )
    first = (Notice.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    Notice.objects.bulk_create(
        Notice(number=first + i, place="US-NY", title="t", text="x" * 30, text_sha256=f"{first + i:064d}")
        for i in range(number)
    )
    PlaceLook.objects.bulk_create(
        PlaceLook(subject=subject, role="privacy officer", reason="r", looked_by=cast.officer)
        for _ in range(number)
    )


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("US-NY", "America/New_York"),
        ("DE-BY", "Europe/Berlin"),
        ("US-PR", "UTC"),
        (None, "UTC"),
        ("JP", "UTC"),
    ],
)
def test_a_place_has_the_zone_of_the_smallest_area_around_it(place: str | None, zone: str) -> None:
    assert str(zone_of(place)) == zone
