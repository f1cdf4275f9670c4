"""Words for the review pages: a place in a session as minutes and seconds, a role in plain words."""

from __future__ import annotations

from django import template

from accounts.models import Role

register = template.Library()


@register.filter
def clock(milliseconds: int) -> str:
    """``83500`` -> ``1:23``."""
    minutes, seconds = divmod(int(milliseconds) // 1000, 60)
    return f"{minutes}:{seconds:02d}"


@register.filter
def role_words(role: str) -> str:
    """``privacy_officer`` -> ``Privacy officer``."""
    return dict(Role.choices).get(role, role)
