"""The policy document `mci-policy/1`: what is valid, which bytes and digests stand for it.

A document that parses may be drafted and shown; one without problems may be approved. Everything is stated:
no key may be left out and none added, so that a reader of the document sees all that it does. Only the keys
of an entry that narrow it or are for people may be left out, and then have to be: an empty scope is refused,
so that one policy has one digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from jsonschema.exceptions import best_match

from mci_core import canonical, policy_diff
from mci_core.errors import Invalid, TooLarge
from mci_core.policy_diff_heirs import Heirs
from mci_core.policy_faults import (
    faults_of_meaning,
    faults_of_rules,
    faults_of_shape,
    identities,
    in_words,
    json_path,
    validator,
)
from mci_core.policy_model import (
    ENGINE_VERSION,
    ENTRY_KINDS,
    ENTRY_OPTIONS,
    EVERYWHERE,
    FIELDS,
    KEY_SIGNALS_SHOWN,
    KEYSTROKE_WORDS,
    KEYSTROKES,
    MATCH_TYPES,
    MAX_POLICY_BYTES,
    METHOD_WORDS,
    METHODS,
    PATHS,
    PLATFORM_WORDS,
    PLATFORMS,
    PURPOSE_WORDS,
    PURPOSES,
    SCHEMA,
    SIGNAL_WORDS,
    SIGNALS,
    AppMatch,
    Change,
    Direction,
    Entry,
    EntryDoc,
    Examples,
    Limits,
    Policy,
    PolicyDoc,
    Problem,
    Rule,
    RuleDoc,
    RuleMatch,
    Scope,
    Selector,
    SiteMatch,
)

__all__ = [
    "ENGINE_VERSION",
    "ENTRY_KINDS",
    "ENTRY_OPTIONS",
    "EVERYWHERE",
    "FIELDS",
    "KEYSTROKES",
    "KEYSTROKE_WORDS",
    "MATCH_TYPES",
    "MAX_POLICY_BYTES",
    "METHODS",
    "METHOD_WORDS",
    "PATHS",
    "PLATFORMS",
    "PLATFORM_WORDS",
    "PURPOSES",
    "PURPOSE_WORDS",
    "SCHEMA",
    "SIGNALS",
    "SIGNAL_WORDS",
    "AppMatch",
    "Change",
    "Direction",
    "Entry",
    "EntryDoc",
    "Examples",
    "Limits",
    "Policy",
    "PolicyDoc",
    "Problem",
    "Rule",
    "RuleDoc",
    "RuleMatch",
    "Scope",
    "Selector",
    "SiteMatch",
    "canonical_bytes",
    "check_policy_for_approval",
    "diff",
    "direction",
    "faults",
    "identities",
    "new_document",
    "parse",
    "parse_entry",
    "parse_rule",
    "policy_digest",
    "ruleset_digest",
]


def new_document(name: str, purpose: str = "agent_training") -> PolicyDoc:
    """A policy that captures nothing: where a draft starts."""
    return {
        "schema": SCHEMA,
        "name": name,
        "purpose": purpose,
        "entries": [],
        "rules": [],
        "limits": {
            "cpu_percent": 5,
            "upload_bytes_per_day": 200_000_000,
            "spool_bytes": 100_000_000,
            "pause_minutes": [15, 30, 60],
        },
        "retention_days": 30,
        "sampling": {"rate": 0.05},
        "lease_seconds": 900,
    }


def canonical_bytes(doc: Mapping[str, Any]) -> bytes:
    """The bytes that are stored, signed and digested."""
    return canonical.dumps(dict(doc))


def policy_digest(doc: Mapping[str, Any]) -> str:
    """Digest of the canonical bytes."""
    return canonical.digest(canonical_bytes(doc))


def ruleset_digest(doc: Mapping[str, Any]) -> str:
    """Digest of the redaction rules together with the engine that applies them."""
    return canonical.digest_obj({"engine": ENGINE_VERSION, "rules": doc["rules"]})


def parse(source: bytes | Mapping[str, Any]) -> Policy:
    """Read a policy document.

    Raises `Invalid` whose `field` is the JSON path of the first fault, `TooLarge` above 2 MiB.
    """
    doc = _document(source)
    error = best_match(validator().iter_errors(doc))
    if error is not None:
        raise Invalid(in_words(error), code="policy_invalid", field=json_path(error))
    policy = _made(doc)
    for path, message in faults_of_meaning(policy):
        raise Invalid(message, code="policy_invalid", field=path)
    for path, fault in faults_of_rules(policy):
        raise Invalid(fault.message, code=fault.code, field=path) from fault
    return policy


def faults(source: bytes | Mapping[str, Any]) -> list[Problem]:
    """Every reason why a document does not parse, where `parse` names the first; empty when it does.

    Raises `TooLarge`, and `Invalid` for what is no object at all.
    """
    doc = _document(source)
    shape = list(faults_of_shape(doc))
    if shape:
        return [Problem(path, message) for path, message in shape]
    policy = _made(doc)
    found = [Problem(path, message) for path, message in faults_of_meaning(policy)]
    return found + [Problem(path, fault.message) for path, fault in faults_of_rules(policy)]


def _made(doc: dict[str, Any]) -> Policy:
    """The policy of a document that fits the schema."""
    return Policy(
        name=doc["name"],
        purpose=doc["purpose"],
        entries=tuple(parse_entry(entry) for entry in doc["entries"]),
        rules=tuple(parse_rule(rule) for rule in doc["rules"]),
        limits=_limits(doc["limits"]),
        retention_days=doc["retention_days"],
        sampling_rate=float(doc["sampling"]["rate"]),
        lease_seconds=doc["lease_seconds"],
        digest=policy_digest(doc),
        ruleset_digest=ruleset_digest(doc),
        doc=doc,
    )


def diff(old: Policy | Mapping[str, Any] | None, new: Policy | Mapping[str, Any]) -> list[Change]:
    """Every difference in words, with what it does to capture. `old` None: nothing was captured before."""
    return policy_diff.diff(None if old is None else _policy(old), _policy(new))


def direction(old: Policy | Mapping[str, Any] | None, new: Policy | Mapping[str, Any]) -> Direction:
    """Whether `new` captures more than `old`. Anything uncertain is "wider"; a first policy is."""
    return policy_diff.direction(None if old is None else _policy(old), _policy(new))


def _policy(source: Policy | Mapping[str, Any]) -> Policy:
    return source if isinstance(source, Policy) else parse(source)


def _document(source: bytes | Mapping[str, Any]) -> dict[str, Any]:
    """A copy that shares nothing with the caller's, so that a parsed policy cannot be changed afterwards."""
    data = source if isinstance(source, bytes) else canonical.dumps(dict(source))
    if len(data) > MAX_POLICY_BYTES:
        raise TooLarge(f"A policy document may have {MAX_POLICY_BYTES} bytes; this one has {len(data)}.")
    doc = canonical.loads(data)
    if not isinstance(doc, dict):
        raise Invalid("A policy document is a JSON object.", code="policy_invalid", field="$")
    return doc


def parse_entry(doc: Mapping[str, Any]) -> Entry:
    """One allowlist entry of a document that fits the schema."""
    return Entry(
        id=doc["id"],
        kind=doc["kind"],
        label=doc["label"],
        match=_match(doc),
        signals=frozenset(doc["signals"]),
        keystrokes=doc["keystrokes"],
        frame_interval_s=doc["frame_interval_s"],
        scope=_scope(doc.get("scope")),
        windows_excluded=tuple(doc.get("windows_excluded", ())),
        expires=_date(doc.get("expires")),
        owner=doc.get("owner", ""),
        purpose=doc.get("purpose", ""),
        justification=doc.get("justification", ""),
        review_by=_date(doc.get("review_by")),
    )


def _scope(doc: Mapping[str, Any] | None) -> Scope:
    if doc is None:
        return EVERYWHERE
    return Scope(**{key: tuple(doc.get(key, ())) for key in ("groups", "platforms", "tags", "places")})


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _match(doc: Mapping[str, Any]) -> SiteMatch | AppMatch:
    match = doc["match"]
    if doc["kind"] == "site":
        return SiteMatch(match["origin"], match["path_prefix"], match["subdomains"])
    return AppMatch(**{key: tuple(match.get(key, ())) for key in ("windows", "macos", "linux", "names")})


def parse_rule(doc: Mapping[str, Any]) -> Rule:
    """One redaction rule of a document that fits the schema."""
    match, selector, examples = doc["match"], doc["selector"], doc["examples"]
    return Rule(
        id=doc["id"],
        label=doc["label"],
        method=doc["method"],
        match=RuleMatch(
            match["type"],
            match.get("detector"),
            match.get("pattern"),
            tuple(match.get("words", ())),
            match.get("salt"),
            frozenset(match.get("hashes", ())),
            tuple(match.get("lengths", ())),
        ),
        selector=_selector(selector),
        examples=Examples(tuple(examples["redact"]), tuple(examples["keep"])),
    )


def _selector(doc: Mapping[str, Any]) -> Selector:
    parts = {key: tuple(doc.get(key, ())) for key in ("entries", "signals", "fields", "roles", "paths")}
    left, top, right, bottom = doc.get("region") or (0, 0, 100, 100)
    return Selector(**parts, region=(left, top, right, bottom) if "region" in doc else None)


def _limits(doc: Mapping[str, Any]) -> Limits:
    return Limits(
        doc["cpu_percent"], doc["upload_bytes_per_day"], doc["spool_bytes"], tuple(doc["pause_minutes"])
    )


def check_policy_for_approval(policy: Policy) -> list[Problem]:
    """What must be put right before somebody may approve; empty when nothing."""
    problems = [Problem(path, message) for path, message in _unready(policy)]
    if not policy.entries:
        problems.insert(0, Problem("entries", "The policy allows nothing yet: add an app or a site."))
    return problems


def _unready(policy: Policy) -> Iterator[tuple[str, str]]:
    closed = [entry for entry in policy.entries if not entry.signals]
    heirs = Heirs(policy.entries) if closed else None
    selected = {entry for rule in policy.rules for entry in rule.selector.entries}
    for index, entry in enumerate(policy.entries):
        # A closed entry has a meaning where it keeps its pages from another one, or a rule looks in it.
        closes = heirs is not None and (entry.id in selected or heirs.of(entry) is not None)
        if not entry.signals and not closes:
            words = f"{entry.label} allows no signal: name one or remove the entry."
            yield f"entries[{index}].signals", words
        yield from _unready_keys(f"entries[{index}]", entry)
    for index, rule in enumerate(policy.rules):
        yield from _unready_rule(f"rules[{index}]", rule)


def _unready_keys(path: str, entry: Entry) -> Iterator[tuple[str, str]]:
    wanted = entry.signals & {"shortcut", "keystroke"}
    if wanted and not wanted & KEY_SIGNALS_SHOWN[entry.keystrokes]:
        words = KEYSTROKE_WORDS[entry.keystrokes]
        yield (
            f"{path}.keystrokes",
            f"{entry.label} allows keys, but captures {words}: nothing would be left of them.",
        )


def _unready_rule(path: str, rule: Rule) -> Iterator[tuple[str, str]]:
    from mci_core.redaction.rules import check_examples

    if not rule.examples.redact:
        yield (
            f"{path}.examples.redact",
            f"The rule {rule.label} needs a text in which it must find something.",
        )
    if not rule.examples.keep:
        yield f"{path}.examples.keep", f"The rule {rule.label} needs a text in which it must find nothing."
    for failure in check_examples(rule):
        yield f"{path}.examples", failure
