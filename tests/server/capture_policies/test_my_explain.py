"""Would this be captured on my computer? Asked with one's own place, notice, tags and exclusions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import timezone

from agents.models import Device, SubjectExclusion
from audits.models import AuditEntry
from capture_policies.models import Release, Rollout
from jurisdictions.actions import load_packs
from tests.server.capture_policies.support import JIRA, Desk
from tests.server.cast import Cast
from tests.server.jurisdictions.support import notice, work_in

PAGE = "https://jira.example.com/browse/1"


@pytest.fixture
def at_work(desk: Desk) -> Desk:
    """The employee in Texas, with a computer that has the live release, and the notice read."""
    load_packs(actor=desk.cast.system())
    (device,) = desk.devices(1)
    then = timezone.now() - timedelta(days=3)
    with patch("django.utils.timezone.now", lambda: then):
        release = desk.release(entries=[JIRA])
    Rollout.objects.create(release=release, reason="x", state="done", started_at=then, finished_at=then)
    Device.objects.filter(pk=device.pk).update(applied_release=release.number)
    work_in(desk.cast, "US-TX")
    return desk


def ask(cast: Cast, who: str = "employee", **changes: Any) -> Any:
    device = Device.objects.filter(subject__user=cast.user(who)).first()
    wanted = {"kind": "site", "address": PAGE, "signal": "click", "key": "letter"}
    wanted["computer"] = str(device.pk) if device else ""
    return cast.client(who).post(reverse("capture_policies_me:explain"), {**wanted, **changes})


def code(page: Any) -> str:
    return str(page.context["found"].code)


def test_the_answer_rests_on_one_s_own_facts(at_work: Desk) -> None:
    assert code(ask(at_work.cast)) == "notice_missing"
    notice(at_work.cast)
    before = AuditEntry.objects.count()
    page = ask(at_work.cast)
    assert code(page) == "allowed"
    text = page.content.decode()
    assert "which your computer has" in text
    assert "You have acknowledged it" in text
    assert "US-TX" in text
    assert AuditEntry.objects.count() == before


def test_what_one_switched_off_is_not_captured(at_work: Desk) -> None:
    notice(at_work.cast)
    SubjectExclusion.objects.create(subject=at_work.cast.subject(), entry="jira")
    assert code(ask(at_work.cast)) == "excluded_by_person"


def test_another_day_has_its_own_release_and_place(at_work: Desk) -> None:
    notice(at_work.cast)
    then = timezone.now() - timedelta(days=9)
    assert code(ask(at_work.cast, at=then.strftime("%Y-%m-%dT%H:%M"))) == "no_release"
    later = timezone.now() - timedelta(days=2)
    assert code(ask(at_work.cast, at=later.strftime("%Y-%m-%dT%H:%M"))) in ("unknown_place", "notice_missing")


def test_a_computer_without_a_policy_captures_nothing(at_work: Desk) -> None:
    Device.objects.update(applied_release=None, desired_release=None)
    page = ask(at_work.cast)
    assert code(page) == "no_release"
    assert b"Your computer has no policy" in page.content
    Device.objects.update(applied_release=Release.objects.get().number + 5)
    assert code(ask(at_work.cast)) == "no_release"


def test_what_is_wrong_stands_at_its_field(at_work: Desk) -> None:
    page = ask(at_work.cast, address="", title="My own title")
    assert page.status_code == 422
    assert b"Say which page." in page.content
    assert b"My own title" in page.content


def test_nobody_asks_about_the_computer_of_somebody_else(at_work: Desk) -> None:
    foreign = Device.objects.get()
    assert ask(at_work.cast, who="colleague", computer=str(foreign.pk)).status_code == 422
    empty = at_work.cast.client("colleague").get(reverse("capture_policies_me:explain"))
    assert b"No device of yours takes part" in empty.content
