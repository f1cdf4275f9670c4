"""How good redaction rules are, measured on texts of which it is known what is in them.

A labelled place counts as covered when each of its letters and digits is masked, under whichever name: what
is left of a text is what counts, not what the hole is called. Texts without labels tell only what two sets of
rules make differently of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mci_core.detectors.matching import fold
from mci_core.errors import Invalid
from mci_core.policy_model import Rule
from mci_core.redaction.addresses import explain_url
from mci_core.redaction.rules import PACK_PREFIX, compile_rule, rules_for
from mci_core.redaction.spans import Span
from mci_core.redaction.texts import mask
from mci_core.samples import generate

MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Something in a text that has to be masked: characters from `start` up to `end`."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text, where it stood, and what is in it; `places` None: nobody has labelled it.

    `app` is a name for people, `entry` the id of the entry of the policy, where there is one; `person`
    tells texts of different people apart, and is never part of a result.
    """

    text: str
    app: str
    field: str
    places: tuple[Place, ...] | None = ()
    entry: str | None = None
    signal: str | None = None
    role: str | None = None
    person: str = ""


@dataclass(slots=True)
class AppEffect:
    """What another set of rules does to the texts of one app or site.

    `redacted`: places that are masked now and were not; `leaked`: labelled places that were covered and are
    not any more; `lost`: letters and digits that are masked now, were not, and lie in no labelled place;
    `people`: whose texts are redacted further.
    """

    texts: int = 0
    characters: int = 0
    redacted: int = 0
    leaked: int = 0
    lost: int = 0
    people: set[str] = field(default_factory=set)

    def as_json(self) -> dict[str, int]:
        """The counts; not who."""
        names = ("texts", "characters", "redacted", "leaked", "lost")
        return {name: getattr(self, name) for name in names}


@dataclass(slots=True)
class Right:
    """How often something was found (`hits`) and how often rightly; how many places of the kind there are
    (`places`) and how many of them are covered. A rule of a policy has its own examples as places.
    """

    hits: int = 0
    right: int = 0
    places: int = 0
    covered: int = 0

    @property
    def precision(self) -> float | None:
        return self.right / self.hits if self.hits else None

    @property
    def recall(self) -> float | None:
        return self.covered / self.places if self.places else None


@dataclass(slots=True)
class Effect:
    """The whole result. `rules`: by rule id, those of the default pack begin with ``detector.``; `labels`:
    by the label of what was to be masked.
    """

    apps: dict[str, AppEffect] = field(default_factory=lambda: defaultdict(AppEffect))
    rules: dict[str, Right] = field(default_factory=lambda: defaultdict(Right))
    labels: dict[str, Right] = field(default_factory=lambda: defaultdict(Right))

    def as_json(self) -> dict[str, Any]:
        """Counts only: no text, no value and nobody."""
        rates = {
            name: {key: asdict(row) for key, row in sorted(getattr(self, name).items())}
            for name in ("rules", "labels")
        }
        return {"apps": {key: row.as_json() for key, row in sorted(self.apps.items())}, **rates}


def samples(seed: str, count: int) -> Iterator[Text]:
    """The texts of generated sessions with what was planted in them."""
    for index in range(count):
        sample = generate(seed, kind="allowed", frames=False, people_index=index)
        planted: dict[tuple[int, str], list[Place]] = defaultdict(list)
        for line in sample.truth:
            if "field" in line and "start" in line:
                # Of an address with a token in it the token has to go; the truth names the whole address.
                secret = line["value"].rpartition("=")[2] if line["kind"] == "url_token" else line["value"]
                place = Place(line["end"] - len(secret), line["end"], line["kind"])
                planted[line["seq"], line["field"]].append(place)
        app = ""
        for event in sample.lines[1:]:
            app = str((event.get("app") or {}).get("name") or app)
            yield from _texts(event, app, planted)


def _texts(event: dict[str, Any], app: str, planted: dict[tuple[int, str], list[Place]]) -> Iterator[Text]:
    target = event.get("target") or {}
    found = {
        "text": event.get("text") if event["type"] == "text" else None,
        "url": event.get("url"),
        "window.title": (event.get("window") or {}).get("title"),
        "target.name": target.get("name"),
    }
    for name, text in found.items():
        if isinstance(text, str) and text:
            places = tuple(planted.get((event["seq"], name), ()))
            yield Text(text, app, name, places, role=target.get("role"))


def read_corpus(lines: Iterable[str]) -> Iterator[Text]:
    """Labelled texts: one JSON object a line with `text`, `spans` of `start`, `end` and `label`, perhaps
    `source`. Raises `Invalid` with the number of the first line at fault.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            body = json.loads(line)
            text, size = body["text"], len(body["text"])
            places = tuple(
                Place(int(one["start"]), int(one["end"]), str(one["label"])) for one in body["spans"]
            )
            fits = size <= MAX_TEXT and all(0 <= one.start < one.end <= size for one in places)
        except (ValueError, KeyError, TypeError):
            fits = False
        if not fits:
            raise Invalid(f"Line {number} is not a labelled text.", code="corpus_line", field="corpus")
        yield Text(text, str(body.get("source") or "corpus"), "text", places)


def compare(
    texts: Sequence[Text],
    old: Sequence[Rule],
    new: Sequence[Rule],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Effect:
    """What `new` makes of the texts, and what it makes differently from `old`."""
    effect = Effect()
    for index, text in enumerate(texts):
        if not index % 200:
            progress(index, len(texts))
        before, after = _found(text, old), _found(text, new)
        _differ(effect.apps[text.app], text, _masked(before), _masked(after), after)
        if text.places is not None:
            _rate(effect, text.places, text.text, after)
    for rule in new:
        _examples(effect.rules[rule.id], rule)
    progress(len(texts), len(texts))
    return effect


def _found(text: Text, rules: Sequence[Rule]) -> list[Span]:
    chosen = rules_for(rules, text.entry, text.signal, text.field, text.role)
    if text.field == "url":
        return explain_url(text.text, lambda part: mask(part, chosen))
    return mask(text.text, chosen)[1]


def _masked(spans: Iterable[Span]) -> set[int]:
    return {at for span in spans for at in range(span.start, span.end)}


def _told(text: str, place: Place) -> set[int]:
    """The characters of a place that tell something."""
    return {at for at in range(place.start, place.end) if text[at].isalnum()}


def _differ(app: AppEffect, text: Text, before: set[int], after: set[int], spans: Sequence[Span]) -> None:
    app.texts += 1
    app.characters += sum(char.isalnum() for char in text.text)
    new = sum(not before.intersection(range(span.start, span.end)) for span in spans)
    app.redacted += new
    if new:
        app.people.add(text.person)
    if text.places is None:
        return
    meant: set[int] = set()
    for place in text.places:
        told = _told(text.text, place)
        meant |= told
        app.leaked += told <= before and not told <= after
    app.lost += sum(text.text[at].isalnum() for at in after - before - meant)


def _rate(effect: Effect, places: Sequence[Place], text: str, spans: Sequence[Span]) -> None:
    masked = _masked(spans)
    for place in places:
        row = effect.labels[place.label]
        row.places += 1
        row.covered += _told(text, place) <= masked
    for span in spans:
        rated = effect.rules[span.rule_id]
        rated.hits += 1
        rated.right += any(place.start < span.end and span.start < place.end for place in places)


def _examples(rated: Right, rule: Rule) -> None:
    compiled = compile_rule(rule)

    def finds(text: str) -> bool:
        return any(True for _ in compiled.find(text, fold(text)))

    found = [finds(text) for text in rule.examples.redact]
    wrong = sum(finds(text) for text in rule.examples.keep)
    rated.places, rated.covered = len(found), sum(found)
    rated.hits, rated.right = rated.hits + sum(found) + wrong, rated.right + sum(found)


def is_own(rule_id: str) -> bool:
    """Whether it is a rule of the policy, not one of the default pack."""
    return not rule_id.startswith(PACK_PREFIX)
