"""How an entry's action, actor, object and subject are written on a page."""

from __future__ import annotations

from django import template
from django.apps import apps
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audits import formats
from audits.models import AuditEntry
from audits.search import LABELS
from audits.words import in_words

register = template.Library()


@register.simple_tag
def action(code: str) -> SafeString:
    """What was done in words, and the code under them; of an action without words the code alone."""
    words = in_words(code)
    if words == code:
        return format_html("<code>{}</code>", code)
    return format_html('{} <code class="row-note">{}</code>', words, code)


@register.simple_tag
def actor(entry: AuditEntry, names: dict[str, str]) -> SafeString:
    """A person's name, the pseudonym of somebody who acted on own data, a device, a part of the system."""
    kind, _, key = entry.actor.partition(":")
    if entry.actor in names and kind == "user":
        role = (entry.actor_role or "").replace("_", " ").replace("+", ", ")
        return format_html('{} <span class="muted">{}</span>', names[entry.actor], role)
    if kind == "subject":
        return format_html('<span class="mono">{}</span>', names.get(entry.actor, "the person"))
    if kind == "system":
        return format_html('the system <span class="muted">{}</span>', key)
    return format_html('{} <span class="mono">{}</span>', kind, key[:8])


@register.filter
def named(names: dict[str, str], key: object) -> str:
    return names.get(str(key), "erased")


@register.filter
def object_kind(label: str) -> str:
    """``accounts.rolegrant`` becomes ``role grant``."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


@register.filter
def fact_words(name: str) -> str:
    """``key_id`` becomes ``Key id``."""
    return formats.label_of(str(name))


@register.filter
def search_words(query: str) -> str:
    """``action=a&q=b`` becomes ``A in words, b``."""
    return ", ".join(_term(name, str(value)) for name, value in QueryDict(query).items())


def _term(name: str, value: str) -> str:
    if name == "q":
        return value
    if name == "action":
        return f"“{in_words(value)}”"
    return f"{LABELS.get(name, name)} {value}"


@register.filter
def export_fault(code: str) -> str:
    """Why an export failed."""
    known = {"too_many": "More entries than a file may hold. Narrow the search."}
    return known.get(code, "It could not be written.")
