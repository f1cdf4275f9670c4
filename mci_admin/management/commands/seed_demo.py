"""Makes the organisation of the demo, through the actions, while the workers run. See mci_admin/demo."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from agents.actions import create_enrolment_token
from audits.actor import Actor
from capture_policies.actions.repository import refresh_timestamp
from capture_policies.actions.waves import advance_rollout, claim_deliveries
from capture_policies.models import Rollout, RolloutState
from jurisdictions.actions import load_packs
from mci_admin.demo import asked, history, people, policy

AGENTS = 5
PAST_AGENTS = 10
DAYS = 12
SESSIONS_EACH = 4


class Command(BaseCommand):
    help = "Make the organisation of the demo. Does nothing when it exists."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, help="how many days of history")
        parser.add_argument("--sessions-each", type=int, default=SESSIONS_EACH, help="of each of them")
        parser.add_argument("--past-agents", type=int, default=PAST_AGENTS, help="devices with a history")

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = settings.VAR_DIR / "demo" / "seed.json"
        if target.exists():
            return
        if settings.MCI_ENV == "production":
            raise CommandError("The demo is not made in production.")
        if User.objects.exists():
            raise CommandError("Accounts exist, but the demo is not complete. Run: make demo-reset")
        found = _make(days=options["days"], past_agents=options["past_agents"], each=options["sessions_each"])
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = target.with_suffix(".new")
        draft.write_text(json.dumps(found, indent=2), encoding="utf-8")
        draft.chmod(0o600)
        os.replace(draft, target)


def _make(*, days: int, past_agents: int, each: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    start = history.some_time_of(now - timedelta(days=days + 1))
    with time_machine.travel(start, tick=True):
        call_command("keys", "init", verbosity=0)
        load_packs(actor=Actor.system("demo"))
        crew = people.hire(since=now - timedelta(days=365))
        staff = {role: people.with_role(crew, role) for role in set(people.STAFF.values())}
        entries = policy.ENTRIES + (policy.REPLAYED if os.environ.get("SESSIONS") else ())
        release = policy.release_policy(staff, title="Office work", entries=entries)
        policy.agree(staff["privacy_officer"][0], start.date())
        policy.give_notice(staff["privacy_officer"][0], crew)
        employees = [person for person in crew if not person.role]
        past = [
            history.enrol(people.act_as(person.user).user.subject, number, staff["admin"][1])
            for number, person in enumerate(employees[:past_agents], start=1)
        ]
        rollout = policy.roll_out(release, staff["admin"][1])
        _finish(rollout, past, release)
    asked.ask([people.act_as(person.user) for person in employees], staff["ml_staff"][0])
    sign_ins = people.open_doors(crew)
    count = each * len(past) if days else 0
    for number in range(count):
        agent = past[number % len(past)]
        # Spread over the days, so that full weeks are among them.
        moment = history.some_time_of(now - timedelta(days=days - number * days // count))
        history.work(agent, release, moment, seed=f"history-{number}")
    refresh_timestamp(actor=Actor.system("demo"), force=True)
    return {
        "sign_ins": [one.as_dict() for one in sign_ins],
        "agents": [_token(person.user, staff, i) for i, person in _live(employees)],
    }


def _live(employees: list[people.Person]) -> list[tuple[int, people.Person]]:
    """The people whose agents run in the demo: those who can sign in, then some in other places."""
    order = [p for p in employees if p.place in ("US-TX", "US-NY", "DE", "US-CA")]
    firsts = {person.place: person for person in reversed(order)}
    rest = [person for person in order if person not in firsts.values()]
    return list(enumerate([*firsts.values(), *rest][:AGENTS], start=1))


def _token(user: User, staff: dict[str, list[Actor]], number: int) -> dict[str, str]:
    _, secret = create_enrolment_token(
        subject=people.act_as(user).user.subject,
        label=f"demo computer {number}",
        days=30,
        actor=staff["admin"][1],
    )
    return {"name": f"demo-{number}", "email": user.email, "token": secret}


def _finish(rollout: Rollout, past: list[history.PastAgent], release: Any) -> None:
    """Run the waves to their end here and now; the workers would find the same rows."""
    system = Actor.system("demo")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        advance_rollout(rollout_id=rollout.pk, actor=system)
        while claim_deliveries(rollout_id=rollout.pk, actor=system):
            pass
        for agent in past:
            history.apply_release(agent, release)
        if Rollout.objects.get(pk=rollout.pk).state == RolloutState.DONE:
            return
        # A worker may hold the row just now; it does the same.
        time.sleep(0.2)
    raise CommandError("The first rollout did not finish.")
