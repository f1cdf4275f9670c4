"""What others offer for finding personal data and secrets in texts, each as a function from text to spans.

Runs in an environment of its own (``redaction.py`` makes it), so it imports nothing of the project. As a
program it reads a file of texts (JSON) and one command a line: ``pass`` looks at all of them once and answers
with the seconds that took; ``spans`` answers with what is found.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Spans = list[tuple[int, int, str]]
Engine = Callable[[str], Spans]
Many = Callable[[list[str]], list[Spans]]
#: Texts in one call where an engine takes many.
AT_ONCE = 200


def presidio(model: str = "") -> Engine:
    """Presidio's analyzer: its patterns and, with a model of spaCy, the names that the model finds."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider, SpacyNlpEngine

    if model:
        described = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
        language: Any = NlpEngineProvider(nlp_configuration=described).create_engine()
    else:
        language = SpacyNlpEngine()
        language.nlp = {"en": spacy.blank("en")}
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(nlp_engine=language)
    if not model:
        registry.remove_recognizer("SpacyRecognizer")
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=language, supported_languages=["en"])
    return lambda text: [(r.start, r.end, r.entity_type) for r in analyzer.analyze(text, language="en")]


def relay() -> Many:
    """Sentry's data scrubber with its defaults, many texts in one event: a call costs more than a text."""
    from sentry_relay.processing import convert_datascrubbing_config, pii_strip_event

    config = convert_datascrubbing_config(
        {"scrubData": True, "scrubDefaults": True, "scrubIpAddresses": True, "sensitiveFields": []}
    )

    def find(texts: list[str]) -> list[Spans]:
        spans: list[Spans] = []
        for first in range(0, len(texts), AT_ONCE):
            chunk = texts[first : first + AT_ONCE]
            event = pii_strip_event(config, {"extra": {"texts": chunk}})
            meta = event.get("_meta", {}).get("extra", {}).get("texts", {})
            left = event["extra"]["texts"]
            for at, text in enumerate(chunk):
                remarks = meta.get(str(at), {}).get("", {}).get("rem", [])
                places = [one[2:4] for one in remarks if len(one) > 3]
                whole = remarks and not places
                spans.append([(0, len(text), "OTHER")] if whole else _replaced(text, left[at] or "", places))
        return spans

    return find


def _replaced(text: str, left: str, places: list[list[int]]) -> Spans:
    """Where the original was replaced, from the places of the replacements in what is left."""
    spans: Spans = []
    at = done = 0
    for index, (start, end) in enumerate(sorted(places)):
        begin = at + start - done
        until = sorted(places)[index + 1][0] if index + 1 < len(places) else len(left)
        following = left[end:until]
        stop = text.find(following, begin) if following else len(text)
        spans.append((begin, stop if stop >= begin else len(text), "OTHER"))
        at, done = spans[-1][1], end
    return spans


def scrubadub() -> Engine:
    """scrubadub with its default detectors."""
    import scrubadub as package

    scrubber = package.Scrubber()
    return lambda text: [(f.beg, f.end, f.type.upper()) for f in scrubber.iter_filth(text)]


def datafog() -> Engine:
    """datafog with its default expressions."""
    import datafog as package

    return lambda text: [(one.start, one.end, one.type) for one in package.scan(text).entities]


def detect_secrets() -> Engine:
    """detect-secrets with all its plug-ins, line by line."""
    from detect_secrets.core import scan
    from detect_secrets.settings import default_settings

    held = default_settings()
    held.__enter__()

    def find(text: str) -> Spans:
        spans: Spans = []
        start = 0
        for line in text.splitlines(keepends=True):
            # What a scan of a file does with each line; scan_line() reports far more than a scan would.
            lines = [(1, line)]
            for secret in scan._process_line_based_plugins(lines, filename="text.txt") if held else ():
                at = line.find(secret.secret_value or "\0")
                if at >= 0:
                    spans.append((start + at, start + at + len(secret.secret_value), "SECRET"))
            start += len(line)
        return spans

    return find


def _each(engine: Engine) -> Many:
    return lambda texts: [engine(text) for text in texts]


ENGINES: dict[str, Callable[..., Many]] = {
    "presidio": lambda *words: _each(presidio(*words)),
    "relay": relay,
    "scrubadub": lambda: _each(scrubadub()),
    "datafog": lambda: _each(datafog()),
    "detect-secrets": lambda: _each(detect_secrets()),
}


def serve(find: Many, texts: list[str]) -> None:
    """Answer the commands until there are no more."""
    find(texts[:50])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line.strip() == "spans":
            answer = json.dumps(find(texts))
        else:
            started = time.perf_counter()
            find(texts)
            answer = str(time.perf_counter() - started)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        serve(ENGINES[sys.argv[2]](*sys.argv[3:]), json.load(file))
