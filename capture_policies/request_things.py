"""What a request is about: which two wishes are the same, and the entry that a draft starts from.

Nothing here looks at who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

from capture_policies import catalogue, narrowings, queries
from capture_policies.models import AllowlistRequest
from capture_policies.models_requests import RequestKind
from mci_core.errors import Conflict, Invalid
from mci_core.policy import Entry, identities, parse_entry
from mci_core.policy_sites import Place, parse_url

_PORTS = {"http": 80, "https": 443}
_NO_SITE = "Write the address of the site, for example https://example.com/tickets."


@dataclass(frozen=True)
class Thing:
    """One app or site and whether it is to come or to go. ``same`` is equal for equal wishes."""

    kind: str
    entry_kind: str
    label: str
    where: str
    same: str
    entry: str = ""


def to_add(*, entry_kind: str, label: str, where: str) -> Thing:
    """A wish for an app or site that is not captured now. Raises `Invalid` with the field at fault."""
    label = " ".join(label.split())
    if not label:
        raise Invalid("What is it called?", code="required", field="label")
    if entry_kind == "site":
        where = address(where)
    elif entry_kind == "app":
        where = " ".join(where.split())
    else:
        raise Invalid("It is an app or a website.", field="entry_kind")
    thing = Thing(
        RequestKind.ADD,
        entry_kind,
        label[:80],
        where,
        f"add:{entry_kind}:{(where or label).casefold()}"[:400],
    )
    _refuse_listed(thing)
    return thing


def to_remove(entry_id: str) -> Thing:
    """The wish that an entry, by its id in the policy, goes."""
    found = narrowings.captured_entry(entry_id)
    if found is None:
        raise Conflict("Nothing is captured there.", code="not_captured")
    entry = found[1]
    return Thing(RequestKind.REMOVE, entry.kind, entry.label, "", f"remove:{entry.id}", entry.id)


def address(text: str) -> str:
    """Scheme, host and path of what somebody pasted: nothing behind ``?`` or ``#`` is kept."""
    typed = text.strip()
    place = parse_url(typed if "://" in typed else f"https://{typed}")
    if place is None or "." not in place.host:
        raise Invalid(_NO_SITE, code="not_an_address", field="where")
    return f"{_origin(place)}/{'/'.join(place.segments)}"[:300]


def entry_doc(request: AllowlistRequest, taken: frozenset[str]) -> dict[str, Any]:
    """The entry for a draft, with no signal yet: what may be captured is for its author to say.

    ``taken``: the ids that the draft uses already.
    """
    base = slugify(request.label)[:36].strip("-_") or request.entry_kind
    name = next(n for n in (base, *(f"{base}-{i}" for i in range(2, 1000))) if n not in taken)
    return {
        "id": name,
        "kind": request.entry_kind,
        "label": request.label,
        "match": _match(request.entry_kind, request.label, request.where),
        "signals": [],
        "keystrokes": "none",
        "frame_interval_s": 0,
    }


def _match(entry_kind: str, label: str, where: str) -> Mapping[str, Any]:
    if entry_kind == "site":
        place = parse_url(where)
        assert place is not None  # checked when it was asked for
        path = f"/{'/'.join(place.segments)}"
        return {"origin": _origin(place), "path_prefix": path, "subdomains": False}
    known = [
        item
        for item in catalogue.items()
        if item.kind == "app" and item.label.casefold() in (label.casefold(), where.casefold())
    ]
    return dict(known[0].match) if known else {"names": [where or label]}


def _refuse_listed(thing: Thing) -> None:
    """What everybody's policy has already needs no request."""
    wanted = _parsed(thing)
    live = queries.policy_of(queries.live_version())
    for entry in live.entries if live else ():
        if entry.signals and set(identities(entry)) & set(identities(wanted)):
            raise Conflict(f"{entry.label} is on the list already.", code="listed_already")


def _parsed(thing: Thing) -> Entry:
    match = _match(thing.entry_kind, thing.label, thing.where)
    doc = {"id": "asked", "kind": thing.entry_kind, "label": thing.label, "match": match}
    return parse_entry({**doc, "signals": [], "keystrokes": "none", "frame_interval_s": 0})


def _origin(place: Place) -> str:
    port = "" if place.port == _PORTS[place.scheme] else f":{place.port}"
    return f"{place.scheme}://{place.host}{port}"
