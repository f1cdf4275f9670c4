"""Small recordings with planted values, as files of interaction-events/1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mci_core.policy_model import Policy
from tests.pure import building

SECRETS = ("olivia.planted@example.com", "4111 1111 1111 1111", "Hunter2Planted!")


def header(events: Sequence[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    made = {
        "type": "session",
        "schema": "interaction-events/1",
        "session_id": "planted-1",
        "subject": "sub-0123abcd",
        "origin": "constructed",
        "actor": "script",
        "source": {"generator": "test"},
        "licence": "CC0-1.0",
        "platform": {"os": "windows", "version": "11"},
        "screen": {"width": 1920, "height": 1080, "space": "screen"},
        "time_resolution_ms": 1,
        "started_at": "2026-03-02T08:00:00+00:00",
        "duration_ms": events[-1]["t"] if events else 0,
        "event_count": len(events),
        "channels": sorted({event["type"] for event in events}),
    }
    return {**made, **changes}


def excel(t: int = 0) -> dict[str, Any]:
    return {
        "t": t,
        "type": "focus",
        "app": {"name": "Excel", "exe": "EXCEL.EXE"},
        "window": {"title": "Budget"},
    }


def notes(t: int = 0) -> dict[str, Any]:
    return {"t": t, "type": "focus", "app": {"name": "Notes", "exe": "notes.exe"}}


def click(t: int, x: int = 5) -> dict[str, Any]:
    return {"t": t, "type": "mouse_down", "x": x, "y": 7, "button": "left"}


def move(t: int) -> dict[str, Any]:
    return {"t": t, "type": "mouse_move", "x": t % 900, "y": 3}


def typed(t: int, text: str) -> dict[str, Any]:
    return {"t": t, "type": "text", "op": "insert", "text": text}


def office(seconds: int = 4) -> list[dict[str, Any]]:
    """Work in an allowed program with secrets, and in one that is not allowed."""
    step = seconds * 100
    return [
        excel(0),
        move(step),
        click(2 * step),
        typed(3 * step, f"write to {SECRETS[0]} today"),
        click(4 * step, 9),
        typed(5 * step, f"card {SECRETS[1]} please"),
        notes(6 * step),
        typed(7 * step, SECRETS[2]),
        excel(8 * step),
        click(9 * step),
    ]


def numbered(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"seq": seq, **event} for seq, event in enumerate(events)]


def write(path: Path, events: Sequence[dict[str, Any]], **changes: Any) -> Path:
    lines = [header(events, **changes), *numbered(events)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def policy(**changes: Any) -> Policy:
    """Excel is allowed, with everything; Notes is not."""
    return building.parsed([building.app()], **changes)
