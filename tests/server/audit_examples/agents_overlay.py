"""One example for each action on what a person switched off."""

from __future__ import annotations

from agents import actions
from tests.server.cast import Cast


def exclude_entry(cast: Cast) -> None:
    actions.exclude_entry(entry="jira", actor=cast.actor("employee"))


def include_entry(cast: Cast) -> None:
    actions.exclude_entry(entry="jira", actor=cast.actor("employee"))
    actions.include_entry(entry="jira", actor=cast.actor("employee"))


def forget_exclusions(cast: Cast) -> None:
    actions.exclude_entry(entry="jira", actor=cast.actor("employee"))
    actions.forget_exclusions(subject=cast.subject("employee"), actor=cast.system())


EXAMPLES = {
    f"agents.{example.__name__}": example for example in (exclude_entry, include_entry, forget_exclusions)
}
