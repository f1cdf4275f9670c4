"""Which fields of an event and of the header are left by redaction, and which of them hold text to be
masked.

Everything that is not named here goes: a recorder may write what this program has never heard of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mci_core.evaluator_keys import CLASSES, COUNTED, NAMED_KEYS
from mci_core.policy_model import METHODS, SIGNALS

# (text, place of it in the event) -> masked text
MaskField = Callable[[str, str], str]
# The paths of `policy_model.PATHS`, and the field by which a selector may name each as well.
FIELD_OF: dict[str, str] = {
    "$.text": "text",
    "$.key": "key",
    "$.url": "url",
    "$.window.title": "window.title",
    "$.windows[*].title": "window.title",
    "$.windows[*].url": "url",
    "$.windows[*].app": "app",
    "$.target.role": "target.name",
    "$.target.name": "target.name",
    "$.target.id": "target.name",
    "$.app.name": "app",
    "$.app.exe": "app",
    "$.app.bundle": "app",
    "$.name": "marker",
}

_COMMON = ("seq", "t", "type", "entry", "signal", "masks")
_PLAIN: dict[str, tuple[str, ...]] = {
    "mouse_move": ("x", "y", "node"),
    "mouse_down": ("x", "y", "button", "node"),
    "mouse_up": ("x", "y", "button", "node"),
    "scroll": ("x", "y", "dx", "dy", "left", "top", "node"),
    "key": ("state", "repeat"),
    "text": ("op", "pos", "delete"),
    "focus": (),
    "url": (),
    "screenshot": ("file", "sha256", "width", "height", "region", "reason", "masked"),
    "marker": (),
}
_SAFE_FACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
# Names of checks such as luhn or mod97.
_CHECK = re.compile(r"[a-z][a-z0-9_-]{0,29}")
_SIGNAL_NAMES = frozenset(SIGNALS) | {"focus", "marker"}
UNIDENTIFIED = "Unidentified"
NOBODY = "sub-00000000"


def kept_key(key: str) -> str:
    """A key that says no more than one stroke; whole words in the place of a key are not let through."""
    if len(key) == 1 or key in NAMED_KEYS or key in CLASSES or key == COUNTED:
        return key
    return UNIDENTIFIED


def reduced_event(
    event: Mapping[str, Any], mask: MaskField, entries: frozenset[str], rule_ids: frozenset[str]
) -> dict[str, Any]:
    """The event with known fields only and its short texts masked; `text` and `key` are the caller's."""
    kind = event["type"]
    left: dict[str, Any] = {}
    for name in (*_COMMON, *_PLAIN[kind]):
        value = event.get(name)
        if value is not None:
            left[name] = value
    _keep_known(left, entries, rule_ids)
    if event.get("target") is not None and kind != "scroll":
        left["target"] = _target(event["target"], mask)
    _texts(event, left, mask)
    return left


def _keep_known(left: dict[str, Any], entries: frozenset[str], rule_ids: frozenset[str]) -> None:
    if left.get("entry") not in entries:
        left.pop("entry", None)
    if left.get("signal") not in _SIGNAL_NAMES:
        left.pop("signal", None)
    if "masks" in left:
        known = [
            _known_mask(one)
            for one in left["masks"]
            if one["rule"] in rule_ids and _SAFE_FACT.fullmatch(one["label"]) and len(one["field"]) < 20
        ]
        left.pop("masks")
        if known:
            left["masks"] = known


def _known_mask(one: Mapping[str, Any]) -> dict[str, Any]:
    """A mask with the parts that this program itself writes."""
    known = {name: one[name] for name in ("field", "label", "rule")}
    if one.get("method") in METHODS:
        known["method"] = one["method"]
    if isinstance(one.get("validator"), str) and _CHECK.fullmatch(one["validator"]):
        known["validator"] = one["validator"]
    if type(one.get("confidence")) is int and 0 <= one["confidence"] < 100:
        known["confidence"] = one["confidence"]
    return known


def _texts(event: Mapping[str, Any], left: dict[str, Any], mask: MaskField) -> None:
    kind = event["type"]
    if kind == "focus":
        app = event["app"]
        left["app"] = {
            name: mask(app[name], f"$.app.{name}") for name in ("name", "exe", "bundle") if app.get(name)
        }
        left["app"].setdefault("name", "")
        if event.get("window") is not None:
            left["window"] = _window(event["window"], mask)
    if kind in ("focus", "url") and event.get("url") is not None:
        left["url"] = mask(event["url"], "$.url")
    if kind == "marker":
        left["name"] = mask(event["name"], "$.name")
    if kind == "text" and event.get("note") == "paste":
        left["note"] = "paste"
    if kind == "screenshot" and event.get("windows") is not None:
        left["windows"] = [_seen_window(one, mask) for one in event["windows"]]


def _target(target: Mapping[str, Any], mask: MaskField) -> dict[str, Any]:
    left: dict[str, Any] = {
        name: mask(target[name], f"$.target.{name}") for name in ("role", "name", "id") if target.get(name)
    }
    left.update({name: target[name] for name in ("rect", "secure") if target.get(name) is not None})
    return left


def _window(window: Mapping[str, Any], mask: MaskField) -> dict[str, Any]:
    left: dict[str, Any] = {}
    if window.get("title") is not None:
        left["title"] = mask(window["title"], "$.window.title")
    left.update({name: window[name] for name in ("rect", "private") if window.get(name) is not None})
    return left


def _seen_window(window: Mapping[str, Any], mask: MaskField) -> dict[str, Any]:
    left: dict[str, Any] = {"allowed": bool(window.get("allowed"))}
    if window.get("app") is not None:
        left["app"] = mask(window["app"], "$.windows[*].app")
    if window.get("title") is not None:
        left["title"] = mask(window["title"], "$.windows[*].title")
    if window.get("url") is not None:
        left["url"] = mask(window["url"], "$.windows[*].url")
    if window.get("rect") is not None:
        left["rect"] = window["rect"]
    return left


def reduced_header(header: Mapping[str, Any], mask: MaskField) -> dict[str, Any]:
    """What is needed to read the events. Who and what for is known elsewhere, under a pseudonym."""
    left: dict[str, Any] = {name: header[name] for name in ("type", "schema", "origin", "actor")}
    session_id = header["session_id"]
    left["session_id"] = session_id if mask(session_id, "header") == session_id else "session"
    left["subject"] = NOBODY
    left["source"], left["licence"] = {}, ""
    platform, screen = header["platform"], header["screen"]
    left["platform"] = {"os": platform.get("os"), "version": None}
    if platform.get("version"):
        left["platform"]["version"] = mask(platform["version"], "header")
    left["screen"] = {name: screen.get(name) for name in ("width", "height", "space")}
    if screen.get("monitors"):
        left["screen"]["monitors"] = [_monitor(one) for one in screen["monitors"]]
    left["time_resolution_ms"], left["duration_ms"] = header["time_resolution_ms"], header["duration_ms"]
    if header.get("started_at") is not None:
        left["started_at"] = header["started_at"]
    facts = header.get("mci")
    if facts:
        left["mci"] = {name: value for name, value in facts.items() if _is_fact(name) and _is_fact(value)}
    return left


def _monitor(monitor: Mapping[str, Any]) -> dict[str, Any]:
    names = ("x", "y", "width", "height", "scale")
    return {name: monitor[name] for name in names if isinstance(monitor.get(name), int | float)}


def _is_fact(value: Any) -> bool:
    """Ids, digests, codes and numbers that the agent adds; no sentence fits."""
    if isinstance(value, list):
        return all(_is_fact(one) for one in value)
    if isinstance(value, str):
        return _SAFE_FACT.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)
