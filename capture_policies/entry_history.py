"""What became of one entry from release to release, in the words of the comparison of policies.

The entry is cut out of each document by the database, so that a long history of large policies stays one
query with a small answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from django.db.models import JSONField, QuerySet, TextField, Value
from django.db.models.expressions import Func

from accounts.models import Department
from capture_policies.models import Release
from mci_core import policy
from mci_core.policy import Change, Policy

#: How many releases are looked at, newest first.
REACH = 100
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Step:
    """A release in which the entry came, changed or went."""

    release: Release
    changes: list[Change]


class _EntryOf(Func):
    """The entry with this id in a stored document; null where there is none."""

    output_field = JSONField()
    template = "jsonb_path_query_first(convert_from(%(expressions)s::text))"
    arg_joiner = ", 'UTF8')::jsonb, '$.entries[*] ? (@.id == $id)', jsonb_build_object('id', "


def steps(entry_id: str) -> list[Step]:
    """The releases that changed the entry, newest first."""
    found = list(_releases(entry_id))
    # Beyond the reach nothing is known of before: the oldest release is no step unless it is the first one.
    before = [(None, None)] if len(found) < REACH else []
    chain = [*found, *before]
    return _with_names(list(_steps(chain)))


def _releases(entry_id: str) -> Iterator[tuple[Release, Mapping[str, Any] | None]]:
    rows: QuerySet[Any] = Release.objects.light().filter(signed_at__isnull=False)
    cut = _EntryOf("version__body", Value(entry_id, output_field=TextField()))
    for release in rows.annotate(entry=cut).order_by("-number")[:REACH]:
        yield release, release.entry


def _steps(chain: list[Any]) -> Iterator[Step]:
    for (release, doc), (_, earlier) in pairwise(chain):
        if _same(doc) != _same(earlier):
            yield Step(release, policy.diff(_alone(earlier), _alone(doc)))


def _with_names(found: list[Step]) -> list[Step]:
    """The names of departments in place of their ids, which the core does not know. One query."""
    ids = {name for step in found for change in step.changes for name in _ID.findall(change.words)}
    rows = Department.objects.filter(pk__in=ids).values_list("pk", "name") if ids else ()
    names = {str(pk): name for pk, name in rows}

    def told(change: Change) -> Change:
        return replace(change, words=_ID.sub(lambda match: names.get(match[0], match[0]), change.words))

    return [Step(step.release, [told(change) for change in step.changes]) for step in found]


def _same(doc: Mapping[str, Any] | None) -> str:
    return json.dumps(doc, sort_keys=True)


def _alone(doc: Mapping[str, Any] | None) -> Policy:
    """A policy of nothing but this entry, or of nothing."""
    return policy.parse({**policy.new_document("one entry"), "entries": [] if doc is None else [dict(doc)]})
