"""What an action is called in words, for those who read the log.

Each app says it in ``<app>/log_words.py`` for the entries that it writes. The words are no part of an entry:
what is hashed, exported and filtered by is the code, so they may be put better at any time.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from django.apps import apps
from django.conf import settings


@functools.cache
def words() -> Mapping[str, str]:
    """``reviews.record_view`` -> ``Looked at a session``, for every name that the log can hold."""
    found: dict[str, str] = {}
    for app in settings.OUR_APPS:
        name = f"{app}.log_words"
        if importlib.util.find_spec(name) is not None:
            found |= import_module(name).WORDS
    return MappingProxyType(found)


def in_words(action: str) -> str:
    """The words of an action; of one that is no more, its code."""
    return words().get(action, action)


def actions_with(part: str) -> set[str]:
    """The actions with this in their code or their words."""
    part = part.casefold()
    return {name for name, spoken in words().items() if part in name or part in spoken.casefold()}


def action_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every action by its words, in groups by the app that writes it."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, spoken in sorted(words().items(), key=lambda pair: pair[1]):
        groups.setdefault(name.partition(".")[0], []).append((name, spoken))
    titled = ((str(apps.get_app_config(app).verbose_name), group) for app, group in groups.items())
    return sorted(titled)
