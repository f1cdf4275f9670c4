"""Searches of the log with a name, each person's own."""

from __future__ import annotations

from accounts import permissions
from audits.actions import append
from audits.actor import Actor
from audits.models import SavedSearch
from audits.registry import audited
from mci_core.errors import Conflict, Invalid

MOST = 20


@audited("audits.save_search")
def save_search(*, name: str, query: str, actor: Actor) -> SavedSearch:
    """``query`` is a query string of the list, without the page."""
    permissions.require(actor, "audits.save_search")
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Invalid("Give the search a name of at most 60 characters.", field="name")
    if not query:
        raise Invalid("Set a filter or search for something first.", field="name")
    own = SavedSearch.objects.visible_to(actor.user).select_for_update()
    if own.count() >= MOST:
        raise Conflict(f"You keep {MOST} searches already. Delete one first.", field="name")
    if own.filter(name=name).exists():
        raise Conflict("You have a search of this name already.", field="name")
    made = SavedSearch.objects.create(owner=actor.id, name=name, query=query)
    append(action="audits.save_search", actor=actor, obj=made, details={"name": name, "query": query})
    return made


@audited("audits.forget_search")
def forget_search(*, search: SavedSearch, actor: Actor) -> None:
    """The search is deleted; the entries that it finds stay."""
    permissions.require(actor, "audits.forget_search")
    append(action="audits.forget_search", actor=actor, obj=search, details={"name": search.name})
    search.delete()
