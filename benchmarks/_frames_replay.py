"""A replay for benchmarks/frames.py: somebody fills in a form, scrolls a page and changes between the two."""

from __future__ import annotations

import io
import os
import random
import statistics
import time
from pathlib import Path

from _frames_pages import PAGES, page, words
from PIL import Image

from mci_core.redaction.frames import Desk, FrameSettings
from mci_core.redaction.frames_picture import opened
from mci_core.redaction.frames_text import TextReader
from mci_core.samples_values import Values

STEPS = 60


def replay(reader: TextReader, folder: Path, seed: int) -> None:
    """Redact the frames of the replay one after the other, and print what each cost."""
    frames = [path.read_bytes() for path in drawn(folder, seed)]
    detector = []
    for webp in frames[:: STEPS // 5]:
        picture = opened(webp)
        begun = time.perf_counter()
        reader.find(picture)
        detector.append(time.perf_counter() - begun)
    print(f"detector alone: median {statistics.median(detector):.2f} s, least {min(detector):.2f} s")
    desk = Desk(FrameSettings(reader=reader, seconds=600))
    took, worked = [], []
    for webp in frames:
        begun, busy = time.perf_counter(), time.process_time()
        desk.redact(webp, None, [], (), None)
        took.append(time.perf_counter() - begun)
        worked.append(time.process_time() - busy)
    assert desk.screen is not None
    work, later = desk.screen.work, took[1:]
    known = work.by_place + work.by_pixels
    print(f"replay: {len(frames)} frames of 1920x1080, load {os.getloadavg()[0]:.1f}")
    print(f"  first {took[0]:.2f} s; then median {statistics.median(later):.2f} s, 90 % below ", end="")
    print(f"{sorted(later)[int(len(later) * 0.9)]:.2f} s, most {max(later):.2f} s")
    print(f"  of the processor alone, whatever else runs: median {statistics.median(worked[1:]):.2f} s")
    print(
        f"  searched {work.searched / work.pixels:.1%} of the pixels; read {work.read} of {work.lines} lines"
    )
    print(f"  {known / (known + work.read):.1%} known ({work.by_place} by place, {work.by_pixels} by pixels)")


def drawn(folder: Path, seed: int) -> list[Path]:
    """The frames, by Chromium where they are not there yet."""
    paths = [folder / f"replay-{step:02d}.webp" for step in range(STEPS)]
    if all(path.exists() for path in paths):
        return paths
    from playwright.sync_api import sync_playwright

    rnd = random.Random(f"replay-{seed}")
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        form, mail = (browser.new_page(viewport={"width": 1920, "height": 1080}) for _ in range(2))
        form.set_content(page(PAGES["form"](rnd, Values(rnd)), rnd, dark=False))
        mail.set_content(page(PAGES["mail"](rnd, Values(rnd)) * 5, rnd, dark=False))
        for step, path in enumerate(paths):
            shown = mail if step % 12 > 8 else form
            if shown is mail:
                mail.mouse.wheel(0, 60)
            else:
                form.locator("input").nth(step % 8).focus()
                form.keyboard.type(f" {words(rnd, 1)}")
            with Image.open(io.BytesIO(shown.screenshot(type="png"))) as image:
                image.convert("RGB").save(path, "WEBP", quality=90, method=2)
        browser.close()
    return paths
