"""Small builders for the pure tests: policy documents, parsed policies and leases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mci_core import policy
from mci_core.lease import LAW_ALLOWS, Lease
from mci_core.policy_model import SIGNALS, Policy

DEVICE = "5d9a1f1e-3f3b-4a52-9d0e-0c1f6a1b2c3d"
NOW = 1_780_000_000


def site(
    entry_id: str = "jira",
    origin: str = "https://jira.example.com",
    path_prefix: str = "/",
    *,
    subdomains: bool = False,
    signals: Sequence[str] = SIGNALS,
    keystrokes: str = "text",
    interval: int = 0,
) -> dict[str, Any]:
    match = {"origin": origin, "path_prefix": path_prefix, "subdomains": subdomains}
    return _entry(entry_id, "site", match, signals, keystrokes, interval)


def app(
    entry_id: str = "excel",
    *,
    signals: Sequence[str] = SIGNALS,
    keystrokes: str = "text",
    interval: int = 0,
    **match: list[str],
) -> dict[str, Any]:
    match = match or {"windows": ["EXCEL.EXE"], "macos": ["com.microsoft.Excel"], "names": ["Excel"]}
    return _entry(entry_id, "app", match, signals, keystrokes, interval)


def _entry(
    entry_id: str, kind: str, match: Mapping[str, Any], signals: Sequence[str], keystrokes: str, interval: int
) -> dict[str, Any]:
    return {
        "id": entry_id,
        "kind": kind,
        "label": entry_id.capitalize(),
        "match": dict(match),
        "signals": list(signals),
        "keystrokes": keystrokes,
        "frame_interval_s": interval,
    }


def rule(rule_id: str = "customers", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": rule_id,
        "label": "Customer names",
        "method": "mask",
        "match": {"type": "dictionary", "words": ["Olivia Sample"]},
        "selector": {"entries": [], "signals": [], "fields": []},
        "examples": {"redact": ["sent to Olivia Sample"], "keep": ["sent to support"]},
    }
    return {**made, **changes}


def document(
    entries: Sequence[Mapping[str, Any]] = (), rules: Sequence[Mapping[str, Any]] = (), **changes: Any
) -> dict[str, Any]:
    made: dict[str, Any] = dict(policy.new_document("Office work"))
    return {**made, "entries": list(entries), "rules": list(rules), **changes}


def parsed(entries: Sequence[Mapping[str, Any]] = (), **changes: Any) -> Policy:
    return policy.parse(document(entries, **changes))


def lease_for(parsed_policy: Policy, **changes: Any) -> Lease:
    values: dict[str, Any] = {
        "jti": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "device": DEVICE,
        "issuer": "mci-test",
        "release_number": 7,
        "policy_digest": parsed_policy.digest,
        "state": "on",
        "place": "US-NY",
        "jurisdiction_reason": LAW_ALLOWS,
        "denied_signals": (),
        "notice": "c" * 64,
        "excluded_entries": (),
        "issued_at": NOW - 60,
        "expires_at": NOW + 840,
    }
    return Lease(**{**values, **changes})


def focus(
    app_name: str = "Excel", exe: str | None = "EXCEL.EXE", url: str | None = None, **window: Any
) -> dict[str, Any]:
    event: dict[str, Any] = {"seq": 0, "t": 0, "type": "focus", "app": {"name": app_name}}
    if exe is not None:
        event["app"]["exe"] = exe
    if url is not None:
        event["url"] = url
    if window:
        event["window"] = window
    return event


def on_page(url: str, **window: Any) -> dict[str, Any]:
    return focus("Chrome", "chrome.exe", url, **window)


def key(name: str, state: str = "down", t: int = 0, **more: Any) -> dict[str, Any]:
    return {"seq": 1, "t": t, "type": "key", "state": state, "key": name, **more}
