"""What is wrong with a policy document: its shape (the schema), its meaning, rules that cannot be applied.

The first fault refuses a document; a person who writes one is told all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from mci_core.errors import Invalid
from mci_core.policy_model import Entry, Policy, Selector, SiteMatch
from mci_core.policy_sites import site_place, site_problem


@cache
def validator() -> Draft202012Validator:
    """The JSON Schema of `mci-policy/1`."""
    schema = json.loads(files("mci_core").joinpath("policy_schema.json").read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker(["date"]))


def faults_of_shape(doc: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything in which a document differs from the schema: (JSON path, sentence)."""
    for error in validator().iter_errors(doc):
        path = json_path(error)
        if error.validator != "additionalProperties":
            yield path, in_words(error)
            continue
        for name in sorted(set(error.instance) - set(error.schema["properties"])):
            yield name if path == "$" else f"{path}.{name}", f"There is no key {name[:80]} here."


def in_words(error: ValidationError) -> str:
    """The fault in words, without repeating a whole document in the message."""
    hint = error.schema.get("description") if isinstance(error.schema, dict) else None
    if error.validator in ("pattern", "format") and hint:
        return str(hint)
    return error.message if len(error.message) <= 300 else f"This does not fit: {error.validator}."


def json_path(error: ValidationError) -> str:
    """Where it is, without the sign for the document itself; "$" where it is the document."""
    path = error.json_path.removeprefix("$").removeprefix(".")
    return path or "$"


def faults_of_meaning(policy: Policy) -> Iterator[tuple[str, str]]:
    """What the schema cannot say, in document order: (JSON path, sentence)."""
    yield from _twice("entries", [entry.id for entry in policy.entries])
    yield from _twice("rules", [rule.id for rule in policy.rules])
    owners: dict[object, str] = {}
    for index, entry in enumerate(policy.entries):
        yield from _match_faults(f"entries[{index}].match", entry)
        for key in identities(entry):
            other = owners.setdefault(key, entry.id)
            if other != entry.id:
                yield (
                    f"entries[{index}].match",
                    f"The entries {other} and {entry.id} name the same app or site.",
                )
    known = {entry.id for entry in policy.entries}
    for index, rule in enumerate(policy.rules):
        for place, entry_id in enumerate(rule.selector.entries):
            if entry_id not in known:
                yield f"rules[{index}].selector.entries[{place}]", f"There is no entry {entry_id}."
        yield from _region_faults(f"rules[{index}].selector", rule.selector)


def _region_faults(where: str, selector: Selector) -> Iterator[tuple[str, str]]:
    if selector.region is None:
        return
    left, top, right, bottom = selector.region
    if left >= right or top >= bottom:
        yield f"{where}.region", "A region goes from left to right and from top to bottom."
    for part, named in (("fields", set(selector.fields) - {"frame"}), ("paths", selector.paths)):
        if named:
            yield f"{where}.{part}", "A rule with a region looks in screenshots only."


def _twice(where: str, ids: list[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for index, name in enumerate(ids):
        if name in seen:
            yield f"{where}[{index}].id", f"The id {name} is used twice."
        seen.add(name)


def _match_faults(path: str, entry: Entry) -> Iterator[tuple[str, str]]:
    if isinstance(entry.match, SiteMatch):
        fault = site_problem(entry.match)
        if fault is not None:
            yield f"{path}.{fault[0]}", fault[1]
    elif not identities(entry):
        yield path, "Name the program on at least one platform."


def identities(entry: Entry) -> list[object]:
    """What an entry is known by. No two entries may share one, so that at most one decides."""
    match = entry.match
    if isinstance(match, SiteMatch):
        return [site_place(match)]
    return [
        *(("exe", name.casefold()) for name in (*match.windows, *match.linux)),
        *(("bundle", name.casefold()) for name in match.macos),
        *(("name", name.casefold()) for name in {*match.names, *match.linux}),
    ]


def faults_of_rules(policy: Policy) -> Iterator[tuple[str, Invalid]]:
    """Rules that cannot be applied: (JSON path, the refusal)."""
    if not policy.rules:
        return
    # Imported here because the rule compiler itself imports the vocabulary of this package.
    from mci_core.redaction.rules import compile_rule

    for index, rule in enumerate(policy.rules):
        try:
            compile_rule(rule)
        except Invalid as error:
            yield f"rules[{index}].{error.field or 'match'}", error
