"""Default deny on random policies, leases and sessions, by a second and independent statement of the rule."""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mci_core import policy
from mci_core.evaluator import Reason, State, StreamEvaluator, apply, decide, foreground_of
from mci_core.lease import Lease
from mci_core.policy_model import SIGNALS, SiteMatch
from tests.pure.building import NOW, lease_for, parsed, site
from tests.pure.strategies import OPTIONS, documents, leases, sessions

TODAY = datetime.fromtimestamp(NOW, UTC).date().isoformat()
SIGNALS_OF = {
    "mouse_move": {"mouse_move"},
    "mouse_down": {"click"},
    "mouse_up": {"click"},
    "scroll": {"scroll"},
    "key": {"keystroke", "shortcut"},
    "text": {"text", "clipboard"},
    "url": {"url"},
    "screenshot": {"screenshot"},
}


def counts(entry: dict[str, Any], lease: Lease, title: str | None) -> bool:
    """The keys of an entry that may be left out, stated a second time."""
    scope = entry.get("scope", {})
    state = str(lease.place).split("-")[0]
    return (
        set(scope.get("groups", lease.groups)) & set(lease.groups) != set() or "groups" not in scope
    ) and all(
        (
            "windows" in scope.get("platforms", ["windows"]),
            "tags" not in scope or set(scope["tags"]) & set(lease.tags),
            "places" not in scope or {lease.place, state} & set(scope["places"]),
            entry.get("expires", "9999-12-31") >= TODAY,
            "windows_excluded" not in entry
            or (
                title
                and not any(fnmatchcase(title.lower(), one.lower()) for one in entry["windows_excluded"])
            ),
        )
    )


@given(st.data(), documents(), leases())
def test_an_event_is_allowed_only_with_lease_entry_and_signal(
    data: st.DataObject, doc: dict[str, Any], changes: dict[str, Any]
) -> None:
    made = policy.parse(doc)
    stream, lease = StreamEvaluator(made, "windows"), lease_for(made, **changes)
    page: dict[str, Any] = {}
    title = None
    for event in data.draw(sessions(doc)):
        if event["type"] == "focus":
            page, title = event, event.get("window", {}).get("title")
        elif event["type"] == "url" and event["url"] != page.get("url"):
            page, title = {**page, "url": event["url"]} if "url" in page else page, None
        decision = stream.step(event, lease, NOW)
        assert decision.allow is (decision.reason == Reason.ALLOWED)
        if not decision.allow:
            assert apply(event, decision) is None
            continue
        assert lease.state == "on"
        assert lease.issued_at <= NOW < lease.expires_at
        assert page
        assert not page.get("window", {}).get("private")
        entry = made.entry(decision.entry_id or "")
        assert entry is not None
        assert entry.id not in lease.excluded_entries
        assert counts(made.doc["entries"][made.entries.index(entry)], lease, title)
        assert isinstance(entry.match, SiteMatch) is ("url" in page)
        wanted = SIGNALS_OF.get(event["type"])
        assert wanted is None or decision.signal in (wanted & entry.signals) - set(lease.denied_signals)
        assert not event.get("secure")


@given(st.data(), documents())
def test_without_a_lease_nothing_is_allowed(data: st.DataObject, doc: dict[str, Any]) -> None:
    stream = StreamEvaluator(policy.parse(doc))
    for event in data.draw(sessions(doc)):
        assert not stream.step(event, None, NOW).allow


@given(sessions())
def test_an_empty_policy_allows_nothing(events: list[dict[str, Any]]) -> None:
    made = parsed()
    stream = StreamEvaluator(made)
    assert not any(stream.step(event, lease_for(made), NOW).allow for event in events)


@given(st.data(), documents(), leases())
def test_what_was_kept_is_kept_unchanged_when_it_is_judged_again(
    data: st.DataObject, doc: dict[str, Any], changes: dict[str, Any]
) -> None:
    made = policy.parse(doc)
    stream, lease = StreamEvaluator(made, "windows"), lease_for(made, **changes)
    for event in data.draw(sessions(doc)):
        decision = stream.step(event, lease, NOW)
        kept = apply(event, decision)
        if kept is not None:
            assert apply(kept, decision) == kept


@given(st.data(), documents(), leases(), st.sampled_from(SIGNALS), st.booleans())
def test_a_person_or_a_law_that_takes_something_away_never_adds_anything(
    data: st.DataObject, doc: dict[str, Any], changes: dict[str, Any], signal: str, by_law: bool
) -> None:
    made = policy.parse(doc)
    full = lease_for(made, **changes)
    taken = {"denied_signals": (*full.denied_signals, signal)}
    if not by_law:
        taken = {"excluded_entries": (*full.excluded_entries, *(entry.id for entry in made.entries[:1]))}
    less = lease_for(made, **{**changes, **taken})
    one, two = StreamEvaluator(made, "windows"), StreamEvaluator(made, "windows")
    for event in data.draw(sessions(doc)):
        before, after = one.step(event, full, NOW), two.step(event, less, NOW)
        assert before.allow or not after.allow
        assert after.keep <= before.keep


@given(st.data(), documents(), leases(), st.sampled_from(["scope", "windows_excluded", "expires"]))
def test_a_scope_an_end_or_a_window_left_out_only_takes_from_its_entry(
    data: st.DataObject, doc: dict[str, Any], changes: dict[str, Any], key: str
) -> None:
    """Whatever comes through under an entry with such a key would come through with that entry alone and
    without the key. For those outside a scope another, less specific entry may decide instead.
    """
    named = [entry | {key: data.draw(st.sampled_from(OPTIONS[key]))} for entry in doc["entries"]]
    narrow = policy.parse({**doc, "entries": named})
    plain = [{name: value for name, value in entry.items() if name != key} for entry in doc["entries"]]
    alone = {entry["id"]: policy.parse({**doc, "entries": [entry], "rules": []}) for entry in plain}
    stream, lease = StreamEvaluator(narrow, "windows"), lease_for(narrow, **changes)
    others = {name: StreamEvaluator(made, "windows") for name, made in alone.items()}
    for event in data.draw(sessions(doc)):
        after = stream.step(event, lease, NOW)
        before = {
            name: other.step(event, lease_for(alone[name], **changes), NOW) for name, other in others.items()
        }
        if after.allow:
            assert before[str(after.entry_id)].allow
            assert after.keep <= before[str(after.entry_id)].keep


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["t", "seq", "app", "window", "url", "target", "key", "state", "text", "name", "secure", "note"]


@given(
    st.lists(
        st.builds(
            lambda kind, fields: {**fields, "type": kind},
            st.sampled_from([*SIGNALS_OF, "focus", "marker", "other"]),
            st.dictionaries(st.sampled_from(FIELDS), ODD),
        ),
        max_size=8,
    )
)
def test_no_event_however_odd_makes_the_evaluator_fail(events: list[dict[str, Any]]) -> None:
    made = parsed([site(interval=5)])
    stream, lease = StreamEvaluator(made, "windows"), lease_for(made)
    for event in events:
        decision = stream.step(event, lease, NOW)
        apply(event, decision)
        decide(event, foreground_of(event), made, lease, NOW, state=State())
