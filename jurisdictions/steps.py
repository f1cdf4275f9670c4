"""What the verbs of this app share: telling the agents to ask again."""

from __future__ import annotations

from accounts import permissions
from audits.actor import Actor
from audits.queue import enqueue_on_commit


def leases_change() -> None:
    """The next lease of anybody may say something else."""
    enqueue_on_commit("agents.tasks.hint_everybody")


def role_of(actor: Actor) -> str:
    """In which role somebody acts, as pages say it to the person that it is about."""
    order = (permissions.OFFICER, permissions.ADMIN, permissions.AUDITOR, permissions.ML)
    held = permissions.roles_of_actor(actor)
    return next((role.replace("_", " ") for role in order if role in held), "employee")
