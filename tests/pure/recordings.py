"""Short recordings and policies for the tests of sessions and redaction."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mci_core import policy
from mci_core.policy_model import Examples, Policy, Rule, RuleMatch, Selector
from mci_core.samples import policy_document

Line = dict[str, Any]
EMAIL = "ann.lee@example.com"
CARD = "4111 1111 1111 1111"


def shared_sessions() -> list[Path]:
    """The recordings that lie beside the checkout, or none."""
    given = os.environ.get("MCI_SHARED_DATA")
    data = Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "data"
    return sorted(path for path in (data / "sessions").glob("*.jsonl") if ".truth." not in path.name)


def shared_session(name: str) -> Path:
    """One of them; the test is skipped where the folder is absent."""
    for path in shared_sessions():
        if path.name == f"{name}.jsonl":
            return path
    pytest.skip("the shared recordings are not here")


def header(count: int = 0, **changes: Any) -> Line:
    """A header that is right."""
    return {
        "type": "session",
        "schema": "interaction-events/1",
        "session_id": "test-1",
        "subject": "sub-0123abcd",
        "origin": "constructed",
        "actor": "script",
        "source": {},
        "licence": "CC0-1.0",
        "platform": {"os": "windows", "version": "11"},
        "screen": {"width": 1920, "height": 1080, "space": "screen"},
        "time_resolution_ms": 1,
        "duration_ms": 1000,
        "event_count": count,
        "channels": [],
        **changes,
    }


def session(*events: Mapping[str, Any], **changes: Any) -> list[Line]:
    """Header and events, numbered, 100 ms apart where they say no time."""
    numbered = [{"seq": seq, "t": seq * 100, **event} for seq, event in enumerate(events)]
    return [header(len(numbered), **changes), *numbered]


def raw(lines: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """As the lines of a file."""
    return [json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines]


def focus(name: str = "Excel", exe: str = "EXCEL.EXE", **fields: Any) -> Line:
    """A window comes to the front."""
    return {"type": "focus", "app": {"name": name, "exe": exe}, **fields}


def click(name: str | None = None, **target: Any) -> Line:
    """The pointer is pressed, on a named field or somewhere."""
    event: Line = {"type": "mouse_down", "x": 1, "y": 2, "button": "left"}
    if name is not None:
        event["target"] = {"role": "text field", "name": name, **target}
    return event


def insert(text: str, **fields: Any) -> Line:
    """A text event."""
    return {"type": "text", "op": "insert", "text": text, **fields}


def edit(pos: int, text: str, delete: int = 0) -> Line:
    """A change at a position."""
    event: Line = {"type": "text", "op": "edit", "pos": pos, "text": text}
    return {**event, "delete": delete} if delete else event


def keys(typed: str | Iterable[str], **fields: Any) -> list[Line]:
    """Strokes, down and up."""
    events: list[Line] = []
    for key in typed:
        events += [{"type": "key", "state": state, "key": key, **fields} for state in ("down", "up")]
    return events


def typed(lines: Iterable[Mapping[str, Any]], state: str = "down") -> str:
    """What the keys of a session say."""
    return "".join(
        str(line["key"])
        for line in lines
        if line["type"] == "key" and line["state"] in (state, "press") and len(line["key"]) == 1
    )


def written(lines: Iterable[Mapping[str, Any]]) -> str:
    """What the text events of a session say."""
    return "".join(str(line.get("text", "")) for line in lines if line["type"] == "text")


def rule(kind: str, *, method: str = "mask", label: str = "Project", **more: Any) -> Rule:
    """A rule of a policy: kind "words", "regex" or "detector" with `what`."""
    what = more.pop("what")
    match = {
        "words": lambda: RuleMatch("dictionary", words=tuple(what)),
        "regex": lambda: RuleMatch("regex", pattern=what),
        "detector": lambda: RuleMatch("detector", detector=what),
    }[kind]()
    parts = {name: tuple(more.get(name, ())) for name in ("entries", "signals", "fields", "roles", "paths")}
    selector = Selector(**parts, region=tuple(more["region"]) if "region" in more else None)
    examples = Examples(tuple(more.get("redact", ())), tuple(more.get("keep", ())))
    return Rule(more.get("id", "r1"), label, method, match, selector, examples)


def _selector(one: Selector) -> dict[str, Any]:
    always = {name: list(getattr(one, name)) for name in ("entries", "signals", "fields")}
    named = {name: list(getattr(one, name)) for name in ("roles", "paths") if getattr(one, name)}
    return {**always, **named, **({"region": list(one.region)} if one.region else {})}


def policy_with(*rules: Rule) -> Policy:
    """The sample policy with other rules."""
    document = policy_document()
    document["rules"] = [
        {
            "id": one.id,
            "label": one.label,
            "method": one.method,
            "match": _match(one.match),
            "selector": _selector(one.selector),
            "examples": {"redact": [], "keep": []},
        }
        for one in rules
    ]
    return policy.parse(document)


def _match(match: RuleMatch) -> Line:
    if match.type == "dictionary":
        return {"type": "dictionary", "words": list(match.words)}
    if match.type == "regex":
        return {"type": "regex", "pattern": match.pattern}
    return {"type": "detector", "detector": match.detector}
