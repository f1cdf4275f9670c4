"""Sample sessions: right in form, the same for the same seed, with a truth that is true."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest
from PIL import Image

from mci_core import policy
from mci_core.samples import APPS, CUSTOMERS, KINDS, generate, main, policy_document
from mci_core.samples_recorder import Recorder
from mci_core.samples_screens import Editor, Ticket
from mci_core.samples_values import Values
from mci_core.session import parse_lines
from tests.pure.recordings import Line

SEEDS = range(8)


def values_of(lines: list[Line]) -> set[str]:
    return {line["value"] for line in lines if "value" in line}


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_read_as_sessions(kind: str) -> None:
    sample = generate("form", kind=kind, frames=False)
    header, events = parse_lines(sample.data().splitlines(keepends=True))
    assert header["session_id"] == sample.session_id
    assert len(events) > 500
    assert {event["type"] for event in events} >= {"mouse_move", "mouse_down", "key", "text", "focus"}


def test_the_same_seed_gives_the_same_bytes_frames_included() -> None:
    first, second = (generate("same", minutes=0.3) for _ in range(2))
    assert first.data() == second.data()
    assert first.frames == second.frames
    assert first.truth == second.truth


def test_seeds_and_people_differ() -> None:
    made = [generate("a", minutes=0.1, frames=False, people_index=index) for index in range(2)]
    made.append(generate("b", minutes=0.1, frames=False))
    assert len({sample.session_id for sample in made}) == 3
    assert len({sample.lines[0]["subject"] for sample in made}) == 2


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="office"):
        generate("x", kind="party")


def test_truth_names_the_places_of_values() -> None:
    for seed in SEEDS:
        sample = generate(f"truth {seed}", frames=False)
        events = sample.lines[1:]
        for one in sample.truth:
            if "field" in one:
                event = events[one["seq"]]
                text = event["window"]["title"] if one["field"] == "window.title" else event[one["field"]]
                assert text[one["start"] : one["end"]] == one["value"]
            elif one.get("edits"):
                pieces = [event["text"] for event in events[one["seq"] : one["to_seq"] + 1]]
                assert one["value"] in "".join(pieces)
            elif one.get("keys"):
                assert events[one["seq"]]["key"] == one["value"][0]
                assert events[one["to_seq"]]["key"] == one["value"][-1]


def test_all_kinds_of_values_come_up_and_none_twice() -> None:
    seen: set[str] = set()
    for seed in range(20):
        sample = generate(f"kinds {seed}", frames=False)
        seen |= {one["kind"] for one in sample.truth}
        places = [one for one in sample.truth if one.get("field") == "text" and one["kind"] != "customer"]
        assert len({one["value"] for one in places}) == len(places)
        assert values_of([one for one in sample.truth if one["kind"] == "customer"]) <= set(CUSTOMERS)
    assert seen >= {
        "customer", "email", "phone", "card", "iban", "ssn", "ip", "url_token", "api_key", "jwt", "password",
        "url_credential", "private_key", "secure_field", "blocked_app",
    }  # fmt: skip


def test_office_strays_outside_the_allowlist_and_allowed_does_not() -> None:
    outside = {app.exe for app in APPS.values() if not app.allowed} - {"chrome.exe"}
    for seed in SEEDS:
        office = generate(f"stray {seed}", frames=False)
        assert any(one["kind"] == "blocked_app" for one in office.truth)
        allowed = generate(f"stray {seed}", kind="allowed", frames=False)
        exes = {event["app"]["exe"] for event in allowed.lines[1:] if event["type"] == "focus"}
        assert not exes & outside


def test_secrets_typed_into_secure_fields_never_show() -> None:
    sample = generate("secure", kind="secure", frames=False)
    secret = next(one for one in sample.truth if one["kind"] == "secure_field")
    keys = sample.lines[1:][secret["seq"] : secret["to_seq"] + 1]
    assert {(event["key"], event["secure"]) for event in keys} == {("*", True)}
    assert secret["value"] not in sample.data().decode()


def test_only_the_wanted_apps_are_used() -> None:
    sample = generate("apps", kind="allowed", apps=["sheet", "mail"], frames=False)
    names = {event["app"]["name"] for event in sample.lines[1:] if event["type"] == "focus"}
    assert names == {"Excel", "Outlook"}


def test_frames_show_their_text_in_boxes() -> None:
    sample = generate("frames", kind="secure", minutes=1)
    shots = [event for event in sample.lines[1:] if event["type"] == "screenshot"]
    assert [shot["file"] for shot in shots] == list(sample.frames)
    for shot in shots:
        with Image.open(io.BytesIO(sample.frames[shot["file"]])) as image:
            assert image.format == "WEBP"
            assert image.size == (shot["width"], shot["height"]) == (1280, 720)
        assert len(shot["boxes"]) > 5
        for box in shot["boxes"]:
            left, top, right, bottom = box["rect"]
            assert 0 <= left < right <= 1290
            assert 0 <= top < bottom <= 800
    places = [one for one in sample.truth if "box" in one]
    assert places
    for one in places:
        boxes = next(shot["boxes"] for shot in shots if shot["file"] == one["file"])
        assert any(box["rect"] == one["box"] and one["value"] in box["text"] for box in boxes)


def test_a_pointer_that_is_there_already_still_moves_a_little() -> None:
    recorder = Recorder("x", random.Random(1))
    recorder.move(recorder.x, recorder.y)
    assert len(recorder.events) >= 3


def test_the_policy_of_the_samples_can_be_approved() -> None:
    assert policy.check_policy_for_approval(policy.parse(policy_document())) == []


def test_command_writes_sessions_truth_and_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "--out",
        str(tmp_path),
        "--seed",
        "s",
        "--count",
        "2",
        "--minutes",
        "0.2",
        "--kind",
        "allowed",
    ]
    assert main(arguments) == 0
    paths = [Path(line) for line in capsys.readouterr().out.split()]
    assert len(paths) == 2
    for path in paths:
        with path.open("rb") as file:
            _, events = parse_lines(file)
        for event in events:
            if event["type"] == "screenshot":
                assert (tmp_path / event["file"]).is_file()
        truth = path.with_name(path.stem + ".truth.jsonl").read_text("utf-8").splitlines()
        assert all("kind" in json.loads(line) for line in truth)
    assert main([*arguments, "--no-frames"]) == 0


def test_texts_that_do_not_fit_are_cut_or_wrapped_and_known_as_a_whole() -> None:
    long = "a very long subject " * 12
    ticket = Ticket(1, long, "Ann", replies=[long])
    canvas = ticket.draw()
    assert any(box["text"] == f"#1  {long}" and box["rect"][2] <= 900 for box in canvas.boxes)
    assert any(box["text"] == long and box["rect"][3] - box["rect"][1] > 40 for box in canvas.boxes)
    assert any(box["text"] == "Write a reply" for box in canvas.boxes)


def test_empty_lines_have_no_box() -> None:
    before = len(Editor("a.py").draw().boxes)
    assert len(Editor("a.py", ["", " "]).draw().boxes) == before + 2


def test_values_never_come_twice() -> None:
    values = Values(random.Random(2))
    phones = [values.make("phone") for _ in range(500)]
    assert len(set(phones)) == 500
