"""What screenshots still show after redaction: 200 screens with known values, drawn by Chromium.

    python benchmarks/frames.py [COUNT] [--seed N] [--folder DIR] [--threads N]

Forms, tables, terminals, chats and mails; light and dark; at 100 % and 150 %. Each screen carries invented
values. A value is covered when every pixel of its letters was painted over. Then the engine reads what is
left there and around, and no value may be found in that. Screens and results are kept in the folder, so that
a run that was ended goes on. At the end a replay: somebody types into a form and changes between two windows.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from _frames_pages import Screen, screens
from _frames_replay import replay
from PIL import Image

from mci_core.redaction.frames import Desk, FrameRefused, FrameSettings
from mci_core.redaction.frames_engines import EngineMissing, open_reader
from mci_core.redaction.frames_picture import Rect, around, clipped, opened, touch
from mci_core.redaction.frames_text import TextReader, ink

# Longer pieces of a value are taken for the value itself when the recogniser reads them afterwards.
PIECE = 6
# Around a value, in pixels: wide enough for the line on which it stands to be found again.
MARGIN = 60
# Each so-many-th screen is also read before redaction: a number that meets every kind.
CONTROL = 13


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("var/bench-frames"))
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    try:
        reader = open_reader("rapidocr", given.threads)
    except EngineMissing as missing:
        print(f"{missing} `make ocr` installs it.")
        return 0
    assert reader is not None
    folder = given.folder / f"seed-{given.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    plan = list(screens(given.count, given.seed))
    draw(plan, folder)
    started = time.monotonic()
    results = [measured(screen, folder, reader) for screen in told(plan)]
    report(results, given, time.monotonic() - started)
    control(plan[::CONTROL], folder, reader)
    replay(reader, folder, given.seed)
    return 0


def told(plan: list[Screen]) -> Iterator[Screen]:
    """The screens, with a sign of life."""
    for at, screen in enumerate(plan):
        if at % 10 == 0:
            print(f"{at} of {len(plan)}", file=sys.stderr, flush=True)
        yield screen


def draw(plan: list[Screen], folder: Path) -> None:
    """Let Chromium draw what is not there yet, with the places of the values."""
    missing = [screen for screen in plan if not (folder / f"{screen.name}.json").exists()]
    if not missing:
        return
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for screen in missing:
            size = {"width": round(1920 / screen.scale), "height": round(1080 / screen.scale)}
            page = browser.new_page(viewport=size, device_scale_factor=screen.scale)
            page.set_content(screen.html)
            places = page.evaluate(PLACES)
            shot = page.screenshot(type="png")
            page.close()
            with Image.open(io.BytesIO(shot)) as image:
                image.convert("RGB").save(folder / f"{screen.name}.webp", "WEBP", quality=90, method=2)
            scaled = [
                {**one, "rects": [[side * screen.scale for side in rect] for rect in one["rects"]]}
                for one in places
            ]
            (folder / f"{screen.name}.json").write_text(json.dumps(scaled), "utf-8")
        browser.close()


# A value in running text is a span; in a field the rectangle is that of the field.
PLACES = """() => [...document.querySelectorAll('[data-kind]')].map(one => ({
  kind: one.dataset.kind, text: one.value ?? one.textContent,
  rects: [...one.getClientRects()].map(r => one.value === undefined
    ? [r.left, r.top, r.right, r.bottom] : [r.left + 3, r.top + 3, r.right - 3, r.bottom - 3]),
})).filter(one => one.rects.length && one.rects.every(r => r[3] <= innerHeight && r[2] <= innerWidth))"""


def measured(screen: Screen, folder: Path, reader: TextReader) -> dict[str, Any]:
    """The result of one screen, from the folder where the engine is the same."""
    engine = hashlib.sha256(b"".join(path.read_bytes() for path in sources())).hexdigest()[:16]
    kept = folder / f"{screen.name}.{engine}.result.json"
    if kept.exists():
        return dict(json.loads(kept.read_text("utf-8")))
    webp = (folder / f"{screen.name}.webp").read_bytes()
    places = json.loads((folder / f"{screen.name}.json").read_text("utf-8"))
    result = measure(screen, webp, places, reader)
    kept.write_text(json.dumps(result), "utf-8")
    return result


def sources() -> list[Path]:
    """What decides the result: the code of the redaction."""
    core = Path(__file__).resolve().parent.parent / "mci_core"
    return sorted([*core.glob("redaction/*.py"), *core.glob("detectors/*.py")])


def measure(screen: Screen, webp: bytes, places: list[Any], reader: TextReader) -> dict[str, Any]:
    """Redact one screen and look at what is left."""
    desk = Desk(FrameSettings(reader=reader, seconds=600))
    whole = Image.open(io.BytesIO(webp)).convert("RGB")
    begun = time.perf_counter()
    try:
        frame, masked, _ = desk.redact(webp, None, [], (), None)
    except FrameRefused as refused:
        return {"screen": screen.name, "refused": refused.code}
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    desk.redact(webp, None, [], (), None)
    again = time.perf_counter() - begun
    assert desk.screen is not None
    left = Image.open(io.BytesIO(frame)).convert("RGB")
    leftover = read_near([rect for one in places for rect in one["rects"]], left, reader)
    area = Image.new("1", left.size)
    for rect in masked:
        area.paste(1, (rect[0], rect[1], rect[2], rect[3]))
    return {
        "screen": screen.name,
        "kind": screen.kind,
        "dark": screen.dark,
        "scale": screen.scale,
        "first": first,
        "cached": again,
        "lines": desk.screen.work.lines // 2,
        "masked": len(masked),
        "share": area.convert("L").histogram()[255] / (left.width * left.height),
        "values": [
            {
                "kind": one["kind"],
                "text": one["text"],
                "covered": all(covered(whole, rect, masked) for rect in one["rects"]),
                "read": readable(told_part(one["kind"], one["text"]), leftover),
            }
            for one in places
        ],
    }


def covered(picture: Image.Image, rect: list[float], masked: Iterable[list[int]]) -> bool:
    """Whether the letters in a rectangle were painted over, by one box or several."""
    left, top, right, bottom = (round(side) for side in rect)
    letters = ink(picture.crop((left, top, right, bottom)))
    for one in masked:
        letters.paste(0, (one[0] - left, one[1] - top, one[2] - left, one[3] - top))
    return letters.getbbox() is None


def control(plan: list[Screen], folder: Path, reader: TextReader) -> None:
    """Whether the same look finds the values where nothing was painted over; else it would prove nothing."""
    found = seen = 0
    for screen in plan:
        places = json.loads((folder / f"{screen.name}.json").read_text("utf-8"))
        whole = opened((folder / f"{screen.name}.webp").read_bytes())
        said = read_near([rect for one in places for rect in one["rects"]], whole, reader)
        seen += len(places)
        found += sum(readable(told_part(one["kind"], one["text"]), said) for one in places)
    print(
        f"control: before redaction the engine reads {found} of {seen} values on {len(plan)} of the screens"
    )


def read_near(rects: list[list[float]], left: Image.Image, reader: TextReader) -> str:
    """What the engine reads in what is left, at the values and in a wide margin around them."""
    places: list[Rect] = []
    for rect in rects:
        place = clipped(rect, left.size, MARGIN)
        assert place is not None
        grown: Rect = (place[0], place[1], place[2], place[3])
        for other in [one for one in places if touch(one, grown)]:
            places.remove(other)
            grown = around(grown, other)
        places.append(grown)
    said = []
    for place_ in places:
        part = left.crop(place_)
        said += [reader.read(part.crop(line)).text for line in reader.find(part)]
    return " ".join(said)


def told_part(kind: str, value: str) -> str:
    """What of a value must not be told: of addresses only the secret."""
    if kind == "url_token":
        return value.partition("=")[2]
    return value.partition("//")[2].partition("@")[0] if kind == "url_credential" else value


def readable(value: str, leftover: str) -> bool:
    """Whether a recogniser reads the value, or a long piece of it, in what is left."""
    wanted, there = plain(value), plain(leftover)
    return any(wanted[at : at + PIECE] in there for at in range(max(1, len(wanted) - PIECE + 1)))


def plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def report(results: list[dict[str, Any]], given: argparse.Namespace, seconds: float) -> None:
    """Print everything."""
    done = [one for one in results if "refused" not in one]
    values = [value for one in done for value in one["values"]]
    print(
        f"{len(results)} screens of 1920x1080, seed {given.seed}, {len(values)} values, "
        f"{given.threads} thread(s), load {os.getloadavg()[0]:.1f}, {seconds:.0f} s"
    )
    print(
        f"Python {platform.python_version()}, onnxruntime {version('onnxruntime')}, rapidocr "
        f"{version('rapidocr-onnxruntime')}, Pillow {version('Pillow')}"
    )
    print(f"refused: {dict(Counter(one['refused'] for one in results if 'refused' in one))}")
    table("by value", values, lambda value: value["kind"])
    for name, key in (("by screen", "kind"), ("dark", "dark"), ("scale", "scale")):
        rows = [{**value, "of": one[key]} for one in done for value in one["values"]]
        table(name, rows, lambda value: value["of"])
    table("all", values, lambda value: "all")
    for key, words in (("first", "a new frame"), ("cached", "an equal frame again")):
        numbers = sorted(one[key] for one in done)
        print(f"{words}: median {statistics.median(numbers):.2f} s, most {numbers[-1]:.2f} s")
    lines = statistics.median(one["lines"] for one in done)
    share = statistics.median(one["share"] for one in done)
    print(f"lines on a screen: median {lines:.0f}; painted over: median {share:.1%} of the area")
    whole, gone = sum(one["lines"] for one in done), sum(one["masked"] for one in done)
    print(f"of all {whole} lines {gone} were painted over, for {len(values)} values")
    for one in done:
        for value in one["values"]:
            if not value["covered"] or value["read"]:
                how = f"covered={value['covered']} read={value['read']}"
                print(f"  {one['screen']}: {value['kind']} {value['text']!r} {how}")


def table(name: str, values: list[Any], key: Any) -> None:
    """Covered and read, by a key."""
    print(f"{name}:")
    for group in sorted({key(value) for value in values}, key=str):
        rows = [value for value in values if key(value) == group]
        good = sum(value["covered"] for value in rows)
        read = sum(value["read"] for value in rows)
        print(f"  {group!s:16} {len(rows):5}  covered {good / len(rows):7.2%}  read afterwards {read}")


if __name__ == "__main__":
    raise SystemExit(main())
