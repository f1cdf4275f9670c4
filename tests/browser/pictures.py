"""Makes the pictures of the documents from the last walk of the main job with ``MCI_PICTURES=looks``.

``python -m tests.browser.pictures``: each is what a reader sees first on a screen of 1440 by 900, in few
colours, so that the file stays small.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from tests.browser.support import ARTIFACTS, ROOT

TARGET = ROOT / "docs" / "img"
#: Name of the picture -> step of the walk.
PICTURES = {
    "inspector": "19-inspector",
    "rollout": "13-rollout-is-done",
    "my-capture": "24-my-capture",
}
COLOURS = 96


def make(source: Path, target: Path) -> int:
    """Cut, reduce the colours, write; returns the size of the file."""
    with Image.open(source) as shot:
        screen = shot.convert("RGB").crop((0, 0, 1440, 900))
    reduced = screen.quantize(COLOURS, dither=Image.Dither.NONE)
    target.parent.mkdir(parents=True, exist_ok=True)
    reduced.save(target, optimize=True)
    return target.stat().st_size


def main() -> int:
    for name, step in PICTURES.items():
        source = ARTIFACTS / "main-job" / f"{step}-1440-light.png"
        if not source.is_file():
            run = "MCI_PICTURES=looks pytest tests/browser/test_main_job.py"
            sys.stderr.write(f"{source} is missing. Run: {run}\n")
            return 1
        size = make(source, TARGET / f"{name}.png")
        sys.stdout.write(f"{name}.png {size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
