"""The pages about law: officers publish, everybody reads, the employee acknowledges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jurisdictions.actions import load_packs
from jurisdictions.models import Acknowledgement, Agreement, LawPack, Notice
from jurisdictions.waiting import waiting
from tests.server.cast import REASON, Cast
from tests.server.jurisdictions.support import TEXT, agree, notice, work_in


def test_a_law_pack_shows_its_source_and_that_it_is_no_advice(cast: Cast, as_text: Any) -> None:
    load_packs(actor=cast.system())
    client = cast.client("auditor")
    listed = as_text(client.get("/law/?sort=place"))
    assert "Germany" in listed
    page = as_text(client.get(f"/law/{LawPack.objects.get(key='de').pk}/"))
    assert "2 AZR 681/16" in page
    assert "not legal advice" in page
    assert "keystroke" in page


def test_a_law_that_is_due_for_review_is_marked_and_waits(cast: Cast, as_text: Any) -> None:
    load_packs(actor=cast.system())
    assert waiting(cast.officer) == []
    LawPack.objects.filter(key="de").update(review_by=timezone.now().date() - timedelta(days=1))
    assert "due" in as_text(cast.client("admin").get("/law/"))
    (item,) = waiting(cast.officer)
    assert item.sentence == "1 law pack is due for review"


def test_an_officer_publishes_a_notice_and_the_employee_acknowledges_it(cast: Cast, as_text: Any) -> None:
    officer, employee = cast.client("officer"), cast.client("employee")
    assert "No notice yet" in as_text(employee.get("/me/notices/"))
    response = officer.post("/law/notices/new/", {"title": "What is captured", "text": TEXT})
    found = Notice.objects.get()
    assert response["Location"] == f"/law/notices/{found.pk}/"
    (item,) = waiting(cast.employee)
    assert "waits for you" in item.sentence
    page = as_text(employee.get("/me/notices/"))
    assert TEXT in page
    assert "I have read this notice" in page
    employee.post(f"/me/notices/{found.pk}/acknowledge/")
    page = as_text(employee.get("/me/notices/"))
    assert "You have acknowledged this notice" in page
    assert found.text_sha256 in page
    assert Acknowledgement.objects.get().channel == "portal"
    assert waiting(cast.employee) == []


def test_the_employee_reads_what_the_law_says_here(cast: Cast, as_text: Any) -> None:
    load_packs(actor=cast.system())
    work_in(cast, "IT")
    page = as_text(cast.client("employee").get("/me/notices/"))
    assert "This place needs an agreement first" in page
    assert "300/1970" in page


def test_a_notice_page_of_staff_names_nobody_who_acknowledged(cast: Cast, as_text: Any) -> None:
    found = notice(cast)
    page = as_text(cast.client("officer").get(f"/law/notices/{found.pk}/"))
    assert "Fewer than 5 of 8 people." in page
    assert cast.subject().pseudonym not in page
    assert "Emil" not in page


def test_a_notice_with_a_fault_comes_back_with_the_text(cast: Cast, as_text: Any) -> None:
    response = cast.client("officer").post("/law/notices/new/", {"title": "a", "text": "short"})
    assert response.status_code == 422
    assert "Write 20 to" in as_text(response)


def test_a_notice_is_withdrawn_with_a_reason(cast: Cast, as_text: Any) -> None:
    found, client = notice(cast), cast.client("officer")
    client.post(f"/law/notices/{found.pk}/withdraw/", {"reason": ""})
    assert Notice.objects.get().withdrawn_at is None
    client.post(f"/law/notices/{found.pk}/withdraw/", {"reason": REASON})
    assert "Withdrawn" in as_text(client.get("/law/notices/"))
    assert "was withdrawn" in as_text(cast.client("employee").get(f"/me/notices/{found.pk}/"))


def test_an_agreement_is_recorded_listed_and_ended(cast: Cast, as_text: Any) -> None:
    load_packs(actor=cast.system())
    client, today = cast.client("officer"), timezone.now().date()
    form = {
        "place": "FR",
        "kind": "union",
        "number": "Accord 7",
        "signals": ["click", "scroll"],
        "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=30)).isoformat(),
    }
    assert "No agreements" in as_text(client.get("/law/agreements/"))
    assert client.post("/law/agreements/new/", form).status_code == 302
    found = Agreement.objects.get()
    assert "In force" in as_text(client.get("/law/agreements/"))
    client.post(f"/law/agreements/{found.pk}/end/", {"reason": REASON})
    assert "Ended" in as_text(client.get("/law/agreements/"))


def test_an_agreement_for_nowhere_comes_back_with_the_field(cast: Cast, as_text: Any) -> None:
    load_packs(actor=cast.system())
    today = timezone.now().date().isoformat()
    form = {"place": "XX", "kind": "union", "number": "1", "signals": ["click"]}
    response = cast.client("officer").post(
        "/law/agreements/new/", {**form, "valid_from": today, "valid_to": today}
    )
    assert response.status_code == 422
    assert "No law pack covers this place" in as_text(response)


@pytest.mark.parametrize("path", ["law-packs", "agreements", "notices"])
def test_the_api_lists_what_the_pages_list(cast: Cast, path: str) -> None:
    load_packs(actor=cast.system())
    notice(cast)
    agree(cast, "FR")
    answer = cast.api("auditor").get(f"/api/v1/{path}/").json()
    assert answer["count"] >= 1


def test_the_api_ends_an_agreement_and_withdraws_a_notice(cast: Cast) -> None:
    load_packs(actor=cast.system())
    api, found, agreed = cast.api("officer"), notice(cast), agree(cast, "FR")
    assert api.post(f"/api/v1/agreements/{agreed.pk}/end/", {"reason": REASON}).json()["ended_at"]
    assert api.post(f"/api/v1/notices/{found.pk}/withdraw/", {"reason": REASON}).json()["withdrawn_at"]


def test_what_opens_capture_needs_the_second_factor_and_so_a_page(cast: Cast) -> None:
    answer = cast.api("officer").post("/api/v1/notices/", {"title": "a", "text": TEXT})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")
