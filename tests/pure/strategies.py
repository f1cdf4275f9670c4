"""Random policies, leases and sessions in a small world, where matches and clashes happen often."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mci_core.policy_model import KEYSTROKES, SIGNALS
from tests.pure.building import NOW, app, document, rule, site

HOSTS = ["example.com", "a.example.com"]
PATHS = ["/", "/a"]
PROGRAMS = ["EXCEL.EXE", "code.exe"]
# Mostly everything: a refused event proves nothing.
_signals = st.one_of(
    st.just(list(SIGNALS)),
    st.sampled_from(SIGNALS).map(lambda gone: [signal for signal in SIGNALS if signal != gone]),
    st.lists(st.sampled_from(SIGNALS), unique=True),
)
_keys = st.sampled_from(KEYSTROKES)
_intervals = st.sampled_from([0, 10, 15, 30])
GROUP, OTHER_GROUP = "0c9b1e6a-3b51-4a52-9d0e-0c1f6a1b2c3d", "11111111-2222-4333-8444-555555555555"
# The time of the tests is 2026-05-28.
OPTIONS: dict[str, list[Any]] = {
    "scope": [
        {"groups": [GROUP]},
        {"groups": [OTHER_GROUP]},
        {"platforms": ["windows"]},
        {"platforms": ["linux", "macos"]},
        {"tags": ["pilot"]},
        {"places": ["US"]},
        {"places": ["DE", "US-NY"], "groups": [GROUP, OTHER_GROUP]},
    ],
    "windows_excluded": [["*secret*"], ["t"], ["Plan*", "*"]],
    "expires": ["2026-05-27", "2026-05-28", "2027-01-01"],
    "owner": ["Support"],
}


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """The keys of an entry that may be left out: mostly are."""
    named = draw(st.lists(st.sampled_from(sorted(OPTIONS)), unique=True, max_size=2))
    return {name: draw(st.sampled_from(OPTIONS[name])) for name in named}


@st.composite
def entries(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Entries that never name the same place twice."""
    made = []
    for place in draw(
        st.lists(st.sampled_from([(h, p) for h in HOSTS for p in PATHS]), unique=True, max_size=2)
    ):
        name = f"site-{place[0].replace('.', '-')}{place[1].replace('/', '-')}"
        made.append(
            site(
                name,
                f"https://{place[0]}",
                place[1],
                subdomains=draw(st.booleans()),
                signals=draw(_signals),
                keystrokes=draw(_keys),
                interval=draw(_intervals),
            )
            | draw(options())
        )
    for program in draw(st.lists(st.sampled_from(PROGRAMS), unique=True)):
        name = program.split(".")[0].lower()
        made.append(
            app(
                name,
                signals=draw(_signals),
                keystrokes=draw(_keys),
                interval=draw(_intervals),
                windows=[program],
                names=[name.capitalize()],
            )
            | draw(options())
        )
    return made


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    return document(
        draw(entries()),
        [rule()] if draw(st.booleans()) else [],
        lease_seconds=draw(st.sampled_from([60, 900])),
    )


def _entry_edits(draw: st.DrawFn, entry: dict[str, Any]) -> None:
    what = draw(st.sampled_from(["signal", "keys", "keys", "interval", "interval", "below", "option"]))
    if what == "signal":
        signal = draw(st.sampled_from(SIGNALS))
        entry["signals"] = sorted(set(entry["signals"]) ^ {signal})
    elif what == "keys":
        entry["keystrokes"] = draw(_keys)
    elif what == "interval":
        entry["frame_interval_s"] = draw(_intervals)
    elif what == "below" and entry["kind"] == "site":
        entry["match"] = {**entry["match"], "subdomains": draw(st.booleans())}
    elif what == "option":
        name = draw(st.sampled_from(sorted(OPTIONS)))
        entry.pop(name, None)
        entry.update({name: draw(st.sampled_from(OPTIONS[name]))} if draw(st.booleans()) else {})


@st.composite
def edited(draw: st.DrawFn, doc: dict[str, Any]) -> dict[str, Any]:
    """The same document after a few edits as a person would make them: mostly takes away."""
    kept: list[dict[str, Any]] = [{**entry} for entry in doc["entries"]]
    remove = draw(st.booleans())
    if kept and remove:
        kept.pop(draw(st.integers(0, len(kept) - 1)))
    elif kept:
        _entry_edits(draw, kept[draw(st.integers(0, len(kept) - 1))])
    rules = draw(st.sampled_from([doc["rules"], [], [rule()], [*doc["rules"], rule("more")]]))
    return {**doc, "entries": kept, "rules": rules}


_focus = st.one_of(
    st.builds(
        lambda host, path: {
            "type": "focus",
            "app": {"name": "Chrome", "exe": "chrome.exe"},
            "url": f"https://{host}{path}",
        },
        st.sampled_from([*HOSTS, "x.example.com"]),
        st.sampled_from([*PATHS, "/apple"]),
    ),
    st.builds(
        lambda exe: {"type": "focus", "app": {"name": "x", "exe": exe}},
        st.sampled_from([*PROGRAMS, "bank.exe"]),
    ),
    st.just({"type": "focus", "app": {"name": "Excel"}, "window": {"title": "t", "private": True}}),
)
_titled = st.sampled_from(
    [{}, {}, *({"window": {"title": title}} for title in ("t", "Plan", "A Secret", ""))]
)
_key = st.builds(
    lambda key, state, target: {"type": "key", "key": key, "state": state, **target},
    st.sampled_from(["a", "V", "1", " ", "Enter", "Control", "Alt", "F5", "*", "@"]),
    st.sampled_from(["down", "up", "press"]),
    st.sampled_from([{}, {"target": {"role": "edit"}}, {"target": {"role": "Password"}}, {"secure": True}]),
)
_shot = st.just({"type": "screenshot", "file": "x/0001.webp", "sha256": "0" * 64, "width": 1, "height": 1})
_other = st.sampled_from(
    [
        {"type": "mouse_move", "x": 1, "y": 1},
        {"type": "mouse_down", "x": 1, "y": 1, "button": "left", "target": {"role": "password field"}},
        {"type": "mouse_down", "x": 1, "y": 1, "button": "left", "target": {"role": "edit"}},
        {"type": "scroll", "x": 1, "y": 1, "dx": 0, "dy": 1},
        {"type": "text", "op": "insert", "text": "hello"},
        {"type": "text", "op": "insert", "text": "pasted", "note": "paste"},
        {"type": "url", "url": "https://example.com/a"},
        {"type": "url", "url": "https://example.com/c"},
        {"type": "marker", "name": "ime_start"},
        {"type": "marker", "name": "step"},
    ]
)


def _focus_on(entry: dict[str, Any]) -> dict[str, Any]:
    if entry["kind"] == "app":
        return {"type": "focus", "app": {"name": "x", "exe": entry["match"]["windows"][0]}}
    url = entry["match"]["origin"] + entry["match"]["path_prefix"]
    return {"type": "focus", "app": {"name": "Chrome", "exe": "chrome.exe"}, "url": url}


@st.composite
def sessions(draw: st.DrawFn, doc: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Events in order, with times that go on, mostly in places that `doc` allows."""
    at, made = 0, list[dict[str, Any]]()
    allowed = [_focus_on(entry) for entry in doc["entries"]] if doc else []
    places = st.one_of(st.sampled_from(allowed), st.sampled_from(allowed), _focus) if allowed else _focus
    focuses = st.builds(lambda place, title: {**title, **place}, places, _titled)
    lists = st.tuples(focuses, st.lists(st.one_of(_key, _other), max_size=10), st.lists(_shot, max_size=4))
    for focus, events, shots in draw(st.lists(lists, min_size=1, max_size=4)):
        for event in (focus, *events, *shots):
            at += draw(st.sampled_from([0, 5, 900, 4_000, 7_000]))
            made.append({"seq": len(made), "t": at, **event})
    return made


def leases() -> st.SearchStrategy[dict[str, Any]]:
    """Changes to a good lease, most of them none."""
    changed = st.fixed_dictionaries(
        {},
        optional={
            "denied_signals": st.lists(st.sampled_from(SIGNALS), max_size=2).map(tuple),
            "excluded_entries": st.lists(
                st.sampled_from(["excel", "code", "site-example-com-"]), max_size=2
            ).map(tuple),
            "groups": st.sampled_from([(GROUP,), (OTHER_GROUP,), ()]),
            "tags": st.sampled_from([("pilot",), ()]),
            "place": st.sampled_from(["US-NY", "US-TX", "DE"]),
            "state": st.sampled_from(["on", "on", "paused", "stopped", "other"]),
            "expires_at": st.sampled_from([NOW + 900, NOW]),
        },
    )
    return st.booleans().flatmap(lambda plain: st.just({}) if plain else changed)
