"""What other rules would do is measured before approval, and how good the live ones are every day."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.models import AuditEntry
from capture_policies import corpora, effect_run, effect_words, queries, tasks
from capture_policies.actions import effects
from capture_policies.models import RuleEffect
from capture_sessions import rule_texts
from mci_core.errors import Forbidden, Invalid
from mci_core.redaction.quality import AppEffect, Effect, Text
from tests.server import recordings
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import CUSTOMERS, JIRA, SYSTEM, Desk, found_repository
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db
CARDS: dict[str, Any] = {
    **CUSTOMERS,
    "id": "tickets",
    "label": "Ticket numbers",
    "match": {"type": "regex", "pattern": "Ticket [0-9]+"},
    "examples": {"redact": ["Ticket 7"], "keep": ["Ticketing"]},
}


@pytest.fixture(autouse=True)
def _repository(settings: Any, tmp_path: Path) -> None:
    settings.KEYS_DIR = tmp_path / "keys"


@pytest.fixture
def live(desk: Desk) -> Desk:
    """A policy with one rule is live."""
    found_repository()
    desk.devices(1)
    roll_out(desk, desk.release(rules=[CUSTOMERS]))
    return desk


def asked(desk: Desk, **changes: Any) -> RuleEffect:
    policy = queries.policy_of(desk.version(**changes))
    assert policy is not None
    return effects.request_effect(policy=policy, title="asked", actor=desk.actor(desk.officer))


def run(row: RuleEffect) -> RuleEffect:
    tasks.run_effect(str(row.pk))
    row.refresh_from_db()
    return row


def test_a_rule_that_comes_is_seen_before_it_is_approved(live: Desk) -> None:
    row = run(asked(live, rules=[CUSTOMERS, CARDS]))
    assert row.state == "done"
    generated = effect_words.results(row, None)[0]
    assert generated.redacted > 0
    assert generated.leaked == 0
    assert generated.lost > 0  # ticket numbers are nothing that was planted
    assert row.done == row.total > 100


def test_a_rule_that_goes_is_said_to_leak(live: Desk, settings: Any, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    spans = [{"start": 8, "end": 21, "label": "CUSTOMER"}]
    corpus.write_text(json.dumps({"text": "sent to Harvest Table", "spans": spans, "source": "own"}))
    settings.REDACTION_CORPUS = str(corpus)
    row = run(asked(live, rules=[CARDS]))
    (own,) = (one for one in effect_words.results(row, None) if one.name == "corpus")
    assert (own.leaked, own.apps[0].app) == (1, "own")
    assert own.labels[0].recall == 0.0
    assert "Harvest" not in json.dumps(row.result)


def test_asked_twice_on_a_day_is_one_answer(live: Desk, queued: Any) -> None:
    first = asked(live, rules=[CARDS])
    policy = queries.policy_of(queries.live_version())
    assert policy is not None
    again = effects.request_effect(
        policy=queries.policy_of(live.version(rules=[CARDS])) or policy,
        title="again",
        actor=live.actor(live.admin),
    )
    assert again.pk == first.pk
    assert queued.names().count("capture_policies.tasks.run_effect") == 1


def test_a_run_that_failed_begins_anew_when_it_is_asked_for_again(
    live: Desk, settings: Any, tmp_path: Path
) -> None:
    settings.REDACTION_CORPUS = str(tmp_path / "missing.jsonl")
    row = run(asked(live, rules=[CARDS]))
    assert (row.state, row.error, row.result) == ("failed", "corpus_unreadable", {})
    settings.REDACTION_CORPUS = ""
    assert run(asked(live, rules=[CARDS])).state == "done"


def test_a_worker_that_was_lost_is_made_up_for(live: Desk) -> None:
    row = asked(live, rules=[CARDS])
    RuleEffect.objects.update(state="running", claimed_until=timezone.now() + timedelta(minutes=1))
    assert not effect_run.run(row.pk, SYSTEM)
    RuleEffect.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    tasks.sweep_effects()
    row.refresh_from_db()
    assert row.state == "done"
    assert effects.finish_effect(effect=row, error="late", actor=SYSTEM).state == "done"


def test_the_live_rules_are_measured_once_a_day(live: Desk) -> None:
    for _ in range(2):
        tasks.measure_rules()
    assert AuditEntry.objects.filter(action="capture_policies.measure_rules").count() == 1
    row = run(RuleEffect.objects.get())
    assert row.digest == row.against
    assert list(RuleEffect.objects.measured()) == [row]


def test_without_a_live_policy_there_is_nothing_to_measure(desk: Desk) -> None:
    assert effects.measure_rules(actor=SYSTEM) is None


def test_others_do_not_ask(live: Desk) -> None:
    policy = queries.policy_of(queries.live_version())
    assert policy is not None
    with pytest.raises(Forbidden):
        effects.request_effect(policy=policy, title="x", actor=live.actor(live.auditor))


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "corpus_line"), (b"\xff\xfe", "corpus_unreadable"), ("x" * 20, "corpus_too_large")],
)
def test_a_corpus_that_cannot_be_used_is_named(
    text: str | bytes, code: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    settings.REDACTION_CORPUS = str(path)
    monkeypatch.setattr(corpora, "MAX_BYTES", 10)
    with pytest.raises(Invalid) as caught:
        corpora.gather()
    assert caught.value.code == code


def test_stored_texts_of_too_few_people_are_left_out(cast: Cast, settings: Any) -> None:
    recordings.available(cast)
    assert rule_texts.stored_texts() == []
    settings.MIN_GROUP_SIZE = 1
    texts = rule_texts.stored_texts()
    assert {text.field for text in texts} & {"text", "window.title", "url"}
    assert {text.places for text in texts} == {None}


def test_of_stored_texts_only_a_step_is_told() -> None:
    """A rule is free text: counts of its matches would be a search through what people did."""
    effect = Effect()
    for people, redacted, texts in ((4, 9, 10), (5, 1, 10_000), (5, 1, 1_000), (9, 1, 20), (9, 8, 9)):
        effect.apps[f"{people} {redacted} {texts}"] = AppEffect(
            texts=texts, redacted=redacted, people=set(map(str, range(people)))
        )
    told = corpora.in_steps(effect)
    assert told.keys() == {"apps"}
    assert [row.step for row in effect_words.stored(RuleEffect(result={"stored": told}))] == [
        corpora.NONE_OR_FEW,
        "under 1 %",
        "under 0.1 %",
        "under 10 %",
        corpora.MOST,
    ]


def test_stored_texts_are_measured_with_the_others(cast: Cast, settings: Any) -> None:
    settings.MIN_GROUP_SIZE = 1
    session = recordings.available(cast)
    policy = queries.policy_by_release(session.release_number)
    row = run(effects.request_effect(policy=policy, title="x", actor=cast.actor("officer")))
    assert {one.step for one in effect_words.stored(row)} == {corpora.NONE_OR_FEW}


def test_a_damaged_session_is_passed_over(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    recordings.available(cast)
    settings.MIN_GROUP_SIZE = 1

    def broken(stored: Any) -> Any:
        raise Invalid("gone", code="gone")

    monkeypatch.setattr("capture_sessions.contents.read_events", broken)
    assert rule_texts.stored_texts() == []


def test_pages_show_the_button_the_progress_and_the_result(live: Desk, as_text: Any, queued: Any) -> None:
    draft = live.draft(rules=[CUSTOMERS, CARDS])
    client = live.cast.client("admin")
    page = reverse("capture_policies:draft_effect", args=[draft.pk])
    assert "Run</button>" in as_text(client.get(page))
    assert client.post(page)["Location"] == page
    assert "every 2s" in as_text(client.get(page))
    queued.run_all()
    shown = as_text(client.get(page))
    assert "Ticket numbers" in shown
    assert "Newly leaked" in shown
    version = reverse("capture_policies:version_effect", args=[live.version(rules=[CARDS]).pk])
    assert "Version" in as_text(live.cast.client("auditor").get(version))


def test_a_draft_that_is_no_policy_says_so(live: Desk, as_text: Any) -> None:
    draft = live.draft(entries=[JIRA], rules=[CARDS])
    draft.entries.all().delete()
    draft.rules.update(match={"type": "regex", "pattern": "("})
    page = as_text(live.cast.client("admin").get(reverse("capture_policies:draft_effect", args=[draft.pk])))
    assert "no policy yet" in page


def test_a_run_that_failed_is_told(live: Desk, as_text: Any) -> None:
    draft = live.draft(rules=[CARDS])
    page = reverse("capture_policies:draft_effect", args=[draft.pk])
    client = live.cast.client("admin")
    client.post(page)
    RuleEffect.objects.update(state="failed")
    assert "The last run failed" in as_text(client.get(page))


def test_the_trend_of_the_live_rules_is_shown_after_two_days(live: Desk, as_text: Any) -> None:
    client = live.cast.client("officer")
    page = reverse("capture_policies:rule_quality")
    assert "Not measured yet" in as_text(client.get(page))
    tasks.measure_rules()
    run(RuleEffect.objects.get())
    assert "A trend appears after the second day" in as_text(client.get(page))
    RuleEffect.objects.update(day=timezone.now().date() - timedelta(days=1))
    tasks.measure_rules()
    tasks.sweep_effects()
    shown = as_text(client.get(page + "?corpus=generated"))
    assert "Coverage by day" in shown
    assert "Precision by day" in shown
    assert "Customer names" in shown


def test_a_corpus_without_texts_is_no_error() -> None:
    effect = RuleEffect(result={"corpus": {"apps": {}, "rules": {}, "labels": {}}})
    (one,) = effect_words.results(effect, None)
    assert (one.redacted, one.leaked, one.lost, one.rules) == (0, 0, 0, [])
    assert effect_words.trend([effect, effect], "generated", "rules") is None
    assert Text("a", "b", "text").places == ()
