"""The written pages of the repository, for the tests that compare them with the code."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ADR = DOCS / "adr"
_FENCE = re.compile(r"^ {0,3}```.*?^ {0,3}```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^(?: {4}|\t).*$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")


@cache
def pages() -> tuple[Path, ...]:
    """Every page: at the top, below docs/, and beside tests."""
    found = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "tests").rglob("*.md")]
    return tuple(sorted(found))


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    """The page without blocks and words of code."""
    without_blocks = _INDENTED.sub("", _FENCE.sub("", text_of(page)))
    return _CODE.sub("", without_blocks)


def anchor(heading: str) -> str:
    """The anchor that the common renderers give a heading."""
    plain = unicodedata.normalize("NFC", heading).strip().lower().replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors_of(page: Path) -> set[str]:
    text = _FENCE.sub("", text_of(page))
    return {anchor(heading) for heading in re.findall(r"^#{1,6} +(.+)$", text, re.MULTILINE)}


def all_text() -> str:
    return "\n".join(text_of(page) for page in pages())
