"""The policy of the invented company: four work apps, one rule with its examples, and its notices."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from audits.actor import Actor
from capture_policies.actions import drafts, releases, versions
from capture_policies.actions.rollouts import WavePlan, start_rollout
from capture_policies.models import PolicyVersion, Release, Rollout
from jurisdictions import coverage
from jurisdictions.actions import acknowledge_notice, publish_generated, record_agreement
from jurisdictions.models import Notice
from jurisdictions.rulings import ruling_for
from mci_admin.demo.people import Person, act_as
from mci_core.samples import CUSTOMERS

ALL_BUT_KEYS = ["mouse_move", "click", "scroll", "shortcut", "text", "screenshot", "window_title"]
ENTRIES: tuple[dict[str, Any], ...] = (
    {
        "id": "desk",
        "kind": "site",
        "label": "Service desk",
        "match": {"origin": "https://desk.example.com", "path_prefix": "/tickets", "subdomains": False},
        "signals": [*ALL_BUT_KEYS, "keystroke", "url"],
        "keystrokes": "text",
        "frame_interval_s": 5,
    },
    {
        "id": "excel",
        "kind": "app",
        "label": "Excel",
        "match": {"windows": ["EXCEL.EXE"], "macos": ["com.microsoft.Excel"], "linux": [], "names": []},
        "signals": ALL_BUT_KEYS,
        "keystrokes": "shortcut",
        "frame_interval_s": 10,
    },
    {
        "id": "editor",
        "kind": "app",
        "label": "Visual Studio Code",
        "match": {"windows": ["Code.exe"], "macos": ["com.microsoft.VSCode"], "linux": ["code"], "names": []},
        "signals": [*ALL_BUT_KEYS, "keystroke"],
        "keystrokes": "class",
        "frame_interval_s": 10,
    },
    {
        "id": "mail",
        "kind": "app",
        "label": "Outlook",
        "match": {"windows": ["OUTLOOK.EXE"], "macos": ["com.microsoft.Outlook"], "linux": [], "names": []},
        "signals": ["mouse_move", "click", "scroll", "shortcut"],
        "keystrokes": "shortcut",
        "frame_interval_s": 0,
    },
)
RULE: dict[str, Any] = {
    "id": "customer-names",
    "label": "Customer names",
    "method": "mask",
    "match": {"type": "dictionary", "words": list(CUSTOMERS)},
    "selector": {"entries": [], "signals": [], "fields": []},
    "examples": {
        "redact": [f"Spoke with {CUSTOMERS[0]} about the delivery."],
        "keep": ["Restarted the spooler, it prints again."],
    },
}
#: Allowed besides, when recordings of another source are replayed (SESSIONS=DIR).
REPLAYED: tuple[dict[str, Any], ...] = (
    {
        "id": "wiki",
        "kind": "site",
        "label": "Wiki",
        "match": {"origin": "https://wiki.example.com", "path_prefix": "/", "subdomains": False},
        "signals": [*ALL_BUT_KEYS, "keystroke", "url"],
        "keystrokes": "text",
        "frame_interval_s": 0,
    },
    {
        "id": "settings",
        "kind": "app",
        "label": "Windows settings",
        "match": {"windows": ["SystemSettings.exe"], "macos": [], "linux": [], "names": ["SystemSettings"]},
        "signals": ["mouse_move", "click", "scroll"],
        "keystrokes": "none",
        "frame_interval_s": 0,
    },
)


def release_policy(
    people: dict[str, list[Actor]], *, title: str, entries: tuple[dict[str, Any], ...]
) -> Release:
    """Draft, submit, approve by two roles, sign: what a person would do in the browser."""
    author = people["admin"][0]
    draft = drafts.create_draft(title=title, justification="Agents learn the four main apps.", actor=author)
    for entry in entries:
        drafts.put_entry(draft=draft, data=entry, actor=author)
    drafts.put_rule(draft=draft, data=RULE, actor=author)
    version = drafts.submit_draft(draft=draft, actor=author)
    for approver in (people["privacy_officer"][0], people["ml_staff"][0]):
        approve(version, approver)
    return releases.sign_release(version=PolicyVersion.objects.get(pk=version.pk), actor=Actor.system("demo"))


def approve(version: PolicyVersion, approver: Actor) -> None:
    """One approval of exactly the bytes that were shown."""
    versions.approve_version(
        version=version, digest=version.digest, reason="Read entry by entry; examples pass.", actor=approver
    )


def roll_out(release: Release, admin: Actor) -> Rollout:
    """To everybody in two waves without a rest: the company is small."""
    waves = (WavePlan(25, 0), WavePlan(100, 0))
    return start_rollout(release=release, waves=waves, reason="First release of the year", actor=admin)


def give_notice(officer: Actor, people: list[Person]) -> list[Notice]:
    """Publish the notice of each family of places; all but the last three people acknowledge theirs."""
    notices = [
        publish_generated(place=written.place, shown_sha256=written.sha256, actor=officer)
        for written in coverage.write()
    ]
    for person in people[:-3]:
        acknowledge(act_as(person.user))
    return notices


def acknowledge(actor: Actor) -> None:
    """Read the notice that counts where the person works; nothing where no place is known."""
    subject = actor.user.subject
    notice = ruling_for(subject, at=timezone.now(), personal_device=False).notice
    if notice is not None:
        acknowledge_notice(subject=subject, notice=notice, actor=actor)


def agree(officer: Actor, today: Any) -> None:
    """The German works council has agreed to some signals; Italy has no agreement, so nothing runs there."""
    record_agreement(
        place="DE",
        kind="works_council",
        number="BV 2026/07",
        signals=["mouse_move", "click", "scroll", "shortcut"],
        valid_from=today.replace(month=1, day=1),
        valid_to=today.replace(month=12, day=31),
        retention_ceiling_days=14,
        actor=officer,
    )
