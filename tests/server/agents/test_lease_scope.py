"""A lease states what the scopes of entries are held against, and the row keeps it."""

from __future__ import annotations

from agents.models import Device, Lease
from tests.server.agents.support import Agent


def test_a_lease_names_the_department_and_the_tags_of_its_device(agent: Agent) -> None:
    Device.objects.filter(pk=agent.device.pk).update(tags=["lab", "pilot"])
    lease = agent.lease()
    department = str(agent.device.subject.department_id)
    assert (lease.groups, lease.tags) == ((department,), ("lab", "pilot"))
    row = Lease.objects.get(pk=lease.jti)
    assert (row.groups, row.tags) == ([department], ["lab", "pilot"])
    Device.objects.filter(pk=agent.device.pk).update(tags=[])
    assert agent.lease().tags == ()
