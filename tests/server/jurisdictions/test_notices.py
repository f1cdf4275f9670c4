"""A notice is written from the newest release for a place; a wider release re-opens it for some."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Department, Subject, WorkLocation
from agents.decisions import captured_by, decide
from agents.models import Device
from capture_policies.models import Release
from jurisdictions import coverage
from jurisdictions.actions import (
    acknowledge_notice,
    load_packs,
    publish_generated,
    publish_notice,
    set_place_mode,
    withdraw_notice,
)
from jurisdictions.due import due
from jurisdictions.models import LawPack, Notice
from jurisdictions.notice_states import notice_states
from jurisdictions.rulings import ruling_for
from jurisdictions.waiting import waiting
from mci_core.errors import Conflict, Stale
from tests.server.agents.support import place
from tests.server.cast import REASON, Cast
from tests.server.jurisdictions.policies import SITE, live_policy
from tests.server.jurisdictions.support import agree

EXCEL: dict[str, Any] = {
    "id": "excel",
    "kind": "app",
    "label": "Excel",
    "match": {"windows": ["EXCEL.EXE"], "macos": [], "linux": [], "names": []},
    "signals": ["click"],
    "keystrokes": "none",
    "frame_interval_s": 0,
}
WIKI: dict[str, Any] = {
    **SITE,
    "id": "wiki",
    "label": "Wiki",
    "match": {"origin": "https://wiki.example.com", "path_prefix": "/", "subdomains": False},
}
RULE: dict[str, Any] = {
    "id": "customers",
    "label": "Customer names",
    "method": "mask",
    "match": {"type": "dictionary", "words": ["Olivia Sample"]},
    "selector": {"entries": [], "signals": [], "fields": []},
    "examples": {"redact": ["sent to Olivia Sample"], "keep": ["sent to support"]},
}


class Company:
    """The employee and the colleague each with a device; the colleague in another department."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.other = Department.objects.create(name="Sales")
        Subject.objects.filter(pk=cast.subject("colleague").pk).update(department=self.other)

    def held(self, release: Release) -> None:
        Device.objects.update(desired_release=release.number, desired_digest=release.digest)

    def publish(self, family: str = "US-NY", *, everybody: bool = False) -> Notice:
        written = coverage.write_for(family)
        assert written is not None
        return publish_generated(
            place=family,
            shown_sha256=written.sha256,
            for_everybody=everybody,
            actor=self.cast.actor("officer"),
        )

    def read(self, notice: Notice, *names: str) -> None:
        for name in names or ("employee", "colleague"):
            acknowledge_notice(subject=self.cast.subject(name), notice=notice, actor=self.cast.actor(name))

    def reason(self, name: str = "employee") -> str:
        device = Device.objects.select_related("subject", "subject__user").get(
            subject=self.cast.subject(name)
        )
        return decide(device, reported_state="on", now=timezone.now()).reason

    def reasons(self) -> tuple[str, str]:
        return self.reason("employee"), self.reason("colleague")


@pytest.fixture
def company(cast: Cast) -> Company:
    load_packs(actor=cast.system())
    for name in ("employee", "colleague"):
        place(cast, "US-NY", name)
    return Company(cast)


@pytest.fixture
def told(company: Company) -> Company:
    """Release 1 with one site; both have read the notice about it."""
    company.held(live_policy(company.cast, SITE))
    company.read(company.publish())
    assert company.reasons() == ("allowed", "allowed")
    return company


def test_a_wider_release_for_everybody_stops_everybody_until_they_have_read_the_new_notice(
    told: Company,
) -> None:
    told.held(live_policy(told.cast, SITE, WIKI))
    assert told.reasons() == ("notice_outgrown", "notice_outgrown")
    found = told.publish()
    assert told.reasons() == ("notice_outgrown", "notice_outgrown")
    told.read(found, "employee")
    assert told.reasons() == ("allowed", "notice_outgrown")


def test_a_device_that_was_not_reached_yet_goes_on(told: Company) -> None:
    wider = live_policy(told.cast, SITE, WIKI)
    assert told.reasons() == ("allowed", "allowed")
    notice = told.publish()
    assert told.reasons() == ("allowed", "allowed")  # the notice is there before the rollout reaches them
    told.read(notice)
    told.held(wider)
    assert told.reasons() == ("allowed", "allowed")


def test_who_has_read_more_than_is_captured_reads_nothing_again(told: Company) -> None:
    told.held(live_policy(told.cast, {**SITE, "signals": ["click"]}))
    assert told.reasons() == ("allowed", "allowed")
    told.publish()
    assert told.reasons() == ("allowed", "allowed")


def test_only_the_department_concerned_reads_again(told: Company) -> None:
    told.held(live_policy(told.cast, SITE, {**WIKI, "scope": {"groups": [str(told.other.pk)]}}))
    assert told.reasons() == ("allowed", "notice_outgrown")
    notice = told.publish()
    assert "Only for people of Sales." in notice.text
    assert told.reasons() == ("allowed", "notice_outgrown")
    told.read(notice, "colleague")
    assert told.reasons() == ("allowed", "allowed")
    assert not due(told.cast.subject("employee"), timezone.now()).waits


def test_only_the_platform_concerned_reads_again(told: Company) -> None:
    Device.objects.filter(subject=told.cast.subject("colleague")).update(os="windows")
    told.held(live_policy(told.cast, SITE, EXCEL))
    assert told.reasons() == ("allowed", "notice_outgrown")
    Device.objects.update(os="plan9")  # a platform that is not known may match anything
    assert told.reasons() == ("notice_outgrown", "notice_outgrown")


def test_only_the_tag_concerned_reads_again(told: Company) -> None:
    Device.objects.filter(subject=told.cast.subject("colleague")).update(tags=["pilot"])
    told.held(live_policy(told.cast, SITE, {**WIKI, "scope": {"tags": ["pilot"]}}))
    assert told.reasons() == ("allowed", "notice_outgrown")


def test_only_the_place_concerned_reads_again(told: Company) -> None:
    place(told.cast, "US-TX", "colleague")
    told.read(told.publish("US"), "colleague")
    told.held(live_policy(told.cast, SITE, {**WIKI, "scope": {"places": ["US-TX"]}}))
    assert told.reasons() == ("allowed", "notice_outgrown")
    assert {state.family: state.state for state in notice_states() if state.in_use} == {
        "US": "outgrown",
        "US-NY": "current",
    }


def test_what_the_law_takes_away_concerns_nobody(told: Company) -> None:
    place(told.cast, "DE", "colleague")
    agree(told.cast, "DE", ["click", "screenshot"])
    german = told.publish("DE")
    assert "screenshots" in german.denied_signals or "screenshot" in german.denied_signals
    told.read(german, "colleague")
    assert told.reasons() == ("allowed", "allowed")
    told.held(live_policy(told.cast, {**SITE, "signals": ["click", "text", "screenshot"]}))
    assert told.reasons() == ("notice_outgrown", "allowed")


def test_an_agreement_that_allows_more_re_opens_the_notice_of_its_place(told: Company) -> None:
    company = told
    company.held(live_policy(company.cast, {**SITE, "signals": ["click", "scroll"]}))
    place(company.cast, "FR", "colleague")
    agree(company.cast, "FR", ["click"])
    company.read(company.publish("EU"), "colleague")
    assert company.reason("colleague") == "allowed"
    agree(company.cast, "FR", ["click", "scroll"])
    assert company.reason("colleague") == "notice_outgrown"


@pytest.mark.parametrize("change", [{"retention_days": 60}, {"purpose": "data_quality"}])
def test_a_longer_time_or_another_purpose_concerns_everybody(told: Company, change: dict[str, Any]) -> None:
    told.held(live_policy(told.cast, SITE, **change))
    assert told.reasons() == ("notice_outgrown", "notice_outgrown")


def test_limits_of_the_computer_concern_nobody(told: Company) -> None:
    told.held(live_policy(told.cast, SITE, lease_seconds=1800, sampling={"rate": 0.5}, name="Other"))
    assert told.reasons() == ("allowed", "allowed")


def test_a_rule_that_goes_concerns_everybody_and_one_that_changes_nobody(company: Company) -> None:
    company.held(live_policy(company.cast, SITE, rules=[RULE]))
    company.read(company.publish())
    other = {**RULE, "match": {"type": "dictionary", "words": ["Olivia Sample", "Nils"]}}
    company.held(live_policy(company.cast, SITE, rules=[other]))
    assert company.reasons() == ("allowed", "allowed")
    company.held(live_policy(company.cast, SITE))
    assert company.reasons() == ("notice_outgrown", "notice_outgrown")


def test_a_written_notice_is_about_the_newest_release(company: Company) -> None:
    company.held(live_policy(company.cast, SITE))
    text = "We record clicks and text in Jira, and nothing else."
    notice = publish_notice(title="Jira", text=text, actor=company.cast.actor("officer"))
    assert notice.policy_digest == coverage.newest_digest()
    company.read(notice)
    assert company.reasons() == ("allowed", "allowed")
    company.held(live_policy(company.cast, SITE, WIKI))
    assert company.reasons() == ("notice_outgrown", "notice_outgrown")


def test_a_notice_from_before_the_first_release_is_about_that_one(company: Company) -> None:
    text = "We are going to record clicks and text in Jira."
    notice = publish_notice(title="Jira", text=text, actor=company.cast.actor("officer"))
    assert notice.policy_digest == ""
    company.read(notice)
    company.held(live_policy(company.cast, SITE))
    assert company.reasons() == ("allowed", "allowed")
    company.held(live_policy(company.cast, SITE, WIKI))
    assert company.reasons() == ("notice_outgrown", "notice_outgrown")
    assert next(one for one in notice_states() if one.family == "US-NY").state == "outgrown"


def test_a_notice_about_a_policy_that_nobody_knows_covers_nothing(told: Company) -> None:
    Notice.objects.update(policy_digest="f" * 64)
    assert told.reasons() == ("notice_outgrown", "notice_outgrown")


def test_a_policy_that_was_never_signed_captures_nothing(told: Company) -> None:
    Device.objects.update(desired_digest="e" * 64)
    assert told.reasons() == ("allowed", "allowed")


def test_everybody_reads_again_when_the_officer_says_so(told: Company) -> None:
    live_policy(told.cast, {**SITE, "label": "Jira (tickets)"})
    notice = told.publish(everybody=True)
    assert told.reasons() == ("notice_missing", "notice_missing")
    told.read(notice)
    assert told.reasons() == ("allowed", "allowed")


def test_exactly_the_text_that_was_shown_is_published(company: Company) -> None:
    live_policy(company.cast, SITE)
    shown = coverage.write_for("US-NY")
    assert shown is not None
    live_policy(company.cast, SITE, WIKI)
    with pytest.raises(Stale):
        publish_generated(place="US-NY", shown_sha256=shown.sha256, actor=company.cast.actor("officer"))


def test_the_same_text_is_not_published_twice_and_without_a_release_there_is_none(company: Company) -> None:
    officer = company.cast.actor("officer")
    assert notice_states() == []
    with pytest.raises(Conflict):
        publish_generated(place="US-NY", shown_sha256="0" * 64, actor=officer)
    live_policy(company.cast, SITE)
    company.publish()
    with pytest.raises(Conflict):
        company.publish()
    with pytest.raises(Conflict):
        publish_generated(place="MARS", shown_sha256="0" * 64, actor=officer)


def test_the_text_says_what_the_policy_the_law_and_the_agreement_say(company: Company) -> None:
    frames = {**SITE, "signals": ["click", "keystroke", "screenshot"], "keystrokes": "count"}
    live_policy(
        company.cast,
        {**frames, "frame_interval_s": 5, "windows_excluded": ["*payroll*"]},
        {**EXCEL, "scope": {"places": ["US-CT"], "platforms": ["windows"]}},
    )
    agree(company.cast, "IT", ["click"], days=7)
    texts = {written.place: written.text for written in coverage.write()}
    assert set(texts) == {"US", "US-CA", "US-CT", "US-DE", "US-ME", "US-NY", "EU", "DE", "IT"}
    york, connecticut, italy, germany = texts["US-NY"], texts["US-CT"], texts["IT"], texts["DE"]
    assert "Jira (website, https://jira.example.com): mouse clicks, keystrokes (only that a key" in york
    assert "screenshots (at most one in 5 s)" in york
    assert "*payroll*" in york
    assert "Excel" not in york
    assert "Excel (app, Windows: EXCEL.EXE): mouse clicks. Only on Windows." in connecticut
    assert "Public Act 26-73" in connecticut
    assert "At most 30 days" in york
    assert "At most 7 days, then it is deleted. The law or an agreement allows no longer." in italy
    assert "Union agreement 1/2026 for IT" in italy
    assert "mouse clicks." in italy
    assert "keystrokes (only" not in italy
    assert "Nothing: no app or site may be recorded here now." in germany
    assert "Anything on a personal device." in texts["US-ME"]
    assert "every year" in texts["US-ME"]
    assert "within 45 calendar days" in texts["US-CA"]
    assert "within 1 calendar month" in texts["EU"]
    assert "Training of AI agents" in york


def test_the_choice_of_delaware_is_in_its_text(company: Company) -> None:
    live_policy(company.cast, SITE)
    before = coverage.write_for("US-DE")
    pack = LawPack.objects.get(key="us-de")
    set_place_mode(pack=pack, mode="each_day", reason=REASON, actor=company.cast.actor("officer"))
    after = coverage.write_for("US-DE")
    assert before is not None
    assert after is not None
    assert "You acknowledge it once" in before.text
    assert "on each day" in after.text
    with pytest.raises(Conflict):
        set_place_mode(pack=pack, mode="each_day", reason=REASON, actor=company.cast.actor("officer"))


def test_an_officer_is_told_which_notices_wait(told: Company) -> None:
    assert [item for item in waiting(told.cast.officer) if "published" in item.sentence] == []
    live_policy(told.cast, SITE, WIKI)
    (item,) = [item for item in waiting(told.cast.officer) if "published" in item.sentence]
    assert item.count == 1  # New York only: nobody works elsewhere
    told.publish()
    assert [item for item in waiting(told.cast.officer) if "published" in item.sentence] == []


def test_the_number_of_people_concerned_is_never_a_small_one(told: Company, settings: Any) -> None:
    def words(family: str) -> str:
        return next(state for state in notice_states() if state.family == family).concerned()

    assert words("US-NY") == "nobody"
    live_policy(told.cast, SITE, {**WIKI, "scope": {"groups": [str(told.other.pk)]}})
    assert words("US-NY") == "fewer than 5 people"
    settings.MIN_GROUP_SIZE = 1
    assert (words("US-NY"), words("US-CT")) == ("1 people", "nobody")
    WorkLocation.objects.filter(subject=told.cast.subject()).update(place="US-CT")
    assert words("US-CT") == "1 people"  # there is no notice for Connecticut at all


def test_a_withdrawn_notice_of_a_place_gives_way_to_the_one_before(told: Company) -> None:
    live_policy(told.cast, {**SITE, "label": "Tickets"})
    newer = told.publish(everybody=True)
    withdraw_notice(notice=newer, reason=REASON, actor=told.cast.actor("officer"))
    assert told.reasons() == ("allowed", "allowed")


def test_a_ruling_of_the_past_knows_the_notice_of_then(told: Company) -> None:
    before = timezone.now()
    told.held(live_policy(told.cast, SITE, WIKI))
    device = Device.objects.get(subject=told.cast.subject())
    captured = captured_by(device)
    ruling = ruling_for(told.cast.subject(), at=before, personal_device=False, captured=captured)
    assert ruling.reason == "notice_outgrown"
    assert ruling_for(told.cast.subject(), at=before, personal_device=False).capture
