"""What the pages point at exists: other pages, headings, pictures, files, tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.pure.docs_pages import ADR, DOCS, ROOT, anchors_of, pages, prose_of, text_of

_LINK = re.compile(r"\]\(([^)\s]+)\)")
#: `folder/file.py`, `folder/` or `tests/file.py::test_name` where a page speaks of the code.
_PATH = re.compile(
    r"`((?:mci_core|mci_agent|mci_admin|audits|accounts|jurisdictions|agents|capture_policies|capture_sessions"
    r"|reviews|privacy_requests|templates|static|tests|deploy|packaging|benchmarks|docs)/[\w./-]*)(?:::(\w+))?`"
)


def links(page: Path) -> Iterator[str]:
    for target in _LINK.findall(prose_of(page)):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for target in links(page):
        name, _, fragment = target.partition("#")
        file = (page.parent / unquote(name)).resolve() if name else page
        known = file.exists() and (not fragment or fragment in anchors_of(file))
        if not known:
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_tests_that_a_page_names_exist(page: Path) -> None:
    lost = []
    for path, test in _PATH.findall(text_of(page)):
        file = ROOT / path
        known = file.exists() and (not test or f"def {test}(" in file.read_text("utf-8"))
        if not known:
            lost.append(f"{path}::{test}" if test else path)
    assert lost == []


def test_every_page_can_be_reached_from_the_first_one() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = ((page.parent / target.partition("#")[0]).resolve() for target in links(page))
        waiting += [target for target in targets if target.suffix == ".md" and target.is_file()]
    written = {page for page in pages() if DOCS in page.parents or page.parent == ROOT}
    assert [str(page.relative_to(ROOT)) for page in sorted(written - seen)] == []


def test_the_readme_shows_the_product_as_it_is() -> None:
    pictures = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text_of(ROOT / "README.md"))
    assert pictures
    for words, name in pictures:
        assert len(words) > 20  # a reader who does not see the picture reads this
        assert (ROOT / name).stat().st_size < 400_000


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    names = sorted(path.name for path in ADR.glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    overview = text_of(ADR / "0001-record-decisions.md")
    assert [name for name in names[1:] if f"({name})" not in overview] == []


@pytest.mark.parametrize("record", sorted(ADR.glob("*.md")), ids=lambda record: record.stem)
def test_a_decision_has_its_parts(record: Path) -> None:
    text = text_of(record)
    assert text.startswith(f"# {int(record.name[:4])}. ")
    assert re.search(r"^Status: (?:accepted|replaced by)", text, re.MULTILINE)
    assert {"context", "decision", "consequences"} <= anchors_of(record)
