"""An upload whose content is not what its policy allows is refused as a whole, named by line, forgotten."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from capture_sessions.models import SessionTotal
from mci_core import envelope, session
from mci_core.session_fields import MAX_EVENTS
from tests.server import recordings
from tests.server.capture_sessions.support import Sender, logged, nothing_stored, refusal, relined
from tests.server.cast import Cast
from tests.server.recordings import Upload

Line = dict[str, Any]
Change = Callable[[list[Line]], Any]


def refused(sender: Sender, upload: Upload) -> tuple[str, int | None]:
    """Code and line of the refusal, after which nothing may be left but its code in the log."""
    before = len(logged("capture_sessions.refuse_upload"))
    response = sender.send(upload)
    code = refusal(response)[1]
    assert nothing_stored(), code
    assert not SessionTotal.objects.exists()
    facts = logged("capture_sessions.refuse_upload")[before:]
    assert [entry["code"] for entry in facts] == [code]
    return code, response.json().get("line")


def on(number: int, **fields: Any) -> Change:
    """Change the event of this line (2 is the first)."""
    return lambda lines: lines[number - 1].update(fields)


def without(number: int, name: str) -> Change:
    return lambda lines: lines[number - 1].pop(name)


NOT_ALLOWED: dict[str, tuple[str, int, Change]] = {
    "an entry that the policy does not know": ("no_entry", 3, on(3, entry="signal")),
    "no entry": ("no_entry", 3, without(3, "entry")),
    "a signal of another kind": ("unknown_event", 4, on(4, signal="click")),
    "a marker in own words": (
        "unknown_event",
        2,
        lambda lines: lines.__setitem__(
            1, {"seq": 0, "t": 0, "type": "marker", "name": "said it", "entry": "excel", "signal": "marker"}
        ),
    ),
    "a signal that the entry lacks": (
        "signal_not_allowed",
        7,
        lambda lines: lines[6].update(note="paste", signal="clipboard"),
    ),
    "an address without its signal": (
        "signal_not_allowed",
        2,
        on(2, url="https://jira.example.com/"),
    ),
    "text of a password field": ("secure_field", 7, on(7, target={"role": "password"})),
    "the words on a screenshot": ("secure_field", 8, on(8, boxes=[])),
    "a private window": ("private_window", 2, on(2, window={"private": True})),
    "a window that may not be seen": (
        "window_not_allowed",
        8,
        on(8, windows=[{"app": "Signal.exe", "allowed": False}]),
    ),
    "a field that nobody knows": ("unknown_field", 3, on(3, note="what was said")),
    "a header with a task": ("unknown_field", 1, on(1, task="Write to Cora about her illness")),
    "a header with an unknown field": ("unknown_field", 1, on(1, hunter2=1)),
    "a header with other channels": ("unknown_field", 1, on(1, channels=["hunter2"])),
    "a header with a source": ("unknown_field", 1, on(1, source={"file": "diary.txt"})),
}


def test_events_that_were_not_allowed_are_named_by_line(cast: Cast, sender: Sender) -> None:
    for name, (code, line, change) in NOT_ALLOWED.items():
        assert refused(sender, relined(cast, change)) == (code, line), name


def test_keys_finer_than_the_granularity_are_refused(cast: Cast, sender: Sender) -> None:
    for key in ("a", "hunter2", "é"):
        event = {"type": "key", "state": "down", "key": key, "entry": "excel", "signal": "keystroke"}

        def swap(lines: list[Line], event: Line = event) -> None:
            lines[6] = {**event, "seq": 5, "t": 3500}

        assert refused(sender, relined(cast, swap)) == ("keystroke_granularity", 7), key


def test_what_the_law_of_the_lease_denied_is_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast, denied_signals=["text"])
    assert refused(sender, upload) == ("signal_denied_by_law", 7)


def packed(upload: Upload, *parts: bytes) -> Upload:
    """The upload with these bytes as its parts of events."""
    sealed = [("events", f"events-{n}.zst", data) for n, data in enumerate(parts)]
    sealed += [("frame", f"{n:04d}.webp", data) for n, data in enumerate(upload.frames, start=1)]
    upload.parts = [data for _, _, data in sealed]
    described = [recordings._part(index, *one) for index, one in enumerate(sealed)]
    keep = upload.parts
    upload.seal(parts=described)
    upload.parts = keep
    return upload


def raw_lines(upload: Upload) -> list[bytes]:
    return [json.dumps(line).encode() + b"\n" for line in upload.lines]


BROKEN: dict[str, tuple[str, int, Callable[[list[bytes]], list[bytes]]]] = {
    "no JSON": ("not_json", 4, lambda lines: [*lines[:3], b"nonsense\n", *lines[4:]]),
    "half a line": ("half_line", 8, lambda lines: [*lines[:7], lines[7][:30]]),
    "no object": ("not_json", 3, lambda lines: [*lines[:2], b"[1]\n", *lines[3:]]),
    "no text": ("not_text", 3, lambda lines: [*lines[:2], b'{"\xff"}\n', *lines[3:]]),
    "an empty line in the middle": ("not_json", 4, lambda lines: [*lines[:2], b"\n", *lines[2:]]),
    "a number used twice": ("duplicate_seq", 4, lambda lines: [*lines[:3], lines[2], *lines[4:]]),
    "a number left out": ("wrong_seq", 4, lambda lines: [*lines[:3], *lines[4:]]),
    "a line too many": (
        "wrong_count",
        1,
        lambda lines: [*lines, lines[-1].replace(b'"seq": 6', b'"seq": 7')],
    ),
    "a line too long": (
        "line_too_long",
        3,
        lambda lines: [*lines[:2], b'{"a":"' + b"x" * session.MAX_LINE + b'"}\n', *lines[3:]],
    ),
    "nothing": ("empty", 1, lambda lines: []),
    "an unknown type": (
        "unknown_type",
        3,
        lambda lines: [*lines[:2], lines[2].replace(b"mouse_move", b"thought"), *lines[3:]],
    ),
    "time that goes back": (
        "clock_back",
        4,
        lambda lines: [*lines[:3], lines[3].replace(b'"t": 1400', b'"t": 14'), *lines[4:]],
    ),
}


def test_broken_lines_are_named(cast: Cast, sender: Sender) -> None:
    for name, (code, line, change) in BROKEN.items():
        upload = recordings.upload(cast)
        body = b"".join(change(raw_lines(upload)))
        assert refused(sender, packed(upload, envelope.pack(body))) == (code, line), name


def test_parts_that_do_not_unpack_are_refused(cast: Cast, sender: Sender) -> None:
    huge = envelope.pack(b"\0" * (session.MAX_BYTES + 1))
    half = envelope.pack(b"\0" * (session.MAX_BYTES // 2 + 1))
    good = envelope.pack(b"".join(raw_lines(recordings.upload(cast))))
    for code, parts in {
        "not_zstd": (b"plain text",),
        "unpacks_too_large": (huge,),
    }.items():
        assert refused(sender, packed(recordings.upload(cast), *parts)) == (code, None)
    # Each small enough alone: together they would fill the memory.
    assert refused(sender, packed(recordings.upload(cast), half, half)) == ("unpacks_too_large", None)
    assert refused(sender, packed(recordings.upload(cast), good[:-3])) == ("not_zstd", None)
    assert refused(sender, packed(recordings.upload(cast), good + good)) == ("not_zstd", None)


def test_parts_of_events_in_another_order_are_refused(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    lines = raw_lines(upload)
    first, second = (envelope.pack(b"".join(half)) for half in (lines[:4], lines[4:]))
    assert refused(sender, packed(upload, second, first))[1] == 1
    assert sender.send(packed(recordings.upload(cast), first, second)).status_code == 201


def test_more_or_fewer_events_than_the_manifest_says_are_refused(cast: Cast, sender: Sender) -> None:
    for count in (6, 8, 0, MAX_EVENTS):
        upload = recordings.upload(cast, changes={"event_count": count})
        assert refused(sender, upload) == ("event_count", None)


def framed(cast: Cast, *frames: bytes, **shot: Any) -> Upload:
    """An upload with these frames; the screenshot names the first unless told otherwise."""
    upload = recordings.upload(cast)
    upload.frames = list(frames)
    if frames:
        upload.lines[-1]["sha256"] = hashlib.sha256(frames[0]).hexdigest()
    upload.lines[-1].update(shot)
    return upload.seal()


def webp(**options: Any) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 36), (1, 2, 3)).save(target, "WEBP", **options)
    return target.getvalue()


def test_frames_must_be_plain_pictures_of_the_stated_size(cast: Cast, sender: Sender) -> None:
    good = recordings.frame()
    png = io.BytesIO()
    Image.new("RGB", (64, 36)).save(png, "PNG")
    for name, code, upload in (
        ("with the camera's notes", "frame_metadata", framed(cast, webp(exif=b"Exif\0\0Emil Elm"))),
        ("with a comment", "frame_metadata", framed(cast, webp(xmp=b"<x>Emil Elm</x>"))),
        ("another format", "frame_format", framed(cast, png.getvalue())),
        ("no picture", "frame_format", framed(cast, b"what was on the screen")),
        ("cut off", "frame_format", framed(cast, good[:-9])),
        ("another size", "frame_size", framed(cast, good, width=63)),
        ("missing", "frame_missing", framed(cast)),
        ("another one", "frame_missing", framed(cast, good, sha256="0" * 64)),
        ("one too many", "frame_missing", framed(cast, good, webp(quality=5))),
    ):
        assert refused(sender, upload) == (code, None), name


def test_every_screenshot_of_a_frame_must_state_its_size(cast: Cast, sender: Sender) -> None:
    def twice(lines: list[Line]) -> None:
        lines.insert(7, {**lines[7], "width": 63})
        lines[8] = {**lines[8], "seq": 7}
        lines[0]["event_count"] = 8

    assert refused(sender, relined(cast, twice)) == ("frame_size", None)


def test_a_screen_that_did_not_change_is_accepted(cast: Cast, sender: Sender) -> None:
    upload = recordings.upload(cast)
    upload.lines.append({**upload.lines[-1], "seq": 7})
    upload.lines[0]["event_count"] = 8
    upload.frames.append(upload.frames[0])
    assert sender.send(upload.seal()).status_code == 201


def test_the_log_line_and_the_answer_of_a_refusal_hold_no_content(
    cast: Cast, sender: Sender, capfd: pytest.CaptureFixture[str]
) -> None:
    upload = relined(cast, on(3, note="my password is hunter2"))
    response = sender.send(upload)
    said = capfd.readouterr()
    assert b"hunter2" not in response.content
    assert "hunter2" not in said.out + said.err
    assert "hunter2" not in json.dumps(logged("capture_sessions.refuse_upload"))
