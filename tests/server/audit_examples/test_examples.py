"""Every action of every app leaves an entry, and no entry says anything about a person."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings

from accounts.permissions import table
from audits import registry
from audits.models import AuditDetail, AuditEntry
from tests.server.cast import PEOPLE, REASON, Cast

#: Functions beside actions, each with the reason why it writes no entry.
NOT_ACTIONS = {
    ("audits.actions", "append"): "writes the entries",
}


def _action_modules() -> Iterator[ModuleType]:
    for app in settings.OUR_APPS:
        if importlib.util.find_spec(f"{app}.actions") is None:
            continue
        module = importlib.import_module(f"{app}.actions")
        yield module
        for info in pkgutil.iter_modules(getattr(module, "__path__", [])):
            yield importlib.import_module(f"{app}.actions.{info.name}")


def _examples() -> dict[str, Callable[[Cast], Any]]:
    found: dict[str, Callable[[Cast], Any]] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.stem.startswith(("_", "test_")):
            found |= importlib.import_module(f"tests.server.audit_examples.{path.stem}").EXAMPLES
    return found


MODULES = list(_action_modules())
EXAMPLES = _examples()


def test_every_public_function_of_an_actions_module_is_audited() -> None:
    bare = {
        f"{module.__name__}.{name}"
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and not hasattr(function, "audit_name")
        and (module.__name__, name) not in NOT_ACTIONS
    }
    assert bare == set()


def test_every_action_has_an_example_and_every_example_an_action() -> None:
    ours = {name for name in registry.actions() if not name.startswith("audits.test_")}
    assert ours - EXAMPLES.keys() == set(), "actions without an example"
    assert EXAMPLES.keys() - ours == set(), "examples of actions that do not exist"


#: Who may is decided by the caller of these, or by nobody: they only tell the log.
ASK_NOTHING = {"audits.record_event"}


def _asked(function: Callable[..., Any]) -> set[str]:
    source = inspect.getsource(inspect.unwrap(function))
    return set(re.findall(r'require\(\s*actor,\s*"([a-z_.]+)"', source))


def test_every_action_asks_for_a_permission_that_is_listed() -> None:
    ours = {name: run for name, run in registry.actions().items() if not name.startswith("audits.test_")}
    silent = {name for name, run in ours.items() if not _asked(run)} - ASK_NOTHING
    unlisted = {asked for run in ours.values() for asked in _asked(run)} - table().keys()
    assert (silent, unlisted) == (set(), set())


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_action_writes_an_entry_without_personal_content(name: str, cast: Cast) -> None:
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    expected = EXAMPLES[name](cast) or name
    entries = AuditEntry.objects.exclude(pk__in=before)
    assert expected in {entry.action for entry in entries}
    assert AuditDetail.objects.filter(pk__in=entries.values("pk")).count() == len(entries)
    words = [REASON, "@example.com", *(word for shown, _role in PEOPLE.values() for word in shown.split())]
    for entry in entries:
        assert [word for word in words if word in entry.leaf] == []
        _never_tells_whose_pseudonym(entry, cast)


def _never_tells_whose_pseudonym(entry: AuditEntry, cast: Cast) -> None:
    """No entry about a subject names the account of that subject."""
    for person in PEOPLE:
        if entry.subject == cast.subject(person).pk:
            assert str(cast.user(person).pk) not in entry.leaf
