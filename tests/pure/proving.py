"""What a proof of "narrower" has to hold against: sessions under both policies, on each device and day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from mci_core import policy
from mci_core.evaluator import StreamEvaluator, apply
from mci_core.policy_model import KEYSTROKES, SIGNALS, Policy
from tests.pure.building import NOW, app, lease_for
from tests.pure.strategies import GROUP, OPTIONS, OTHER_GROUP, documents, edited, sessions

_COARSER = {"*", "letter", "digit", "space", "punctuation"}


def kept(
    made: Policy,
    events: list[dict[str, Any]],
    changes: dict[str, Any],
    platform: str | None = "windows",
    now: int = NOW,
) -> list[dict[str, Any] | None]:
    """What is left of each event under a policy."""
    lease = lease_for(made, **{"issued_at": now - 60, "expires_at": now + 840, **changes})
    stream = StreamEvaluator(made, platform)
    return [apply(item, stream.step(item, lease, now)) for item in events]


def shows_more(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Whether a kept event tells anything that the other did not. A coarser key is no more."""
    for name, value in new.items():
        if name in ("signal", "key") and new["type"] == "key":
            if name == "key" and value not in _COARSER and value != old["key"]:
                return True
        elif name == "window":
            if not value.items() <= old.get("window", {}).items():
                return True
        elif value != old.get(name):
            return True
    return False


def captures_more(old: Policy, new: Policy, case: dict[str, Any]) -> bool:
    """Whether in this case something is let through that was refused, or shown that was not."""
    said = (case["events"], case["lease"], case["platform"], case["now"])
    return any(
        after is not None and (before is None or shows_more(after, before))
        for before, after in zip(kept(old, *said), kept(new, *said), strict=True)
    )


def _noon(day: str, seconds: int = 43_200) -> int:
    return int(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp()) + seconds


_TIMES = [
    NOW,
    _noon("2026-05-27", 86_399),
    _noon("2026-05-28", 0),
    _noon("2026-05-29", 0),
    _noon("2027-01-02"),
]
_LEASES = st.fixed_dictionaries(
    {
        "groups": st.sampled_from([(), (GROUP,), (OTHER_GROUP,), (GROUP, OTHER_GROUP)]),
        "tags": st.sampled_from([(), ("pilot",), ("pilot", "lab")]),
        "place": st.sampled_from(["US-NY", "US-CA", "DE", "IT"]),
    },
    optional={
        "denied_signals": st.lists(st.sampled_from(SIGNALS), max_size=2).map(tuple),
        "excluded_entries": st.sampled_from([("excel",), ("site-example-com-",)]),
    },
)
_TITLES = st.sampled_from([None, "t", "Top secret", "Plan A", "Plan secret B"])


@st.composite
def cases(draw: st.DrawFn, doc: dict[str, Any]) -> dict[str, Any]:
    """A session with titles, on a device with facts of its own, at some time."""
    events = []
    for item in draw(sessions(doc)):
        title = draw(_TITLES) if item["type"] == "focus" and "window" not in item else None
        events.append({**item, "window": {"title": title}} if title else item)
    platform = draw(st.sampled_from(["windows", "windows", "macos", "linux", None]))
    return {
        "events": events,
        "lease": draw(_LEASES),
        "platform": platform,
        "now": draw(st.sampled_from(_TIMES)),
    }


def _tighten(draw: st.DrawFn, entry: dict[str, Any]) -> None:
    """One change as somebody makes it who wants less: some are not, because of other entries."""
    what = draw(st.sampled_from(["signals", "keys", "interval", "scope", "windows", "expires", "facts"]))
    if what == "signals" and entry["signals"]:
        gone = draw(st.sampled_from(entry["signals"]))
        entry["signals"] = [signal for signal in entry["signals"] if signal != gone]
    elif what == "keys":
        entry["keystrokes"] = draw(st.sampled_from(KEYSTROKES))
    elif what == "interval":
        entry["frame_interval_s"] = draw(st.sampled_from([10, 20, 30]))
    elif what == "scope":
        wanted = draw(st.sampled_from(OPTIONS["scope"]))
        entry["scope"] = {**entry.get("scope", {}), **wanted}
    elif what == "windows":
        more = draw(st.sampled_from(OPTIONS["windows_excluded"]))
        entry["windows_excluded"] = list(dict.fromkeys([*entry.get("windows_excluded", []), *more]))
    elif what == "expires":
        entry["expires"] = draw(st.sampled_from(OPTIONS["expires"]))
    else:
        entry["owner"] = "Desk"


@st.composite
def tightened(draw: st.DrawFn, doc: dict[str, Any]) -> dict[str, Any]:
    """The same document after a change or two that somebody means to take away with."""
    made = [{**entry} for entry in doc["entries"]]
    for entry in draw(st.lists(st.sampled_from(made), min_size=1, max_size=2)):
        _tighten(draw, entry)
    if len(made) > 1 and draw(st.booleans()):
        made.pop(draw(st.integers(0, len(made) - 1)))
    return {**doc, "entries": made}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A policy and another one that is near it or far from it, mostly one of both with a little less."""
    doc = draw(documents())
    if not doc["entries"]:
        doc = {**doc, "entries": [app("code", windows=["code.exe"])]}
    way = draw(st.sampled_from(["less", "less", "more", "more", "edited", "other"]))
    made = draw(documents() if way == "other" else edited(doc) if way == "edited" else tightened(doc))
    return (made, doc) if way == "more" else (doc, made)


@st.composite
def tried(draw: st.DrawFn) -> tuple[Policy, Policy, dict[str, Any]]:
    """Two policies and a random case to try them in."""
    old, new = draw(pairs())
    return policy.parse(old), policy.parse(new), draw(cases(draw(st.sampled_from([old, new]))))


_SIGNALS_SHOWN: list[dict[str, Any]] = [
    {"type": "mouse_down", "x": 1, "y": 1, "button": "left"},
    {"type": "mouse_move", "x": 1, "y": 1},
    {"type": "scroll", "x": 1, "y": 1, "dx": 0, "dy": 1},
    {"type": "key", "key": "a", "state": "down"},
    {"type": "key", "key": "Control", "state": "down"},
    {"type": "key", "key": "c", "state": "down"},
    {"type": "text", "op": "insert", "text": "hello"},
    {"type": "text", "op": "insert", "text": "pasted", "note": "paste"},
]
_SHOT = {"type": "screenshot", "file": "x/0001.webp", "sha256": "0" * 64, "width": 1, "height": 1}


def _places(doc: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in doc["entries"]:
        match = entry["match"]
        if entry["kind"] == "app":
            yield {"type": "focus", "app": {"name": "x", "exe": match["windows"][0]}}
        else:
            for host in {match["origin"], match["origin"].replace("://", "://x.")}:
                url = host + match["path_prefix"]
                yield {"type": "focus", "app": {"name": "Chrome", "exe": "chrome.exe"}, "url": url}


def everything(*docs: dict[str, Any]) -> list[dict[str, Any]]:
    """A session with every signal in every place that the documents name, under several titles."""
    made: list[dict[str, Any]] = []
    for doc in docs:
        for place in _places(doc):
            for title in ("t", "Top secret", "Plan A"):
                made += [{**place, "window": {"title": title}}, *_SIGNALS_SHOWN, _SHOT]
    return [{"seq": number, "t": number * 1_700, **item} for number, item in enumerate(made)]


def captures_more_anywhere(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Tries a pair of documents with everything, on devices of several kinds and at several times."""
    one, two, events = policy.parse(old), policy.parse(new), everything(old, new)
    facts = [
        {"groups": (GROUP,), "tags": ("pilot",), "place": "US-NY"},
        {"groups": (OTHER_GROUP,), "place": "DE"},
    ]
    return any(
        captures_more(one, two, {"events": events, "lease": lease, "platform": platform, "now": now})
        for lease in facts
        for platform in ("windows", "linux")
        for now in (NOW, _noon("2027-01-02"))
    )
