"""What the verbs of this app share: one at a time, and telling the agents to ask again."""

from __future__ import annotations

from django.db import connection

from accounts import permissions
from audits.actor import Actor
from audits.queue import enqueue_on_commit


def one_at_a_time(what: str) -> None:
    """Until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"jurisdictions:{what}"])


def leases_change() -> None:
    """The next lease of anybody may say something else."""
    enqueue_on_commit("agents.tasks.hint_everybody")


def role_of(actor: Actor) -> str:
    """In which role somebody acts, as pages say it to the person that it is about."""
    order = (permissions.OFFICER, permissions.ADMIN, permissions.AUDITOR, permissions.ML)
    held = permissions.roles_of_actor(actor)
    return next((role.replace("_", " ") for role in order if role in held), "employee")
