"""Vectors of the decisions: the evaluator, site matching, wider or narrower, and the law of a place."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from mci_core import captured, jurisdiction, policy
from mci_core.evaluator import StreamEvaluator, apply
from mci_core.evaluator_scope import facts_of
from mci_core.lease import Lease
from mci_core.policy_sites import matches, site_place
from tests.pure.building import NOW, app, document, focus, key, lease_for, on_page, rule, site
from tests.pure.test_policy_sites_match import CASES

GROUP = "0c9b1e6a-3b51-4a52-9d0e-0c1f6a1b2c3d"
WIKI = "https://jira.example.com/browse/X-1"


def _streams() -> dict[str, dict[str, Any]]:
    office = document([site(keystrokes="class"), app(signals=["click", "screenshot"], interval=30)])
    typed = [key("h", t=10), key("1", t=20), key("Enter", t=30), key("Control", t=40), key("c", t=50)]
    click = {
        "seq": 1,
        "t": 60,
        "type": "mouse_down",
        "x": 5,
        "y": 6,
        "button": "left",
        "target": {"role": "edit"},
    }
    typing = [key("a", t=65), click, key("a", t=80)]
    secret = {**click, "target": {"role": "password field", "name": "Password"}}
    text = {"seq": 2, "t": 70, "type": "text", "op": "insert", "text": "hello", "target": {"role": "edit"}}
    shot = {
        "seq": 3,
        "type": "screenshot",
        "file": "a/0001.webp",
        "sha256": "0" * 64,
        "width": 9,
        "height": 9,
    }
    withdrawn = {"seq": 9, "t": 99, "type": "marker", "name": "consent_withdrawn"}
    page = on_page(WIKI, title="X-1", rect=[0, 0, 9, 9])
    return {
        "typing on an allowed page": {"policy": office, "lease": {}, "events": [page, *typed, click, text]},
        "password field": {"policy": office, "lease": {}, "events": [page, secret, *typing]},
        "other places": {
            "policy": office,
            "lease": {},
            "events": [
                text, focus("Bank", "bank.exe"), click, on_page("https://bank.example/"), text,
                on_page(WIKI, private=True), text, focus("Chrome", "chrome.exe"), text,
            ],
        },
        "screenshots by interval": {
            "policy": office,
            "lease": {},
            "events": [focus(), *({**shot, "t": at} for at in (0, 29_999, 30_000, 61_000)), text],
        },
        "law and person": {
            "policy": office,
            "lease": {"denied_signals": ["keystroke", "text", "screenshot"], "excluded_entries": ["excel"]},
            "events": [page, *typed, text, click, focus(), click],
        },
        "consent withdrawn": {"policy": office, "lease": {}, "events": [page, click, withdrawn, click, page]},
        "paused": {"policy": office, "lease": {"state": "paused"}, "events": [page, click]},
        "expired": {"policy": office, "lease": {"expires_at": NOW}, "events": [page]},
        "no notice": {"policy": office, "lease": {"notice": None}, "events": [page]},
        "unknown place": {"policy": office, "lease": {"place": None}, "events": [page]},
        "other release": {"policy": office, "lease": {"policy_digest": "0" * 64}, "events": [page]},
        "scopes, last days and windows left out": {
            "policy": document([
                site(signals=["click", "window_title", "url"]) | {"windows_excluded": ["*draft*", "Plan"]},
                site("wide", "https://example.com", subdomains=True) | {"scope": {"places": ["DE"]}},
                site("deep", "https://wiki.example.com") | {"scope": {"groups": [GROUP], "places": ["US"]}},
                app() | {"expires": "2026-05-27"},
                app("code", windows=["code.exe"]) | {"expires": "2026-05-28", "scope": {"tags": ["pilot"]}},
                app("word", windows=["word.exe"]) | {"scope": {"platforms": ["macos", "linux"]}},
            ]),
            "lease": {"groups": [GROUP], "tags": ["lab", "pilot"]},
            "events": [
                on_page(WIKI, title="Board"), click, {"seq": 4, "t": 61, "type": "url", "url": WIKI}, click,
                {"seq": 5, "t": 62, "type": "url", "url": WIKI + "1"}, click, on_page(WIKI, title="My DRAFT"),
                on_page(WIKI), on_page("https://wiki.example.com/a", title="x"), click,
                on_page("https://other.example.com/", title="x"), click, focus(), click,
                focus("Code", "code.exe"), click, focus("Word", "word.exe"), click,
            ],
        },
        "no groups and no tags": {
            "policy": document([
                app() | {"scope": {"groups": [GROUP]}},
                app("code", windows=["code.exe"]) | {"scope": {"tags": ["pilot"]}},
            ]),
            "lease": {},
            "events": [focus(), click, focus("Code", "code.exe"), click],
        },
        "pasted text": {
            "policy": document([app(signals=["text", "shortcut"])]),
            "lease": {},
            "events": [focus(), key("Control", t=40), key("v", t=50), text, {**text, "t": 3_000}],
        },
    }  # fmt: skip


def lease_of(case: dict[str, Any]) -> Lease:
    """The lease of one case of `evaluator.json`: a good one with its changes."""
    changes = {
        name: tuple(value) if isinstance(value, list) else value for name, value in case["lease"].items()
    }
    return lease_for(policy.parse(case["policy"]), **changes)


def evaluate(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers for one case of `evaluator.json`."""
    made = policy.parse(case["policy"])
    stream, lease = StreamEvaluator(made, case["platform"]), lease_of(case)
    answers = []
    for event in case["events"]:
        decision = stream.step(event, lease, case["now"])
        kept = apply(event, decision)
        answers.append({"reason": decision.reason.value, "kept": kept, "ingest": None})
        if kept is not None:
            # The server judges what is kept once more, without having seen the foreground.
            facts = facts_of(lease, case["platform"], case["now"])
            answers[-1]["ingest"] = captured.judge(kept, made, lease.denied_signals, facts)
    return answers


def evaluator() -> dict[str, Any]:
    """Sessions under a policy and changes to a good lease, with the answer for each event."""
    cases = []
    for name, stream in _streams().items():
        case = {"name": name, "platform": "windows", "now": NOW, **stream}
        cases.append({**case, "answers": evaluate(case)})
    return {"cases": cases}


def sites() -> dict[str, Any]:
    """URLs and whether they lie in a site."""
    cases = []
    for origin, path, subdomains, url, _expected in CASES:
        match = policy.SiteMatch(origin, path, subdomains)
        place = site_place(match)
        inside = place is not None and matches([(True, place, subdomains)], url) == (True,)
        cases.append({"match": asdict(match), "url": url, "inside": inside})
    return {"cases": cases}


def diffs() -> dict[str, Any]:
    """Pairs of policies with every change in words and the direction of the whole."""
    one = document([site(keystrokes="class", interval=10), app()], [rule()])
    pairs = [
        (one, one),
        (one, document([site(keystrokes="count", interval=30), app()], [rule()])),
        (one, document([site(subdomains=True)], [])),
        (
            one,
            document(
                [site(keystrokes="class", interval=15), app(), site("hr", "https://hr.example.com")], [rule()]
            ),
        ),
        (one, {**one, "retention_days": 90, "purpose": "data_quality", "name": "Other"}),
    ]
    cases = [
        {
            "old": old,
            "new": new,
            "changes": [asdict(change) for change in policy.diff(old, new)],
            "direction": policy.direction(old, new),
        }
        for old, new in pairs
    ]
    return {"cases": cases}


_PACK = {"source": "invented for this test", "review_by": "2027-01-01", "effective_from": "2026-01-01"}
_PACKS: list[dict[str, Any]] = [
    {"id": "us", "place": "US", "needs_region": True, "requires_notice": "none", **_PACK},
    {"id": "us-de", "place": "US-DE", "requires_notice": "daily", **_PACK},
    {"id": "eu", "place": "EU", "members": ["DE", "IT"], "requires_agreement": True, **_PACK},
    {"id": "de", "place": "DE", "denied_signals": ["keystroke", "text", "screenshot"], **_PACK},
    {"id": "it", "place": "IT", "retention_ceiling_days": 21, "personal_device": "deny", **_PACK},
]


def jurisdictions() -> dict[str, Any]:
    """Rulings of a few invented packs for places, acknowledgements, agreements and devices."""
    packs = [jurisdiction.parse_pack(pack) for pack in _PACKS]
    today, yesterday = date(2026, 11, 20), date(2026, 11, 19)
    cases = []
    for place in (None, "US", "US-TX", "US-DE", "DE", "IT", "JP"):
        for read in (None, yesterday, today):
            for agreed in (False, True):
                for personal in (False, True):
                    agreement = (
                        jurisdiction.Agreement("1", place or "", ("click", "text"), yesterday)
                        if agreed
                        else None
                    )
                    ruling = jurisdiction.decide(
                        packs,
                        place,
                        today,
                        acknowledged_on=read,
                        agreement=agreement,
                        personal_device=personal,
                    )
                    cases.append(
                        {
                            "place": place,
                            "acknowledged_on": read.isoformat() if read else None,
                            "agreement": agreed,
                            "personal_device": personal,
                            "ruling": asdict(ruling),
                        }
                    )
    return {"packs": _PACKS, "on": today.isoformat(), "agreed_signals": ["click", "text"], "cases": cases}
