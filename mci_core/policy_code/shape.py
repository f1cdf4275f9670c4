"""What a policy file may leave out, and the order in which everything stands.

Only what the format itself fixes may be left out of an entry or a rule; what may differ from firm to firm
(limits, retention, sampling) is always written. The order is that of the console, so that file and draft have
one digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mci_core.policy_model import ENTRY_OPTIONS, SCHEMA, SIGNALS

TOP = (
    "schema",
    "name",
    "purpose",
    "retention_days",
    "lease_seconds",
    "sampling",
    "limits",
    "entries",
    "rules",
)
ENTRY = ("id", "kind", "label", "match", "signals", "keystrokes", "frame_interval_s", *ENTRY_OPTIONS)
RULE = ("id", "label", "method", "match", "selector", "examples")
_ENTRY_DEFAULTS: dict[str, Any] = {"signals": [], "keystrokes": "none", "frame_interval_s": 0}
_SITE_DEFAULTS: dict[str, Any] = {"path_prefix": "/", "subdomains": False}
_SELECTOR: dict[str, Any] = {"entries": [], "signals": [], "fields": []}
_EXAMPLES: dict[str, Any] = {"redact": [], "keep": []}
Doc = dict[str, Any]


def expanded(data: Doc) -> Doc:
    """With everything that the file leaves out. What has another shape is left as it is: checks will tell."""
    return {
        "schema": SCHEMA,
        **data,
        "entries": _each(data.get("entries"), _entry),
        "rules": _each(data.get("rules"), _rule),
    }


def reduced(document: Mapping[str, Any]) -> Doc:
    """A valid document without what goes without saying, keys and lists in their order."""
    tidy = ordered(document)
    entries = [_without(_in_order(one, ENTRY), _ENTRY_DEFAULTS) for one in tidy["entries"]]
    for entry in entries:
        if entry["kind"] == "site":
            entry["match"] = _without(entry["match"], _SITE_DEFAULTS)
    rules = []
    for one in tidy["rules"]:
        parts = {"selector": _without(one["selector"], _SELECTOR)}
        parts["examples"] = _without(one["examples"], _EXAMPLES)
        rule = {**_in_order(one, RULE), **parts}
        rules.append({key: value for key, value in rule.items() if key not in parts or value})
    return {**_in_order(tidy, TOP), "entries": entries, "rules": rules}


def ordered(document: Mapping[str, Any]) -> Doc:
    """Entries and rules by id, signals and scopes in one order, as the console keeps them."""
    entries = _each(_sorted(document["entries"]), _tidy)
    return {**document, "entries": entries, "rules": _sorted(document["rules"])}


def _each(items: Any, fill: Any) -> Any:
    if items is None:
        return []
    if not isinstance(items, list):
        return items
    return [fill(item) if isinstance(item, dict) else item for item in items]


def _entry(data: Doc) -> Doc:
    match = data.get("match")
    if data.get("kind") == "site" and isinstance(match, dict):
        data = {**data, "match": {**_SITE_DEFAULTS, **match}}
    return {**_ENTRY_DEFAULTS, **data}


def _rule(data: Doc) -> Doc:
    filled = dict(data)
    for name, defaults in (("selector", _SELECTOR), ("examples", _EXAMPLES)):
        part = data.get(name, {})
        filled[name] = {**defaults, **part} if isinstance(part, dict) else part
    return filled


def _tidy(entry: Doc) -> Doc:
    """Only lists of texts are put in order: anything else is a fault, and shown as it was written."""
    tidy = dict(entry)
    signals = tidy.get("signals")
    if isinstance(signals, list) and _known_once(signals):
        tidy["signals"] = [signal for signal in SIGNALS if signal in signals]
    if isinstance(tidy.get("scope"), dict):
        scope = tidy["scope"]
        tidy["scope"] = {part: sorted(names) if _texts(names) else names for part, names in scope.items()}
    return tidy


def _known_once(signals: list[Any]) -> bool:
    return all(signal in SIGNALS and signals.count(signal) == 1 for signal in signals)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _sorted(items: Any) -> Any:
    if not isinstance(items, list):
        return items
    return sorted(items, key=lambda item: str(item.get("id", "")) if isinstance(item, dict) else "")


def _without(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> Doc:
    return {key: value for key, value in data.items() if key not in defaults or value != defaults[key]}


def _in_order(data: Mapping[str, Any], keys: tuple[str, ...]) -> Doc:
    return {key: data[key] for key in keys if key in data}
