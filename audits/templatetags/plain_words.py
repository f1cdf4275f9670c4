"""Filters that put what agents and policies call something into plain words."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from audits import formats
from mci_core.policy import SIGNAL_WORDS

register = template.Library()


@register.filter
def signal_words(signals: Iterable[str]) -> str:
    """``["mouse_move", "click"]`` -> ``mouse movement, mouse clicks``."""
    return ", ".join(SIGNAL_WORDS.get(name, name) for name in signals)


@register.filter
def platform(word: str) -> str:
    """``macos`` -> ``macOS``: a platform as an agent reports it."""
    return formats.PLATFORMS.get(word, word or "unknown")
