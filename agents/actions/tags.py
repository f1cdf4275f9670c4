"""Tags of devices: plain labels by which entries and waves are aimed, like "pilot" or "warehouse".

A tag says nothing about a person. Whether a word is somebody's name is not asked here: the answer would tell
whose computer it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction

from accounts import permissions
from agents import hints
from agents.models import Device
from audits import actions as log
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from mci_core.errors import Conflict, Invalid

MAX_TAGS = 10
TAG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?")
_PSEUDONYM = re.compile(r"p-[a-z0-9]{6}")


@audited("agents.set_tags")
def set_tags(*, device: Device, tags: Sequence[str], actor: Actor) -> Device:
    """Replace the tags of a device. They count from its next lease on."""
    permissions.require(actor, "agents.set_tags")
    wanted = _checked(tags)
    device = Device.objects.select_for_update().get(pk=device.pk)
    if device.revoked_at is not None:
        raise Conflict("This device is revoked.", code="device_revoked")
    if device.tags == wanted:
        with nothing_to_do():
            return device
    before, device.tags = device.tags, wanted
    device.save(update_fields=["tags"])
    log.append(
        action="agents.set_tags",
        actor=actor,
        obj=device,
        subject=device.subject_id,
        facts={"before": before, "after": wanted},
    )
    pk = device.pk
    transaction.on_commit(lambda: hints.publish("lease", devices=[pk]))
    return device


def _checked(tags: Sequence[str]) -> list[str]:
    """Sorted, each once, in lower case."""
    wanted = sorted({tag.strip().lower() for tag in tags if tag.strip()})
    if len(wanted) > MAX_TAGS:
        raise Invalid(f"A device has at most {MAX_TAGS} tags.", field="tags")
    for tag in wanted:
        if not TAG.fullmatch(tag):
            raise Invalid(
                "A tag has up to 30 small letters, digits and hyphens; no hyphen at either end.",
                field="tags",
            )
        if _PSEUDONYM.fullmatch(tag):
            raise Invalid("A tag says nothing about a person.", field="tags")
    return wanted
