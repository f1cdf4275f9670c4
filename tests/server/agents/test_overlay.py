"""What a person switched off in the portal reaches every lease of theirs, adds to what the devices say, and
is nobody else's business.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from agents import overlay, stops
from agents.actions import exclude_entry, forget_exclusions, include_entry, open_stop
from agents.actions.overlay import MAX_EXCLUSIONS
from agents.models import Lease, SubjectExclusion
from audits.actor import Actor
from audits.models import AuditEntry
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.agents.support import Agent
from tests.server.cast import Cast, make_device


def test_the_next_lease_leaves_out_what_the_person_switched_off(agent: Agent, cast: Cast) -> None:
    exclude_entry(entry="jira", actor=cast.actor("employee"))
    assert agent.lease().excluded_entries == ("jira",)
    include_entry(entry="jira", actor=cast.actor("employee"))
    assert agent.lease().excluded_entries == ()


def test_what_the_device_says_and_what_the_portal_says_add_up(agent: Agent, cast: Cast) -> None:
    exclude_entry(entry="jira", actor=cast.actor("employee"))
    assert agent.lease(exclusions=["mail", "jira"]).excluded_entries == ("jira", "mail")
    include_entry(entry="jira", actor=cast.actor("employee"))
    assert agent.lease(exclusions=["mail", "jira"]).excluded_entries == ("jira", "mail")


def test_it_holds_on_every_device_of_the_person_and_on_nobody_elses(cast: Cast) -> None:
    second, _key = make_device(cast.subject("employee"), cast.admin, name="Second")
    exclude_entry(entry="jira", actor=cast.actor("employee"))
    assert overlay.excluded_entries(second) == ("jira",)
    assert overlay.excluded_entries(cast.other_device, ["stopped"]) == ("stopped",)


def test_the_devices_are_told_at_once(cast: Cast, queued: Any) -> None:
    exclude_entry(entry="jira", actor=cast.actor("employee"))
    subject = str(cast.subject("employee").pk)
    assert queued.calls == [("agents.tasks.hint_subject", (subject,))]
    include_entry(entry="jira", actor=cast.actor("employee"))
    assert len(queued.calls) == 2


def test_doing_it_twice_changes_and_logs_nothing(cast: Cast, queued: Any) -> None:
    for _ in range(2):
        exclude_entry(entry="jira", actor=cast.actor("employee"))
    assert SubjectExclusion.objects.count() == 1
    for _ in range(2):
        include_entry(entry="jira", actor=cast.actor("employee"))
    assert len(queued.calls) == 2
    assert AuditEntry.objects.filter(action__in=("agents.exclude_entry", "agents.include_entry")).count() == 2


def test_the_log_tells_neither_who_nor_what(cast: Cast) -> None:
    exclude_entry(entry="jira", actor=cast.actor("employee"))
    entry = AuditEntry.objects.get(action="agents.exclude_entry")
    subject = cast.subject("employee")
    for word in ("jira", str(subject.pk), subject.pseudonym, str(cast.employee.pk), "request-of-the-cast"):
        assert word not in entry.leaf
    assert '"actor":"system:portal"' in entry.leaf


@pytest.mark.parametrize("entry", ["", "Jira", "a b", "x" * 41, "../x"])
def test_only_ids_of_entries_are_kept(cast: Cast, entry: str) -> None:
    with pytest.raises(Invalid):
        exclude_entry(entry=entry, actor=cast.actor("employee"))


def test_there_is_an_end_to_the_list(cast: Cast) -> None:
    subject = cast.subject("employee")
    SubjectExclusion.objects.bulk_create(
        SubjectExclusion(subject=subject, entry=f"entry-{number}", at=timezone.now())
        for number in range(MAX_EXCLUSIONS)
    )
    with pytest.raises(Conflict):
        exclude_entry(entry="one-more", actor=cast.actor("employee"))


def test_a_system_or_an_account_without_a_subject_has_nothing_to_switch_off(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        exclude_entry(entry="jira", actor=Actor.system("worker"))
    cast.subject("employee").devices.all().delete()
    subject = cast.subject("employee")
    subject.user = None
    subject.save(update_fields=["user"])
    with pytest.raises(Forbidden):
        include_entry(entry="jira", actor=cast.actor("employee"))


def test_the_erasure_of_everything_forgets_what_was_switched_off(cast: Cast) -> None:
    exclude_entry(entry="jira", actor=cast.actor("employee"))
    exclude_entry(entry="jira", actor=cast.actor("colleague"))
    assert forget_exclusions(subject=cast.subject("employee"), actor=cast.system()) == 1
    assert forget_exclusions(subject=cast.subject("employee"), actor=cast.system()) == 0
    assert SubjectExclusion.objects.get().subject == cast.subject("colleague")


def test_a_stop_of_an_entry_does_not_tell_who_had_switched_it_off(agent: Agent, cast: Cast) -> None:
    exclude_entry(entry="jira", actor=cast.actor("employee"))
    agent.lease(exclusions=["mail"])
    assert Lease.objects.latest("issued_at").excluded_entries == []
    stop = open_stop(scope="entry", value="jira", reason="x", actor=cast.actor("officer"))
    found = stops.devices(stop, timezone.now()).get(pk=agent.device.pk)
    assert (found.proof, found.bound) == ("pending", Lease.objects.latest("issued_at").expires_at)
