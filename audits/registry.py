"""Which actions exist, and the promise each of them keeps: one transaction, at least one audit entry in it.

``@audited("app.verb")`` goes on every public function of every ``actions`` module. A test walks
:func:`actions` and the modules and fails on a function without the decorator or without an example.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, transaction

from mci_core.errors import Conflict

#: SQLSTATE of PostgreSQL, appendix A.
UNIQUE_VIOLATION = "23505"
P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class _Watch:
    """What one running action did so far."""

    entries: int = 0
    nothing: bool = False


_watch: ContextVar[_Watch | None] = ContextVar("audit_watch", default=None)
_actions: dict[str, Callable[..., object]] = {}


class Unlogged(AssertionError):
    """An action finished without an audit entry: a fault of ours, and its transaction is rolled back."""


def audited(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Register an action, run it in one transaction, and refuse to commit a change that was not logged."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if name in _actions and _origin(_actions[name]) != _origin(function):
            raise ValueError(f"two actions are called {name}")

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with _met_at_once(), transaction.atomic(), _watched(name):
                return function(*args, **kwargs)

        run.audit_name = name  # type: ignore[attr-defined]  # read by the completeness test
        _actions[name] = run
        return run

    return decorate


@contextmanager
def _met_at_once() -> Iterator[None]:
    """Two made the same thing in the same moment, both saw that it was not there, and the database let one
    of them.
    """
    try:
        yield
    except IntegrityError as fault:
        if getattr(fault.__cause__, "sqlstate", None) != UNIQUE_VIOLATION:
            raise
        raise Conflict("Somebody did the same at this moment. Look again.", code="at_once") from fault


def actions() -> MappingProxyType[str, Callable[..., object]]:
    """Every registered action by its name."""
    return MappingProxyType(_actions)


@contextmanager
def nothing_to_do() -> Iterator[None]:
    """``with nothing_to_do(): return row`` says that a repeated call found its work done and changed
    nothing.
    """
    watch = _watch.get()
    if watch is not None:
        watch.nothing = True
    yield


def entry_appended() -> None:
    """Called by :func:`audits.actions.append`."""
    watch = _watch.get()
    if watch is not None:
        watch.entries += 1


@contextmanager
def _watched(name: str) -> Iterator[None]:
    outer, mine = _watch.get(), _Watch()
    token = _watch.set(mine)
    try:
        yield
    finally:
        _watch.reset(token)
    if not mine.entries and not mine.nothing:
        raise Unlogged(f"{name} wrote no audit entry")
    if outer is not None:
        outer.entries += mine.entries


def _origin(function: Callable[..., object]) -> tuple[str, str]:
    return function.__module__, function.__qualname__
